#include "reference-server/store/fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buffer.h"

enum {
    FILE_LIMIT = 64 << 20, /* bytes; 100,000 members of staff need about 20 MiB */
    ORGANISATIONS_MAX = 10000,
    CLINICS_MAX = 10000,
    ROOMS_MAX = 100000,
    STAFF_MAX = 100000,
    ROLES_MAX = 500, /* of one user: sign-in tells them in one message */
    TEXT_MAX = 200,  /* bytes of a name */
    ID_SIZE = 64,
    HASH_SIZE = 256,
};

struct loading {
    struct store *store;
    const char *name; /* of the file */
    const struct fixture_tools *tools;
    struct failure *failure;
    const char *cost;
    const char
        *only; /* id of the organisation when there is one only; NULL: each clinic names its own */
    json_t *organisation_ids; /* owned: name → id */
    json_t *clinics;          /* owned: name → {"id", "organisation" (id)} */
    json_t *links;            /* owned: link → true; clinics and rooms share one space of them */
};

static enum status refuse(const struct loading *loading, enum status status, const char *where,
                          size_t index, const char *what)
{
    return failure_set(loading->failure, status, "%s: %s[%zu]: %s", loading->name, where, index,
                       what);
}

/* A text member of 1…TEXT_MAX bytes, or NULL. */
static const char *text_of(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    size_t length = json_string_length(value);
    return length >= 1 && length <= TEXT_MAX ? json_string_value(value) : NULL;
}

static bool has_only(const json_t *object, const char *const *members, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += json_object_get(object, members[i]) != NULL;
    return json_is_object(object) && json_object_size(object) == known;
}

