#include "engine/result/shard_difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8
#define VALUE_SHOWN 40 /* characters */

/* What shards of one plan have in common, of run.json; what names best comes first. Hosts may reach
 * the platform by different addresses. */
static const struct {
    const char *object, *member; /* NULL: the whole document's */
} common[] = {
    {NULL, "program_version"},
    {"story", "name"},
    {"story", "digest"},
    {NULL, "settings"},
    {NULL, "seed"},
    {NULL, "fixture_digest"},
    {NULL, "load"},
    {"target", "name"},
    {"target", "declares"},
};

/* Of "media" everything but what is the host's own. */
static const char *const host_media[] = {"io_path", "srtp_build", "srtp_suite"};

/* A value in few characters; what is no UTF-8 never gets here, jansson refused it. */
static void show(const json_t *value, char *text, size_t size)
{
    char *dump = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    snprintf(text, size, "%.*s%s", VALUE_SHOWN, dump != NULL ? dump : "nothing",
             dump != NULL && strlen(dump) > VALUE_SHOWN ? "…" : "");
    free(dump);
}

static void tell(const char *path, const json_t *a, const json_t *b, char *text, size_t size)
{
    char left[VALUE_SHOWN + 8], right[VALUE_SHOWN + 8];
    show(a, left, sizeof left);
    show(b, right, sizeof right);
    snprintf(text, size, "%s: %s and %s", path, left, right);
    for (char *c = text; *c != '\0'; c++) { /* it goes to a terminal */
        *c = (unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c;
    }
}

static bool is_equal(const json_t *a, const json_t *b)
{
    return (a == NULL && b == NULL) || json_equal(a, b);
}

/* The member of one object that differs in the other; NULL: none does. */
static const char *different_member(const json_t *a, const json_t *b)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)a, name, value)
    {
        if (!is_equal(value, json_object_get(b, name))) {
            return name;
        }
    }
    return NULL;
}

/* Down to the smallest part that differs. */
static void descend(const char *path, const json_t *a, const json_t *b, char *text, size_t size)
{
    char inner[128];
    snprintf(inner, sizeof inner, "%s", path);
    for (unsigned depth = 0; depth < DEPTH_MAX && json_is_object(a) && json_is_object(b); depth++) {
        const char *name = different_member(a, b);
        name = name != NULL ? name : different_member(b, a);
        if (name == NULL) {
            break;
        }
        size_t used = strlen(inner);
        snprintf(inner + used, sizeof inner - used, ".%s", name);
        a = json_object_get(a, name);
        b = json_object_get(b, name);
    }
    tell(inner, a, b, text, size);
}

bool json_difference_find(const char *path, const json_t *a, const json_t *b, char *text,
                          size_t size)
{
    if (is_equal(a, b)) {
        return false;
    }
    descend(path, a, b, text, size);
    return true;
}

static bool runs_differ(const json_t *a, const json_t *b, char *text, size_t size)
{
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        const char *object = common[i].object, *member = common[i].member;
        const json_t *in_a = object != NULL ? json_object_get(a, object) : a;
        const json_t *in_b = object != NULL ? json_object_get(b, object) : b;
        const json_t *left = json_object_get(in_a, member), *right = json_object_get(in_b, member);
        char path[64];
        if (is_equal(left, right)) {
            continue;
        }
        snprintf(path, sizeof path, "%s%s%s", object != NULL ? object : "",
                 object != NULL ? "." : "", member);
        descend(path, left, right, text, size);
        return true;
    }
    return false;
}

static json_t *common_media(const json_t *run)
{
    json_t *media = json_copy(json_object_get(run, "media"));
    for (size_t i = 0; i < sizeof host_media / sizeof host_media[0]; i++) {
        json_object_del(media, host_media[i]);
    }
    return media;
}

static bool media_differs(const json_t *a, const json_t *b, char *text, size_t size)
{
    json_t *left = common_media(a), *right = common_media(b);
    bool differs = !is_equal(left, right);
    if (differs) {
        descend("media", left, right, text, size);
    }
    json_decref(left);
    json_decref(right);
    return differs;
}

static bool thresholds_differ(const struct threshold_list *a, const struct threshold_list *b,
                              char *text, size_t size)
{
    for (size_t i = 0; i < a->count || i < b->count; i++) {
        const char *left = i < a->count ? a->items[i].text : "nothing";
        const char *right = i < b->count ? b->items[i].text : "nothing";
        if (strcmp(left, right) != 0) {
            snprintf(text, size, "thresholds: %.80s and %.80s", left, right);
            return true;
        }
    }
    return false;
}

bool shard_difference_find(const struct shard_folder *a, const struct shard_folder *b, char *text,
                           size_t size)
{
    if (a->card.count != b->card.count) {
        snprintf(text, size, "number of shards: %u and %u", a->card.count, b->card.count);
        return true;
    }
    if (runs_differ(a->run, b->run, text, size) || media_differs(a->run, b->run, text, size)) {
        return true;
    }
    if (a->card.start.at_us != b->card.start.at_us) {
        snprintf(text, size, "start_at: %.3f s apart",
                 (double)llabs(a->card.start.at_us - b->card.start.at_us) / 1e6);
        return true;
    }
    return thresholds_differ(&a->card.thresholds, &b->card.thresholds, text, size);
}
