#include "engine/result/json_member.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/utf8.h"

bool member_read_integer(const json_t *object, const char *name, int64_t *ret_value)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value)) {
        return false;
    }
    *ret_value = json_integer_value(value);
    return true;
}

bool member_read_count(const json_t *object, const char *name, uint64_t *ret_value)
{
    int64_t value;
    if (!member_read_integer(object, name, &value) || value < 0) {
        return false;
    }
    *ret_value = (uint64_t)value;
    return true;
}

bool member_read_number(const json_t *object, const char *name, double *ret_value)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value)) {
        return false;
    }
    *ret_value = json_number_value(value);
    return true;
}

const char *member_read_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void member_set_count(json_t *object, const char *name, uint64_t value)
{
    json_object_set_new(object, name,
                        json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

void member_set_number(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, isfinite(value) ? json_real(value) : json_null());
}

void member_set_text(json_t *object, const char *name, const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) {
        char *clean = strdup(text);
        for (size_t at = 0; clean != NULL && clean[at] != '\0';) {
            size_t size = utf8_character_size(clean + at);
            clean[at] = size == 0 ? '?' : clean[at];
            at += size == 0 ? 1 : size;
        }
        value = clean != NULL ? json_string(clean) : NULL;
        free(clean);
    }
    json_object_set_new(object, name, value);
}

void member_set_object(json_t *object, const char *name, const char *text)
{
    json_t *value = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!json_is_object(value)) {
        json_decref(value);
        value = json_object();
    }
    json_object_set_new(object, name, value);
}
