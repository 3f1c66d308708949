/* Answers of the HTTP side in JSON (docs/protocol.md). */
#ifndef CASELOAD_SERVER_ANSWER_H
#define CASELOAD_SERVER_ANSWER_H

#include <jansson.h>

#include "common/net/web_server.h"

/* Takes over `body`; NULL (no memory) answers 503. */
void answer_json(struct web_request *request, int http_status, json_t *body);
void answer_error(struct web_request *request, int http_status, const char *class,
                  const char *message);
/* The same for whatever the asker may not know of, and for what does not exist. */
void answer_hidden(struct web_request *request);
/* An error by its status: NOT_FOUND, FORBIDDEN, CONFLICT, GONE, FULL, EXISTS, INVALID,
 * UNAUTHENTIC, anything else as 503. `message` NULL: what the status says. */
void answer_status(struct web_request *request, enum status status, const char *message);

#endif
