/* The administration over HTTP (docs/openapi.json): organisations, clinics and their settings,
 * members, invitations. Resources that change seldom; what changes under people's eyes goes over
 * the live connection. */
#ifndef CASELOAD_SERVER_ADMIN_H
#define CASELOAD_SERVER_ADMIN_H

#include "common/net/web_server.h"
#include "reference-server/auth/background.h"
#include "reference-server/auth/token_table.h"
#include "reference-server/domain/directory.h"
#include "reference-server/domain/id.h"
#include "reference-server/store/store.h"

struct admin;

struct admin_config {
    struct directory *directory; /* borrowed, like all below */
    struct token_table *tokens;
    struct background *background;
    struct store *store; /* the helper thread's */
    struct id_source ids;
    void *arg;
    /* What a user may has become less or more: at once, also on open connections (ROLE-16). */
    void (*on_access_changed)(void *arg, struct user *user);
};

/* NULL: no memory. */
struct admin *admin_create(const struct admin_config *config);
/* After the background has been destroyed and the web server closed its requests. */
void admin_destroy(struct admin *admin);

/* False: the path is none of the administration's. True: it will be answered. */
bool admin_request(struct admin *admin, struct web_request *request);
/* False: it was not taken, or is answered. */
bool admin_request_gone(struct admin *admin, struct web_request *request);

#endif
