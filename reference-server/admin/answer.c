#include "reference-server/admin/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_json(struct web_request *request, int http_status, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (text)
        web_request_answer(request, http_status, "application/json", text, strlen(text));
    else
        web_request_answer(request, 503, NULL, NULL, 0);
    free(text);
}

/* A message may quote a stranger, cut in the middle of a character: other bytes than ASCII become
 * "?". */
void answer_error(struct web_request *request, int http_status, const char *class,
                  const char *message)
{
    char text[256];
    snprintf(text, sizeof text, "%s", message);
    for (char *at = text; *at; at++)
        *at = (unsigned char)*at >= 0x80 ? '?' : *at;
    answer_json(request, http_status,
                json_pack("{s:{s:s, s:s}}", "error", "class", class, "message", text));
}

void answer_hidden(struct web_request *request)
{
    answer_error(request, 404, "hidden", "no such object");
}

void answer_status(struct web_request *request, enum status status, const char *message)
{
    static const struct {
        enum status status;
        int http_status;
        const char *class, *message;
    } errors[] = {
        {STATUS_UNAUTHENTIC, 401, "unauthenticated", "the token is not known"},
        {STATUS_INVALID, 400, "protocol", "a member is missing, unknown or out of range"},
        {STATUS_FORBIDDEN, 403, "forbidden", "not permitted"},
        {STATUS_GONE, 410, "gone", "it is over"},
        {STATUS_CONFLICT, 409, "conflict", "not in this state"},
        {STATUS_EXISTS, 409, "conflict", "it is there already"},
        {STATUS_FULL, 409, "capacity", "no more of these"},
    };
    if (status == STATUS_NOT_FOUND) {
        answer_hidden(request);
        return;
    }
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].status == status) {
            answer_error(request, errors[i].http_status, errors[i].class,
                         message ? message : errors[i].message);
            return;
        }
    }
    answer_error(request, 503, "capacity", "out of memory, or the database does not answer");
}
