#include "reference-server/live/method.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reference-server/domain/plain_text.h"

enum { DETAIL_NAME_MAX = 40, DETAIL_VALUE_MAX = 200 };

const struct method *method_by_name(const char *name)
{
    for (size_t i = 0; i < method_count; i++) {
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    }
    return NULL;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *word = choices; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (strcspn(word, "|") == length && strncmp(word, text, length) == 0)
            return true;
    }
    return false;
}

static bool is_text_argument(const struct parameter *parameter, const char *text)
{
    size_t length;
    switch (parameter->kind) {
    case PARAMETER_LINE:
        return plain_text_fits(text, parameter->min, parameter->max, false);
    case PARAMETER_TEXT:
        return plain_text_fits(text, parameter->min, parameter->max, true);
    case PARAMETER_SDP:
        length = plain_text_characters(text);
        return length >= parameter->min && length <= parameter->max;
    case PARAMETER_WORD:
        return is_choice(parameter->choices, text);
    case PARAMETER_NONE:
    case PARAMETER_DETAILS:
        break;
    }
    return false;
}

static bool take_details(const json_t *value, struct details *details)
{
    const char *name;
    json_t *item;
    if (!json_is_object(value) || json_object_size(value) > DETAILS_MAX)
        return false;
    details->count = 0;
    json_object_foreach((json_t *)value, name, item)
    {
        const char *text = json_string_value(item);
        if (!text || !plain_text_fits(name, 1, DETAIL_NAME_MAX, false) ||
            !plain_text_fits(text, 0, DETAIL_VALUE_MAX, true))
            return false;
        details->items[details->count++] = (struct detail){.name = name, .value = text};
    }
    return true;
}

static bool take_argument(const struct parameter *parameter, const json_t *value, size_t index,
                          struct arguments *arguments)
{
    if (!value)
        return parameter->optional;
    if (parameter->kind == PARAMETER_DETAILS) {
        arguments->has_details = true;
        return take_details(value, &arguments->details);
    }
    const char *text = json_string_value(value);
    if (!text || !is_text_argument(parameter, text))
        return false;
    arguments->text[index] = text;
    return true;
}

/* A parameter that the method does not have; NULL: none. */
static const char *find_unknown(const struct method *method, const json_t *params)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)params, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < PARAMETERS_MAX && method->parameters[i].name; i++)
            known = known || strcmp(method->parameters[i].name, name) == 0;
        if (!known)
            return name;
    }
    return NULL;
}

enum status method_take_arguments(const struct method *method, const json_t *params,
                                  struct arguments *ret_arguments,
                                  char ret_parameter[PARAMETER_NAME_SIZE])
{
    struct arguments arguments = {0};
    const char *culprit = NULL;
    for (size_t i = 0; i < PARAMETERS_MAX && method->parameters[i].name && !culprit; i++) {
        const struct parameter *parameter = &method->parameters[i];
        if (!take_argument(parameter, json_object_get(params, parameter->name), i, &arguments))
            culprit = parameter->name;
    }
    if (!culprit)
        culprit = find_unknown(method, params);
    if (!culprit) {
        *ret_arguments = arguments;
        return STATUS_OK;
    }
    /* A stranger's name may be of any length: cut it, between characters. */
    size_t length = strnlen(culprit, PARAMETER_NAME_SIZE - 1);
    while (length > 0 && ((unsigned char)culprit[length] & 0xc0) == 0x80)
        length--;
    memcpy(ret_parameter, culprit, length);
    ret_parameter[length] = '\0';
    return STATUS_INVALID;
}
