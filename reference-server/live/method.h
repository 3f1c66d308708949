/* The methods of the live connection in one list: name, who may call it, what it takes, what runs.
 * Checking a request against it is pure; method_list.c holds the list. */
#ifndef CASELOAD_SERVER_METHOD_H
#define CASELOAD_SERVER_METHOD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"
#include "reference-server/domain/details.h"

#define PARAMETERS_MAX 4
#define PARAMETER_NAME_SIZE 48

enum parameter_kind {
    PARAMETER_NONE,    /* end of the list */
    PARAMETER_LINE,    /* text of min…max characters without control characters */
    PARAMETER_TEXT,    /* the same, line feeds and tabs allowed */
    PARAMETER_SDP,     /* text of min…max characters, anything */
    PARAMETER_WORD,    /* one of choices, "a|b|c" */
    PARAMETER_DETAILS, /* object of up to 16 short texts */
};

struct parameter {
    const char *name;
    enum parameter_kind kind;
    unsigned min, max; /* characters (code points) */
    bool optional;
    const char *choices;
};

/* The parameters of one request, in the order of the method's list. */
struct arguments {
    const char *text[PARAMETERS_MAX]; /* borrowed; NULL: not given, or not a text */
    bool has_details;
    struct details details; /* texts borrowed from the request */
};

enum method_caller {
    METHOD_FOR_NOBODY, /* only before the connection has become an actor */
    METHOD_FOR_CALLER,
    METHOD_FOR_STAFF,
    METHOD_FOR_ACTOR, /* either of both */
};

struct live;
struct connection;

/* `*ret_result` is taken over by the answer; left NULL it means {}. */
typedef enum status method_fn(struct live *live, struct connection *connection,
                              const struct arguments *arguments, json_t **ret_result);

struct method {
    const char *name;
    enum method_caller caller;
    method_fn *run;
    struct parameter parameters[PARAMETERS_MAX];
};

extern const struct method methods[];
extern const size_t method_count;

/* NULL: no such method. */
const struct method *method_by_name(const char *name);
/* `params` NULL: none given. INVALID: `ret_parameter` names the culprit (the first in the list's
 * order, or one that is not in it). */
MUST_CHECK enum status method_take_arguments(const struct method *method, const json_t *params,
                                             struct arguments *ret_arguments,
                                             char ret_parameter[PARAMETER_NAME_SIZE]);

#endif