#define HAS_ONLY(object, ...)                                                                      \
    has_only(object, (const char *const[]){__VA_ARGS__},                                           \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool is_link(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-";
    size_t length = text ? strlen(text) : 0;
    return length >= 8 && length <= 64 && strspn(text, allowed) == length;
}

static enum status load_head(struct loading *loading, const json_t *root)
{
    const char *schema = text_of(root, "schema");
    if (!schema || strcmp(schema, "caseload/fixture/1") != 0)
        return failure_set(loading->failure, STATUS_UNSUPPORTED,
                           "%s: \"schema\" is not \"caseload/fixture/1\"", loading->name);
    bool one = json_object_get(root, "organisation") != NULL;
    if (one == (json_object_get(root, "organisations") != NULL) ||
        !HAS_ONLY(root, "schema", "password_cost", "organisation", "organisations", "clinics",
                  "rooms", "staff"))
        return failure_set(loading->failure, STATUS_INVALID,
                           "%s: a member is not known or lacking; known are schema, password_cost, "
                           "either organisation or organisations, clinics, rooms, staff",
                           loading->name);
    loading->cost = text_of(root, "password_cost");
    if (!loading->cost ||
        (strcmp(loading->cost, "normal") != 0 && strcmp(loading->cost, "load") != 0))
        return failure_set(loading->failure, STATUS_INVALID,
                           "%s: \"password_cost\" is neither \"normal\" nor \"load\"",
                           loading->name);
    enum status status = store_set(loading->store, "password_cost", loading->cost);
    if (status != STATUS_OK)
        return failure_set(loading->failure, status, "%s: password_cost: %s", loading->name,
                           store_message(loading->store));
    return STATUS_OK;
}

static enum status load_organisation(struct loading *loading, const json_t *organisation,
                                     size_t index)
{
    const char *name = text_of(organisation, "name");
    if (!name || !HAS_ONLY(organisation, "name"))
        return refuse(loading, STATUS_INVALID, "organisation", index,
                      "is not {\"name\": 1 to 200 bytes}");
    if (json_object_get(loading->organisation_ids, name))
        return refuse(loading, STATUS_EXISTS, "organisation", index, "the name stands twice");

    char id[ID_SIZE];
    enum status status = loading->tools->make_id(id, sizeof id);
    if (status == STATUS_OK)
        status = store_add_organisation(loading->store, id, name);
    if (status != STATUS_OK)
        return refuse(loading, status, "organisation", index, store_message(loading->store));
    if (json_object_set_new(loading->organisation_ids, name, json_string(id)) != 0)
        return refuse(loading, STATUS_NO_MEMORY, "organisation", index, "out of memory");
    return STATUS_OK;
}

/* Id of the organisation that an item names, of the only one when it names none; NULL: of neither.
 */
static const char *organisation_of(const struct loading *loading, const json_t *item)
{
    const char *name = text_of(item, "organisation");
    if (loading->only)
        return json_object_get(item, "organisation") ? NULL : loading->only;
    return name ? json_string_value(json_object_get(loading->organisation_ids, name)) : NULL;
}

static enum status load_clinic(struct loading *loading, const json_t *clinic, size_t index)
{
    const char *name = text_of(clinic, "name"), *link = text_of(clinic, "link");
    const char *organisation = organisation_of(loading, clinic);
    if (!name || !HAS_ONLY(clinic, "organisation", "name", "link"))
        return refuse(loading, STATUS_INVALID, "clinics", index, "is not {\"name\", \"link\"}");
    if (!organisation)
        return refuse(loading, STATUS_INVALID, "clinics", index,
                      "\"organisation\" names one of \"organisations\", where that is given");
    if (!is_link(link))
        return refuse(loading, STATUS_INVALID, "clinics", index,
                      "\"link\" is not 8 to 64 of [A-Za-z0-9_-]");
    if (json_object_get(loading->links, link))
        return refuse(loading, STATUS_EXISTS, "clinics", index, "the link stands twice");
    if (json_object_get(loading->clinics, name))
        return refuse(loading, STATUS_EXISTS, "clinics", index, "the name stands twice");

    char id[ID_SIZE];
    enum status status = loading->tools->make_id(id, sizeof id);
    if (status == STATUS_OK)
        status = store_add_clinic(loading->store, id, organisation, (int)index, name, link);
    if (status != STATUS_OK)
        return refuse(loading, status, "clinics", index, store_message(loading->store));
    if (json_object_set_new(loading->clinics, name,
                            json_pack("{s:s, s:s}", "id", id, "organisation", organisation)) != 0 ||
        json_object_set_new(loading->links, link, json_true()) != 0)
        return refuse(loading, STATUS_NO_MEMORY, "clinics", index, "out of memory");
    return STATUS_OK;
}

/* What is kept of a clinic by name: "id" or "organisation"; NULL: there is none of that name. */
static const char *clinic_member(const struct loading *loading, const char *name,
                                 const char *member)
{
    const json_t *clinic = name ? json_object_get(loading->clinics, name) : NULL;
    return json_string_value(json_object_get(clinic, member));
}

/* NULL, or what is wrong with it. */
static const char *fault_of_room(const struct loading *loading, const json_t *room)
{
    const char *link = text_of(room, "link"), *kind = text_of(room, "kind");
    const char *clinic = text_of(room, "clinic");
    if (!text_of(room, "name") || !clinic || !kind ||
        !HAS_ONLY(room, "clinic", "name", "kind", "link"))
        return "is not {\"clinic\", \"name\", \"kind\", \"link\"}";
    if (strcmp(kind, "group") != 0 && strcmp(kind, "meeting") != 0)
        return "\"kind\" is neither \"group\" nor \"meeting\"";
    if (!is_link(link))
        return "\"link\" is not 8 to 64 of [A-Za-z0-9_-]";
    if (json_object_get(loading->links, link))
        return "the link stands twice";
    if (!clinic_member(loading, clinic, "id"))
        return "its clinic is none of \"clinics\"";
    return NULL;
}

static enum status load_room(struct loading *loading, const json_t *room, size_t index)
{
    const char *fault = fault_of_room(loading, room);
    if (fault)
        return refuse(loading, STATUS_INVALID, "rooms", index, fault);

    const char *link = text_of(room, "link");
    char id[ID_SIZE];
    const struct store_room row = {.id = id,
                                   .clinic_id =
                                       clinic_member(loading, text_of(room, "clinic"), "id"),
                                   .kind = text_of(room, "kind"),
                                   .name = text_of(room, "name"),
                                   .link = link};
    enum status status = loading->tools->make_id(id, sizeof id);
    if (status == STATUS_OK)
        status = store_add_room(loading->store, &row, (int)index);
    if (status != STATUS_OK)
        return refuse(loading, status, "rooms", index, store_message(loading->store));
    if (json_object_set_new(loading->links, link, json_true()) != 0)
        return refuse(loading, STATUS_NO_MEMORY, "rooms", index, "out of memory");
    return STATUS_OK;
}

static enum status load_role(struct loading *loading, const json_t *entry, const char *user_id,
                             size_t index)
{
    const json_t *clinic = json_object_get(entry, "clinic");
    const char *role = text_of(entry, "role");
    bool of_organisation;
    if (!clinic || !HAS_ONLY(entry, "organisation", "clinic", "role"))
        return refuse(loading, STATUS_INVALID, "staff", index,
                      "a role is not {\"clinic\", \"role\"}");
    if (!role || !loading->tools->role_is_known(role, &of_organisation))
        return refuse(loading, STATUS_INVALID, "staff", index, "a role is not known");
    if (of_organisation != json_is_null(clinic))
        return refuse(loading, STATUS_INVALID, "staff", index,
                      "organisation roles have \"clinic\": null, the others a clinic's name");

    const char *name = json_string_value(clinic);
    const char *clinic_id = of_organisation ? NULL : clinic_member(loading, name, "id");
    const char *organisation = of_organisation ? organisation_of(loading, entry)
                                               : clinic_member(loading, name, "organisation");
    if (!of_organisation && !clinic_id)
        return refuse(loading, STATUS_NOT_FOUND, "staff", index,
                      "a role's clinic is none of \"clinics\"");
    if (!organisation || (!of_organisation && json_object_get(entry, "organisation")))
        return refuse(
            loading, STATUS_INVALID, "staff", index,
            "a role of an organisation names it where there are several, and no other role "
            "does");
    enum status status = store_add_membership(
        loading->store, &(struct store_membership){.user_id = user_id,
                                                   .organisation_id = organisation,
                                                   .clinic_id = clinic_id,
                                                   .role = role});
    if (status != STATUS_OK)
        return refuse(loading, status, "staff", index, store_message(loading->store));
    return STATUS_OK;
}

static enum status load_member(struct loading *loading, const json_t *member, size_t index)
{
    const char *username = text_of(member, "username"), *name = text_of(member, "name");
    const char *password = text_of(member, "password");
    const json_t *roles = json_object_get(member, "roles");
    if (!username || !name || !password || !json_is_array(roles) ||
        json_array_size(roles) > ROLES_MAX ||
        !HAS_ONLY(member, "username", "password", "name", "roles"))
        return refuse(loading, STATUS_INVALID, "staff", index,
                      "is not {\"username\", \"password\", \"name\", \"roles\"}");

    char id[ID_SIZE], hash[HASH_SIZE];
    enum status status = loading->tools->make_id(id, sizeof id);
    if (status == STATUS_OK)
        status = loading->tools->hash_password(password, loading->cost, hash, sizeof hash);
    if (status != STATUS_OK)
        return refuse(loading, status, "staff", index, status_text(status));
    status = store_add_user(loading->store, id, username, name, hash);
    if (status != STATUS_OK)
        return refuse(loading, status, "staff", index, store_message(loading->store));

    size_t i;
    json_t *role;
    json_array_foreach(roles, i, role)
    {
        status = load_role(loading, role, id, index);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

typedef enum status load_item_fn(struct loading *loading, const json_t *item, size_t index);

static enum status load_list(struct loading *loading, const json_t *root, const char *member,
                             size_t max, load_item_fn *load_item)
{
    const json_t *list = json_object_get(root, member);
    if (!json_is_array(list) || json_array_size(list) > max)
        return failure_set(loading->failure, STATUS_INVALID,
                           "%s: \"%s\" is not a list of at most %zu", loading->name, member, max);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        enum status status = load_item(loading, item, i);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* One by itself, or a list. */
static enum status load_organisations(struct loading *loading, const json_t *root)
{
    const json_t *one = json_object_get(root, "organisation");
    if (!one)
        return load_list(loading, root, "organisations", ORGANISATIONS_MAX, load_organisation);
    enum status status = load_organisation(loading, one, 0);
    if (status == STATUS_OK)
        loading->only =
            json_string_value(json_object_get(loading->organisation_ids, text_of(one, "name")));
    return status;
}

static enum status load_all(struct loading *loading, const json_t *root)
{
    bool taken = true;
    enum status status = store_has_organisations(loading->store, &taken);
    if (status == STATUS_OK && taken)
        return failure_set(loading->failure, STATUS_EXISTS,
                           "%s: the database holds an organisation already; a fixture is for an "
                           "empty one",
                           loading->name);
    if (status != STATUS_OK)
        return failure_set(loading->failure, status, "%s: %s", loading->name,
                           store_message(loading->store));
    status = load_head(loading, root);
    if (status == STATUS_OK)
        status = load_organisations(loading, root);
    if (status == STATUS_OK)
        status = load_list(loading, root, "clinics", CLINICS_MAX, load_clinic);
    if (status == STATUS_OK && json_object_get(root, "rooms"))
        status = load_list(loading, root, "rooms", ROOMS_MAX, load_room);
    if (status == STATUS_OK)
        status = load_list(loading, root, "staff", STAFF_MAX, load_member);
    return status;
}

enum status fixture_load_text(struct store *store, const char *name, const char *text, size_t size,
                              const struct fixture_tools *tools, struct failure *failure)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return failure_set(failure, STATUS_MALFORMED, "%s:%d: %s", name, error.line, error.text);

    struct loading loading = {.store = store, .name = name, .tools = tools, .failure = failure};
    enum status status = STATUS_NO_MEMORY;
    loading.organisation_ids = json_object();
    loading.clinics = json_object();
    loading.links = json_object();
    if (!loading.organisation_ids || !loading.clinics || !loading.links)
        goto out;
    status = store_begin(store);
    if (status != STATUS_OK) {
        failure_set(failure, status, "%s: %s", name, store_message(store));
        goto out;
    }
    status = load_all(&loading, root);
    if (status == STATUS_OK) {
        status = store_commit(store);
        if (status != STATUS_OK)
            failure_set(failure, status, "%s: %s", name, store_message(store));
    }
    if (status != STATUS_OK)
        store_rollback(store);
out:
    json_decref(loading.organisation_ids);
    json_decref(loading.clinics);
    json_decref(loading.links);
    json_decref(root);
    return status;
}

/* The whole file, a pipe too. */
static enum status read_file(const char *path, struct buffer *text, struct failure *failure)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    enum status status = STATUS_OK;
    char chunk[65536];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(text, chunk, size);
    if (ferror(file))
        status = failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    else if (text->failed)
        status = failure_set(failure, STATUS_TOO_LARGE, "%s: larger than %d MiB", path,
                             FILE_LIMIT >> 20);
    fclose(file);
    return status;
}

enum status fixture_load(struct store *store, const char *path, const struct fixture_tools *tools,
                         struct failure *failure)
{
    struct buffer text;
    buffer_init(&text, FILE_LIMIT);
    enum status status = read_file(path, &text, failure);
    if (status == STATUS_OK)
        status = fixture_load_text(store, path, buffer_string(&text), text.size, tools, failure);
    buffer_finish(&text);
    return status;
}
