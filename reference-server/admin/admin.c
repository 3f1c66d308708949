#include "reference-server/admin/admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "reference-server/admin/admin_private.h"
#include "reference-server/admin/answer.h"
#include "reference-server/domain/plain_text.h"
#include "reference-server/fault.h"

enum { WAITING_MAX = 256, BODY_MAX = 16 * 1024 };

struct admin {
    struct admin_config config;
    struct exchange *first, *last; /* owned, in order of arrival; the first is under way */
    size_t waiting;
};

#define API "/api/v1"

static const struct route routes[] = {
    {"GET", API "/organisations", handle_list_organisations, view_organisations, 200},
    {"GET", API "/organisations/*", handle_read_organisation, view_organisation, 200},
    {"PATCH", API "/organisations/*", handle_set_organisation, view_organisation, 200},
    {"GET", API "/organisations/*/clinics", handle_read_organisation, view_clinics, 200},
    {"POST", API "/organisations/*/clinics", handle_add_clinic, view_new_clinic, 201},
    {"GET", API "/organisations/*/members", handle_list_members, view_members_of_scope, 200},
    {"DELETE", API "/organisations/*/members/*/*", handle_remove_role, NULL, 204},
    {"POST", API "/organisations/*/invitations", handle_invite, view_invitation, 201},
    {"GET", API "/clinics/*", handle_read_clinic, view_clinic_settings, 200},
    {"PATCH", API "/clinics/*", handle_set_clinic, view_clinic_settings, 200},
    {"GET", API "/clinics/*/members", handle_list_members, view_members_of_scope, 200},
    {"PATCH", API "/clinics/*/members/*/*", handle_deny, view_denied, 200},
    {"DELETE", API "/clinics/*/members/*/*", handle_remove_role, NULL, 204},
    {"POST", API "/clinics/*/invitations", handle_invite, view_invitation, 201},
    {"GET", API "/organisations/*/report", handle_organisation_report, view_report_of_organisation,
     200},
    {"GET", API "/clinics/*/report", handle_clinic_report, view_report_of_clinic, 200},
    {"GET", API "/clinics/*/rooms", handle_list_rooms, view_rooms_of_clinic, 200},
    {"POST", API "/clinics/*/rooms", handle_add_room, view_new_room, 201},
    {"POST", API "/rooms/*/link", handle_renew_link, view_link, 200},
    {"POST", API "/invitations/*", handle_take_invitation, view_taken, 200},
};

struct admin *admin_create(const struct admin_config *config)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (admin)
        admin->config = *config;
    return admin;
}

static void exchange_free(struct exchange *exchange)
{
    json_decref(exchange->body);
    free(exchange);
}

void admin_destroy(struct admin *admin)
{
    if (!admin)
        return;
    while (admin->first) {
        struct exchange *next = admin->first->next;
        exchange_free(admin->first);
        admin->first = next;
    }
    free(admin);
}

/* ---- what handlers ask ---- */

enum status exchange_refuse(struct exchange *exchange, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(exchange->message, sizeof exchange->message, format, arguments);
    va_end(arguments);
    return status;
}

struct directory *exchange_directory(const struct exchange *exchange)
{
    return exchange->admin->config.directory;
}

struct id_source *exchange_ids(const struct exchange *exchange)
{
    return &exchange->admin->config.ids;
}

enum status exchange_make_link(struct exchange *exchange)
{
    struct id_source *ids = exchange_ids(exchange);
    const struct directory *directory = exchange_directory(exchange);
    struct id link;
    enum status status = ids->make(ids->arg, &link);
    if (status != STATUS_OK)
        return status;
    memcpy(exchange->change.link, link.text, sizeof link.text);
    if (fault_is_on(FAULT_GUESSABLE_LINKS))
        snprintf(exchange->change.link, sizeof exchange->change.link, "link-%06zu",
                 directory->clinic_count + directory->room_count);
    return STATUS_OK;
}

static bool is_member(const char *key, const char *const *members)
{
    bool optional = false;
    for (; *members || !optional; members++) {
        if (!*members)
            optional = true;
        else if (strcmp(*members, key) == 0)
            return true;
    }
    return false;
}

