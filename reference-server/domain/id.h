/* Opaque ids of everything the platform names. Unguessable: 20 characters of [A-Za-z0-9], about 119
 * bits. Where they come from is an argument, so that tests can count. */
#ifndef CASELOAD_SERVER_ID_H
#define CASELOAD_SERVER_ID_H

#include <stdint.h>

#include "common/base/status.h"

#define ID_LENGTH 20

struct id {
    char text[ID_LENGTH + 1];
};

struct id_source {
    enum status (*make)(void *arg, struct id *ret_id);
    void *arg; /* borrowed */
};

/* What the domain keeps of a caller's token: a hash, made by the layer that knows hashes. */
struct token_key {
    uint8_t bytes[32];
};

/* From the kernel's generator. */
struct id_source id_source_secret(void);

#endif
