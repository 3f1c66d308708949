/* Round-trip time and loss of the path to a server's port, while nothing else is asked of it: TCP
 * handshakes, one after the other, each closed at once. The kernels at both ends answer and time
 * them (TCP_INFO), so it is the path that is measured, not the server. Blocking; for before a run.
 */
#ifndef CASELOAD_PATH_PROBE_H
#define CASELOAD_PATH_PROBE_H

#include <stdint.h>

#include "common/base/status.h"

#define PATH_PROBES_MAX 100

struct path_probe {
    unsigned sent, lost; /* SYN segments, repetitions included; of them without an answer */
    int64_t rtt_p50_us, rtt_max_us; /* of the answered ones; < 0: none was */
};

/* `address` is numeric (web_resolve). Takes at most `limit_us`; what has not been answered by then
 * is lost. UNREACHABLE: the port refuses; IO: no socket. `count` at most PATH_PROBES_MAX. */
MUST_CHECK enum status path_probe_run(const char *address, uint16_t port, unsigned count,
                                      int64_t limit_us, struct path_probe *ret_probe,
                                      struct failure *failure);

#endif