enum status exchange_check_body(struct exchange *exchange, const char *const *members)
{
    const char *key;
    json_t *value;
    if (!json_is_object(exchange->body))
        return exchange_refuse(exchange, STATUS_INVALID, "the body is no JSON object");
    json_object_foreach(exchange->body, key, value)
    {
        if (!is_member(key, members))
            return exchange_refuse(exchange, STATUS_INVALID, "'%.60s' is not known", key);
    }
    for (; *members; members++) {
        if (!json_object_get(exchange->body, *members))
            return exchange_refuse(exchange, STATUS_INVALID, "'%s' is missing", *members);
    }
    return STATUS_OK;
}

const char *exchange_text(const struct exchange *exchange, const char *member, size_t max)
{
    const char *text = json_string_value(json_object_get(exchange->body, member));
    return text && plain_text_fits(text, 1, max, false) ? text : NULL;
}

enum status exchange_clinic(struct exchange *exchange, enum act act, struct clinic **ret_clinic)
{
    struct clinic *clinic =
        directory_clinic_by_id(exchange_directory(exchange), exchange->argument[0]);
    if (!clinic || !user_may(exchange->user, ACT_KNOW_CLINIC, clinic))
        return STATUS_NOT_FOUND;
    *ret_clinic = clinic;
    return user_may(exchange->user, act, clinic) ? STATUS_OK : STATUS_FORBIDDEN;
}

enum status exchange_organisation(struct exchange *exchange, struct organisation **ret_organisation)
{
    struct organisation *organisation =
        directory_organisation_by_id(exchange_directory(exchange), exchange->argument[0]);
    if (!organisation || !(user_knows_organisation(exchange->user, organisation) ||
                           fault_is_on(FAULT_OPEN_ORGANISATIONS)))
        return STATUS_NOT_FOUND;
    *ret_organisation = organisation;
    return STATUS_OK;
}

/* ---- one request after the other ---- */

static void answer(struct exchange *exchange, enum status status)
{
    const struct route *route = exchange->route;
    if (!exchange->request)
        return;
    if (status != STATUS_OK)
        answer_status(exchange->request, status, exchange->message[0] ? exchange->message : NULL);
    else if (route->view)
        answer_json(exchange->request, route->http_status, route->view(exchange));
    else
        web_request_answer(exchange->request, route->http_status, NULL, NULL, 0);
    exchange->request = NULL;
}

static void go_on(struct admin *admin);

/* FAULT_ANSWER_EARLY: everybody thinks that it is written already. */
static void be_late(void)
{
    const struct timespec pause = {.tv_nsec = FAULT_WRITES_LATE_US * 1000L};
    nanosleep(&pause, NULL);
}

static void write_change(void *arg)
{
    struct exchange *exchange = arg;
    if (fault_is_on(FAULT_ANSWER_EARLY))
        be_late();
    exchange->written = change_write(&exchange->change, exchange->admin->config.store);
}

static bool changes_access(enum change_kind kind)
{
    return kind == CHANGE_TAKE_INVITATION || kind == CHANGE_DENY || kind == CHANGE_REMOVE_ROLE;
}

static void make_and_answer(struct exchange *exchange, enum status status)
{
    const struct admin_config *config = &exchange->admin->config;
    if (status == STATUS_OK)
        status = change_make(&exchange->change, config->directory);
    if (status == STATUS_OK && changes_access(exchange->change.kind))
        config->on_access_changed(config->arg, exchange->change.user);
    answer(exchange, status);
}

static void change_written(void *arg, bool worked)
{
    struct exchange *exchange = arg;
    struct admin *admin = exchange->admin;
    if (!fault_is_on(FAULT_ANSWER_EARLY))
        make_and_answer(exchange, worked ? exchange->written : STATUS_CLOSED);
    admin->first = exchange->next;
    admin->waiting--;
    exchange_free(exchange);
    if (worked)
        go_on(admin);
}

