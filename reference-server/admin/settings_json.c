#include "reference-server/admin/settings_json.h"

#include <stdio.h>
#include <string.h>

typedef const char *name_fn(unsigned index);

static json_t *switches(const bool *values, unsigned count, name_fn *name)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < count; i++)
        json_object_set_new(object, name(i), json_boolean(values[i]));
    return object;
}

json_t *settings_of_call(const struct clinic_settings *settings)
{
    return json_pack("{s:o, s:o}", "call_interface",
                     switches(settings->call_options, CALL_OPTION_COUNT, call_option_name),
                     "add_ons", switches(settings->add_ons, ADD_ON_COUNT, add_on_name));
}

json_t *settings_of_clinic(const struct clinic_settings *settings)
{
    json_t *view =
        json_pack("{s:s, s:{s:b, s:s, s:b}}", "label", settings->label, "waiting_area", "open",
                  !settings->closed, "welcome", settings->welcome, "music", settings->music);
    if (view)
        json_object_update_new(view, settings_of_call(settings));
    return view;
}

json_t *settings_of_organisation(const struct organisation_settings *settings)
{
    return json_pack("{s:o, s:b, s:{s:b}}", "call_interface",
                     switches(settings->call_options, CALL_OPTION_COUNT, call_option_name),
                     "call_interface_locked", settings->locked, "report", "durations",
                     !settings->report_without_durations);
}

static enum status refuse(const char *member, char ret_member[MEMBER_NAME_SIZE])
{
    snprintf(ret_member, MEMBER_NAME_SIZE, "%s", member);
    return STATUS_INVALID;
}

static enum status take_switch(const json_t *value, bool *ret)
{
    if (!json_is_boolean(value))
        return STATUS_INVALID;
    *ret = json_is_true(value);
    return STATUS_OK;
}

/* Text of bytes that fit. */
static enum status take_text(const json_t *value, char *ret, size_t size)
{
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) >= size || strlen(text) != json_string_length(value))
        return STATUS_INVALID;
    memcpy(ret, text, json_string_length(value) + 1);
    return STATUS_OK;
}

static enum status take_switches(const json_t *object, bool *values, unsigned count, name_fn *name,
                                 char ret_member[MEMBER_NAME_SIZE])
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return STATUS_INVALID;
    json_object_foreach((json_t *)object, key, value)
    {
        unsigned i = 0;
        while (i < count && strcmp(name(i), key) != 0)
            i++;
        if (i == count || take_switch(value, &values[i]) != STATUS_OK)
            return refuse(key, ret_member);
    }
    return STATUS_OK;
}

static enum status take_waiting_area(const json_t *object, struct clinic_settings *settings,
                                     char ret_member[MEMBER_NAME_SIZE])
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return STATUS_INVALID;
    json_object_foreach((json_t *)object, key, value)
    {
        bool open = !settings->closed;
        enum status status = STATUS_INVALID;
        if (strcmp(key, "open") == 0)
            status = take_switch(value, &open);
        else if (strcmp(key, "welcome") == 0)
            status = take_text(value, settings->welcome, sizeof settings->welcome);
        else if (strcmp(key, "music") == 0)
            status = take_switch(value, &settings->music);
        settings->closed = !open;
        if (status != STATUS_OK)
            return refuse(key, ret_member);
    }
    return STATUS_OK;
}

static enum status take_of_clinic(const char *key, const json_t *value,
                                  struct clinic_settings *settings,
                                  char ret_member[MEMBER_NAME_SIZE])
{
    if (strcmp(key, "label") == 0)
        return take_text(value, settings->label, sizeof settings->label);
    if (strcmp(key, "waiting_area") == 0)
        return take_waiting_area(value, settings, ret_member);
    if (strcmp(key, "call_interface") == 0)
        return take_switches(value, settings->call_options, CALL_OPTION_COUNT, call_option_name,
                             ret_member);
    if (strcmp(key, "add_ons") == 0)
        return take_switches(value, settings->add_ons, ADD_ON_COUNT, add_on_name, ret_member);
    return strcmp(key, "name") == 0 ? STATUS_OK : STATUS_INVALID;
}

enum status settings_change_clinic(const json_t *json, struct clinic_settings *settings,
                                   char ret_member[MEMBER_NAME_SIZE])
{
    struct clinic_settings changed = *settings;
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return refuse("settings", ret_member);
    json_object_foreach((json_t *)json, key, value)
    {
        ret_member[0] = '\0';
        if (take_of_clinic(key, value, &changed, ret_member) != STATUS_OK)
            return ret_member[0] ? STATUS_INVALID : refuse(key, ret_member);
    }
    *settings = changed;
    return STATUS_OK;
}

static enum status take_report(const json_t *object, struct organisation_settings *settings,
                               char ret_member[MEMBER_NAME_SIZE])
{
    const char *key;
    json_t *value;
    bool durations = !settings->report_without_durations;
    if (!json_is_object(object))
        return STATUS_INVALID;
    json_object_foreach((json_t *)object, key, value)
    {
        if (strcmp(key, "durations") != 0 || take_switch(value, &durations) != STATUS_OK)
            return refuse(key, ret_member);
    }
    settings->report_without_durations = !durations;
    return STATUS_OK;
}

enum status settings_change_organisation(const json_t *json, struct organisation_settings *settings,
                                         char ret_member[MEMBER_NAME_SIZE])
{
    struct organisation_settings changed = *settings;
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return refuse("settings", ret_member);
    json_object_foreach((json_t *)json, key, value)
    {
        enum status status = STATUS_INVALID;
        ret_member[0] = '\0';
        if (strcmp(key, "call_interface") == 0)
            status = take_switches(value, changed.call_options, CALL_OPTION_COUNT, call_option_name,
                                   ret_member);
        else if (strcmp(key, "call_interface_locked") == 0)
            status = take_switch(value, &changed.locked);
        else if (strcmp(key, "report") == 0)
            status = take_report(value, &changed, ret_member);
        if (status != STATUS_OK)
            return ret_member[0] ? STATUS_INVALID : refuse(key, ret_member);
    }
    *settings = changed;
    return STATUS_OK;
}
