/* What the rest of this folder may know of a loop: the libev loop that libwebsockets joins. */
#ifndef CASELOAD_NET_LOOP_INTERNAL_H
#define CASELOAD_NET_LOOP_INTERNAL_H

#include <ev.h>

#include "common/net/loop.h"

struct ev_loop *loop_backend(struct loop *loop);

#endif
