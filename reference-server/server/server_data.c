#include "reference-server/server/server_data.h"

#include <assert.h>
#include <stdio.h>

#include "reference-server/admin/settings_json.h"
#include "reference-server/auth/password.h"
#include "reference-server/auth/token.h"
#include "reference-server/domain/id.h"
#include "reference-server/domain/invitation.h"
#include "reference-server/store/fixture.h"

static enum status hash_password(const char *password, const char *cost, char *ret_hash,
                                 size_t size)
{
    enum password_cost known;
    assert(size >= PASSWORD_HASH_SIZE);
    (void)size;
    enum status status = password_cost_by_name(cost, &known);
    return status == STATUS_OK ? password_hash(password, known, ret_hash) : status;
}

static enum status make_id(char *ret_id, size_t size)
{
    struct id id;
    struct id_source source = id_source_secret();
    enum status status = source.make(source.arg, &id);
    if (status == STATUS_OK)
        snprintf(ret_id, size, "%s", id.text);
    return status;
}

static bool role_is_known(const char *name, bool *ret_of_organisation)
{
    enum role role = role_by_name(name);
    if (role == ROLE_COUNT)
        return false;
    *ret_of_organisation = role_is_of_organisation(role);
    return true;
}

enum status server_data_load_fixture(struct store *store, const char *path, struct failure *failure)
{
    static const struct fixture_tools tools = {
        .hash_password = hash_password, .make_id = make_id, .role_is_known = role_is_known};
    return fixture_load(store, path, &tools, failure);
}

/* What the administration wrote; what this version cannot read stops the start. */
static json_t *parse_settings(const char *text)
{
    return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
}

static enum status take_organisation(void *arg, const char *id, const char *name,
                                     const char *settings)
{
    char member[MEMBER_NAME_SIZE];
    enum status status = directory_add_organisation(arg, id, name);
    if (status != STATUS_OK)
        return status;
    json_t *json = parse_settings(settings);
    struct organisation *organisation = directory_organisation_by_id(arg, id);
    status = settings_change_organisation(json, &organisation->settings, member);
    json_decref(json);
    return status;
}

static enum status take_clinic(void *arg, const char *id, const char *organisation_id,
                               const char *name, const char *link, const char *settings)
{
    char member[MEMBER_NAME_SIZE];
    enum status status = directory_add_clinic(arg, id, organisation_id, name, link);
    if (status != STATUS_OK)
        return status;
    json_t *json = parse_settings(settings);
    status = settings_change_clinic(json, &directory_clinic_by_id(arg, id)->settings, member);
    json_decref(json);
    return status;
}

static enum status take_room(void *arg, const struct store_room *row)
{
    enum room_kind kind = room_kind_by_name(row->kind);
    if (kind == ROOM_KIND_COUNT)
        return STATUS_INVALID;
    return directory_add_room(arg, &(struct new_room){.id = row->id,
                                                      .clinic_id = row->clinic_id,
                                                      .name = row->name,
                                                      .link = row->link,
                                                      .kind = kind,
                                                      .owner_id = row->owner_id});
}

static enum status take_user(void *arg, const char *id, const char *username, const char *name,
                             const char *hash)
{
    return directory_add_user(arg, id, username, name, hash);
}

static enum status take_membership(void *arg, const struct store_membership *row)
{
    enum role role = role_by_name(row->role);
    if (role == ROLE_COUNT)
        return STATUS_INVALID;
    enum status status = directory_add_membership(arg, row->user_id, row->organisation_id,
                                                  row->clinic_id, role, row->denied);
    return status == STATUS_EXISTS ? STATUS_OK : status; /* a fixture may say it twice */
}

static enum status take_invitation(void *arg, const struct store_invitation *row)
{
    const struct store_membership *offered = &row->offered;
    struct invitation invitation = {
        .offered = {.organisation = directory_organisation_by_id(arg, offered->organisation_id),
                    .clinic =
                        offered->clinic_id ? directory_clinic_by_id(arg, offered->clinic_id) : NULL,
                    .role = role_by_name(offered->role),
                    .denied = offered->denied},
        .maker = directory_user_by_id(arg, row->maker_id),
        .expires_at_us = row->expires_at_us,
    };
    if (!invitation.offered.organisation || !invitation.maker ||
        invitation.offered.role == ROLE_COUNT)
        return STATUS_INVALID;
    enum status status = token_key_parse(row->hash, &invitation.key);
    return status == STATUS_OK ? invitation_add(arg, &invitation) : status;
}

/* Reports go on where they stood. */
static enum status take_visit(void *arg, const struct store_visit *row)
{
    struct clinic *clinic = directory_clinic_by_id(arg, row->clinic_id);
    if (clinic)
        clinic_totals_add(&clinic->totals, row->entered_at_us, row->seen_at_us, row->ended_at_us);
    return STATUS_OK;
}

struct token_reading {
    const struct directory *directory;
    struct token_table *tokens;
};

static enum status take_token(void *arg, const struct store_token *row)
{
    const struct token_reading *reading = arg;
    struct staff_token token = {.user = directory_user_by_id(reading->directory, row->user_id),
                                .expires_at_us = row->expires_at_us};
    if (!token.user)
        return STATUS_NOT_FOUND;
    enum status status = token_key_parse(row->hash, &token.key);
    return status == STATUS_OK ? token_table_add(reading->tokens, &token) : status;
}

enum status server_data_read(struct store *store, int64_t now_us, struct directory *directory,
                             struct token_table *tokens, char *ret_cost, size_t cost_size,
                             struct failure *failure)
{
    const struct store_reader reader = {
        .arg = directory,
        .organisation = take_organisation,
        .clinic = take_clinic,
        .room = take_room,
        .user = take_user,
        .membership = take_membership,
        .invitation = take_invitation,
    };
    struct token_reading reading = {.directory = directory, .tokens = tokens};
    enum status status = store_sweep_invitations(store, now_us);
    if (status == STATUS_OK)
        status = store_read_directory(store, &reader);
    if (status == STATUS_OK)
        status = store_read_visits(store, take_visit, directory);
    if (status == STATUS_OK)
        status = store_read_tokens(store, now_us, take_token, &reading);
    if (status == STATUS_OK)
        status = store_read_setting(store, "password_cost", ret_cost, cost_size);
    if (status == STATUS_NOT_FOUND) {
        snprintf(ret_cost, cost_size, "normal");
        status = STATUS_OK;
    }
    if (status != STATUS_OK)
        return failure_set(failure, status, "the database cannot be read: %s, %s",
                           status_text(status), store_message(store));
    return STATUS_OK;
}
