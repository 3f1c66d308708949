/* Somebody who administers: requests with one account's token, replies as JSON. */
#ifndef CASELOAD_TEST_ADMIN_CLIENT_H
#define CASELOAD_TEST_ADMIN_CLIENT_H

#include "tests/support/server_bench.h"

struct admin_client {
    struct server_bench *bench;
    char *token;   /* owned */
    char *user;    /* owned: id */
    json_t *reply; /* owned: of the last request; NULL: no JSON */
};

/* A server, and five of its staff who try things (their roles: server_bench.h). */
struct admin_people {
    struct server_bench bench;
    struct admin_client admin, nurse, clerk, reporter, other;
};

void admin_people_init(struct admin_people *people);
void admin_people_finish(struct admin_people *people);
void admin_client_init(struct admin_client *client, struct server_bench *bench,
                       const char *username);
void admin_client_finish(struct admin_client *client);
/* `path` behind /api/v1, printf'ed; the body in single quotes instead of double ones, or NULL.
 * Returns the HTTP status. */
int admin_ask(struct admin_client *client, const char *method, const char *body, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
/* "error.class" of the last reply, or "". */
const char *admin_error(const struct admin_client *client);
/* A text of the last reply; fails the test when there is none. */
const char *admin_text(const struct admin_client *client, const char *member);
/* Ids of the fixture's only organisation and of its clinics by name; of clinics the latest two
 * stay valid. */
const char *admin_organisation(struct admin_client *client);
const char *admin_clinic(struct admin_client *client, const char *name);

#endif
