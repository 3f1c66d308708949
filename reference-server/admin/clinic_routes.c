/* Organisations, clinics and their settings. */
#include <stdio.h>
#include <string.h>

#include "reference-server/admin/admin_private.h"
#include "reference-server/admin/named_json.h"
#include "reference-server/admin/settings_json.h"

enum { NAME_CHARACTERS_MAX = 80, CLINICS_OF_ORGANISATION_MAX = 1000 };

/* ---- organisations ---- */

enum status handle_list_organisations(struct exchange *exchange)
{
    (void)exchange;
    return STATUS_OK;
}

json_t *view_organisations(struct exchange *exchange)
{
    const struct directory *directory = exchange_directory(exchange);
    json_t *list = json_array();
    for (size_t i = 0; i < directory->organisation_count; i++) {
        const struct organisation *one = directory->organisations[i];
        if (user_knows_organisation(exchange->user, one))
            json_array_append_new(list, view_named(&one->id, one->name));
    }
    return json_pack("{s:o}", "organisations", list);
}

enum status handle_read_organisation(struct exchange *exchange)
{
    return exchange_organisation(exchange, &exchange->change.membership.organisation);
}

json_t *view_organisation(struct exchange *exchange)
{
    const struct organisation *organisation = exchange->change.membership.organisation;
    json_t *view = settings_of_organisation(&organisation->settings);
    if (view)
        json_object_update_new(view, view_named(&organisation->id, organisation->name));
    return view;
}

static enum status refuse_member(struct exchange *exchange, const char *member)
{
    return exchange_refuse(exchange, STATUS_INVALID, "'%s' is unknown or not of its type", member);
}

/* Whether each part that is to change may be changed by who asks. */
static bool may_set(const struct exchange *exchange, const struct organisation *organisation)
{
    const char *key;
    json_t *value;
    json_object_foreach(exchange->body, key, value)
    {
        enum act act =
            strcmp(key, "report") == 0 ? ACT_CONFIGURE_REPORTS : ACT_CONFIGURE_ORGANISATION;
        if (!user_may_in_organisation(exchange->user, act, organisation))
            return false;
    }
    return true;
}

enum status handle_set_organisation(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    char member[MEMBER_NAME_SIZE];
    enum status status = exchange_organisation(exchange, &change->membership.organisation);
    if (status != STATUS_OK)
        return status;
    if (!json_is_object(exchange->body) || json_object_size(exchange->body) == 0)
        return exchange_refuse(exchange, STATUS_INVALID, "the body names nothing to change");
    if (!may_set(exchange, change->membership.organisation))
        return STATUS_FORBIDDEN;
    change->organisation_settings = change->membership.organisation->settings;
    if (settings_change_organisation(exchange->body, &change->organisation_settings, member) !=
        STATUS_OK)
        return refuse_member(exchange, member);
    /* A lock makes all of them alike; without one only what was named goes down. */
    const json_t *named = json_object_get(exchange->body, "call_interface");
    for (unsigned i = 0; i < CALL_OPTION_COUNT; i++)
        change->pushed[i] = change->organisation_settings.locked ||
                            json_object_get(named, call_option_name(i)) != NULL;
    change->kind = CHANGE_SET_ORGANISATION;
    return STATUS_OK;
}

/* ---- clinics of an organisation ---- */

static bool belongs_to(const struct user *user, const struct clinic *clinic)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        if (user->memberships[i].clinic == clinic)
            return true;
    }
    return false;
}

static json_t *view_listed(const struct clinic *clinic)
{
    return json_pack("{s:s, s:s, s:s}", "id", clinic->id.text, "name", clinic->name, "label",
                     clinic->settings.label);
}

json_t *view_clinics(struct exchange *exchange)
{
    const struct organisation *organisation = exchange->change.membership.organisation;
    bool all = user_may_in_organisation(exchange->user, ACT_LIST_CLINICS, organisation);
    json_t *list = json_array();
    for (size_t i = 0; i < organisation->clinic_count; i++) {
        if (all || belongs_to(exchange->user, organisation->clinics[i]))
            json_array_append_new(list, view_listed(organisation->clinics[i]));
    }
    return json_pack("{s:o}", "clinics", list);
}

static enum status take_name(struct exchange *exchange)
{
    const char *name = exchange_text(exchange, "name", NAME_CHARACTERS_MAX);
    if (!name)
        return refuse_member(exchange, "name");
    snprintf(exchange->change.name, sizeof exchange->change.name, "%s", name);
    return STATUS_OK;
}

