/* Inside of the administration: one request on its way, and the handlers of the routes. */
#ifndef CASELOAD_SERVER_ADMIN_PRIVATE_H
#define CASELOAD_SERVER_ADMIN_PRIVATE_H

#include <jansson.h>

#include "reference-server/admin/admin.h"
#include "reference-server/admin/change.h"
#include "reference-server/auth/token.h"

#define PATH_ARGUMENTS_MAX 3
#define PATH_ARGUMENT_SIZE 65

struct exchange {
    struct admin *admin;
    struct web_request *request; /* NULL: the client went away */
    const struct route *route;
    struct user *user;                                     /* who asks */
    char argument[PATH_ARGUMENTS_MAX][PATH_ARGUMENT_SIZE]; /* what stands for "*" in the path */
    json_t *body;                                          /* owned; NULL: none */
    struct change change;
    char secret[TOKEN_SIZE]; /* of a new invitation */
    char message[128];       /* of a refusal; "": what the status says */
    enum status written;
    struct exchange *next;
};

/* OK: what is to change is in exchange->change, or nothing is; the route's view answers after
 * that. */
typedef enum status handler_fn(struct exchange *exchange);
/* What is answered; NULL: nothing (204). */
typedef json_t *view_fn(struct exchange *exchange);

struct route {
    const char *method, *path; /* "*": one part, an argument */
    handler_fn *handle;
    view_fn *view;
    int http_status;
};

/* Refuse, with words of the handler's own. */
enum status exchange_refuse(struct exchange *exchange, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The body has these members and no others; those behind the NULL may be left out:
 * {"name", NULL, "label", NULL}. INVALID names the culprit. */
enum status exchange_check_body(struct exchange *exchange, const char *const *members);
/* A text member of 1 to `max` characters without control characters; NULL: it is none. */
const char *exchange_text(const struct exchange *exchange, const char *member, size_t max);

/* The clinic of the first argument. NOT_FOUND: the user may not know of it; FORBIDDEN. */
enum status exchange_clinic(struct exchange *exchange, enum act act, struct clinic **ret_clinic);
/* The organisation of the first argument, for whoever has a role in it. NOT_FOUND. */
enum status exchange_organisation(struct exchange *exchange,
                                  struct organisation **ret_organisation);
struct directory *exchange_directory(const struct exchange *exchange);
struct id_source *exchange_ids(const struct exchange *exchange);

/* A link that nobody can guess, into change.link. */
enum status exchange_make_link(struct exchange *exchange);

/* clinic_routes.c */
handler_fn handle_list_organisations, handle_read_organisation, handle_set_organisation,
    handle_add_clinic, handle_read_clinic, handle_set_clinic;
view_fn view_organisations, view_organisation, view_clinics, view_new_clinic, view_clinic_settings;
/* room_routes.c */
handler_fn handle_list_rooms, handle_add_room, handle_renew_link;
view_fn view_rooms_of_clinic, view_new_room, view_link;
/* report_routes.c */
handler_fn handle_clinic_report, handle_organisation_report;
view_fn view_report_of_clinic, view_report_of_organisation;
/* member_routes.c */
handler_fn handle_list_members, handle_invite, handle_take_invitation, handle_deny,
    handle_remove_role;
view_fn view_members_of_scope, view_invitation, view_taken, view_denied;

#endif
