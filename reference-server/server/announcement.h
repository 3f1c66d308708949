/* One line of JSON by which a parent process learns where its server is: --announce. */
#ifndef CASELOAD_SERVER_ANNOUNCEMENT_H
#define CASELOAD_SERVER_ANNOUNCEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct announcement {
    const char *url; /* "https://127.0.0.1:40001" */
    uint16_t port;
    const uint16_t *media_ports;
    size_t media_port_count;
    const char *certificate_pem; /* NULL: none, or not made by this program */
    int pid;
};

/* `target`: a number is an open descriptor (closed afterwards), anything else a file, which
 * appears whole or not at all. IO. */
MUST_CHECK enum status announcement_write(const struct announcement *announcement,
                                          const char *target, struct failure *failure);
/* The line with its line feed, malloc'ed; NULL: no memory. */
char *announcement_text(const struct announcement *announcement);

#endif