enum status handle_add_clinic(struct exchange *exchange)
{
    static const char *const members[] = {"name", NULL, "label", NULL};
    struct change *change = &exchange->change;
    struct id_source *ids = exchange_ids(exchange);
    struct organisation *organisation;
    char member[MEMBER_NAME_SIZE];
    enum status status = exchange_organisation(exchange, &organisation);
    if (status != STATUS_OK)
        return status;
    if (!user_may_in_organisation(exchange->user, ACT_CREATE_CLINIC, organisation))
        return STATUS_FORBIDDEN;
    if ((status = exchange_check_body(exchange, members)) != STATUS_OK ||
        (status = take_name(exchange)) != STATUS_OK)
        return status;
    if (organisation->clinic_count >= CLINICS_OF_ORGANISATION_MAX)
        return exchange_refuse(exchange, STATUS_FULL, "an organisation has %d clinics at most",
                               CLINICS_OF_ORGANISATION_MAX);
    if (settings_change_clinic(exchange->body, &change->clinic_settings, member) != STATUS_OK)
        return refuse_member(exchange, member);
    memcpy(change->clinic_settings.call_options, organisation->settings.call_options,
           sizeof change->clinic_settings.call_options);
    if ((status = ids->make(ids->arg, &change->clinic_id)) != STATUS_OK ||
        (status = exchange_make_link(exchange)) != STATUS_OK)
        return status;
    change->membership.organisation = organisation;
    change->kind = CHANGE_ADD_CLINIC;
    return STATUS_OK;
}

/* ---- one clinic ---- */

static json_t *view_clinic_of(const struct user *user, const struct clinic *clinic)
{
    json_t *view = settings_of_clinic(&clinic->settings);
    if (!view)
        return NULL;
    json_object_update_new(view, view_named(&clinic->id, clinic->name));
    json_object_set_new(view, "organisation", json_string(clinic->organisation->id.text));
    if (user_may(user, ACT_SEND_LINK, clinic))
        json_object_set_new(view, "link", json_string(clinic->link));
    return view;
}

json_t *view_new_clinic(struct exchange *exchange)
{
    return view_clinic_of(exchange->user, directory_clinic_by_id(exchange_directory(exchange),
                                                                 exchange->change.clinic_id.text));
}

json_t *view_clinic_settings(struct exchange *exchange)
{
    return view_clinic_of(exchange->user, exchange->change.membership.clinic);
}

enum status handle_read_clinic(struct exchange *exchange)
{
    return exchange_clinic(exchange, ACT_ENTER_CLINIC, &exchange->change.membership.clinic);
}

/* Which permission each part of a clinic's settings needs. */
static enum act act_for(const char *member)
{
    if (strcmp(member, "call_interface") == 0)
        return ACT_CONFIGURE_CALL_INTERFACE;
    return strcmp(member, "add_ons") == 0 ? ACT_CONFIGURE_ADD_ONS : ACT_CONFIGURE_WAITING_AREA;
}

static enum status check_parts(struct exchange *exchange, const struct clinic *clinic)
{
    const char *key;
    json_t *value;
    json_object_foreach(exchange->body, key, value)
    {
        if (!user_may(exchange->user, act_for(key), clinic))
            return STATUS_FORBIDDEN;
        if (strcmp(key, "call_interface") == 0 && clinic->organisation->settings.locked)
            return exchange_refuse(exchange, STATUS_CONFLICT,
                                   "the organisation has locked the call interface");
    }
    return STATUS_OK;
}

enum status handle_set_clinic(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    char member[MEMBER_NAME_SIZE];
    struct clinic *clinic;
    enum status status = exchange_clinic(exchange, ACT_KNOW_CLINIC, &clinic);
    if (status != STATUS_OK)
        return status;
    if (!json_is_object(exchange->body) || json_object_size(exchange->body) == 0)
        return exchange_refuse(exchange, STATUS_INVALID, "the body names nothing to change");
    if ((status = check_parts(exchange, clinic)) != STATUS_OK)
        return status;
    change->clinic_settings = clinic->settings;
    if (settings_change_clinic(exchange->body, &change->clinic_settings, member) != STATUS_OK)
        return refuse_member(exchange, member);
    snprintf(change->name, sizeof change->name, "%s", clinic->name);
    if (json_object_get(exchange->body, "name") && (status = take_name(exchange)) != STATUS_OK)
        return status;
    change->membership.clinic = clinic;
    change->kind = CHANGE_SET_CLINIC;
    return STATUS_OK;
}