/* NULL: not signed in. */
static struct user *find_user(const struct admin *admin, const struct web_request *request)
{
    struct token_key key = token_key(web_request_bearer(request));
    const struct staff_token *token =
        token_table_find(admin->config.tokens, &key, clock_realtime_us());
    return token ? token->user : NULL;
}

static enum status read_body(struct exchange *exchange)
{
    size_t size;
    const char *text = web_request_body(exchange->request, &size);
    if (size > BODY_MAX)
        return exchange_refuse(exchange, STATUS_INVALID, "the body is larger than %d bytes",
                               BODY_MAX);
    if (size > 0)
        exchange->body = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    return STATUS_OK;
}

/* True: a change is being written, and the rest follows. */
static bool carry_out(struct exchange *exchange)
{
    struct background_job job = {.work = write_change, .done = change_written, .arg = exchange};
    exchange->user = find_user(exchange->admin, exchange->request); /* since it came, too */
    enum status status = exchange->user ? read_body(exchange) : STATUS_UNAUTHENTIC;
    if (status == STATUS_OK)
        status = exchange->route->handle(exchange);
    if (status == STATUS_OK && exchange->change.kind != CHANGE_NOTHING) {
        if (fault_is_on(FAULT_ANSWER_EARLY))
            make_and_answer(exchange, STATUS_OK);
        if (background_submit(exchange->admin->config.background, &job) == STATUS_OK)
            return true;
        status = STATUS_NO_MEMORY;
    }
    answer(exchange, status);
    return false;
}

/* The next ones, until one has to wait for the store. */
static void go_on(struct admin *admin)
{
    while (admin->first) {
        struct exchange *exchange = admin->first;
        if (exchange->request && carry_out(exchange))
            return;
        admin->first = exchange->next;
        admin->waiting--;
        exchange_free(exchange);
    }
    admin->last = NULL;
}

/* ---- routes ---- */

/* Whether the path fits; what stands for "*" is copied. */
static bool match(const char *pattern, const char *path,
                  char arguments[PATH_ARGUMENTS_MAX][PATH_ARGUMENT_SIZE])
{
    size_t count = 0;
    while (*pattern && *path) {
        if (*pattern != '*') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t length = strcspn(path, "/");
        if (length == 0 || length >= PATH_ARGUMENT_SIZE)
            return false;
        memcpy(arguments[count], path, length);
        arguments[count++][length] = '\0';
        path += length;
        pattern++;
    }
    return *pattern == '\0' && *path == '\0';
}

static void enqueue(struct admin *admin, struct exchange *exchange)
{
    bool busy = admin->first != NULL;
    if (busy)
        admin->last->next = exchange;
    else
        admin->first = exchange;
    admin->last = exchange;
    admin->waiting++;
    if (!busy)
        go_on(admin);
}

bool admin_request(struct admin *admin, struct web_request *request)
{
    const char *method = web_request_method(request), *path = web_request_path(request);
    struct exchange one = {.admin = admin, .request = request};
    bool known = false;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0] && !one.route; i++) {
        if (!match(routes[i].path, path, one.argument))
            continue;
        known = true;
        if (strcmp(routes[i].method, method) == 0)
            one.route = &routes[i];
    }
    if (!known)
        return false;
    bool signed_in = find_user(admin, request) != NULL; /* nobody else waits in the queue */
    struct exchange *exchange =
        one.route && signed_in && admin->waiting < WAITING_MAX ? malloc(sizeof *exchange) : NULL;
    if (!one.route) {
        answer_error(request, 405, "protocol", "this path has another method");
    } else if (!signed_in) {
        answer_status(request, STATUS_UNAUTHENTIC, NULL);
    } else if (!exchange) {
        answer_error(request, 503, "capacity", "too many changes are waiting");
    } else {
        *exchange = one;
        enqueue(admin, exchange);
    }
    return true;
}

bool admin_request_gone(struct admin *admin, struct web_request *request)
{
    for (struct exchange *at = admin->first; at; at = at->next) {
        if (at->request == request) {
            at->request = NULL;
            return true;
        }
    }
    return false;
}
