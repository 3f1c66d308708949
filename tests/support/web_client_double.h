/* Connections that lead nowhere (common/net/web_client.h without sockets): what is sent comes back,
 * and a test says how the other side behaves. Link it, with loop_double, before caseload_net. */
#ifndef CASELOAD_WEB_CLIENT_DOUBLE_H
#define CASELOAD_WEB_CLIENT_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/net/web_client.h"

/* Reset before each test. */
struct web_client_double {
    bool refuse;           /* connections fail, requests get no answer */
    bool silent;           /* requests are never answered */
    int http_status;       /* of every answer */
    const char *body;      /* of every answer */
    int64_t open_after_us; /* so long a connection takes to open; 0: a millisecond */
    size_t sockets;        /* open now */
    size_t requests;       /* waiting now */
    char last_text[256];   /* last message sent */
};
extern struct web_client_double web_client_double;

/* The other side goes away: every connection ends with 1006. */
void web_client_double_lose_all(void);

#endif
