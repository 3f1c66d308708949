/* Datagrams of many clients that leave one UDP socket with one sendmmsg, each from its client's own
 * address. Used by shared_socket.c only. */
#ifndef CASELOAD_SEND_BATCH_H
#define CASELOAD_SEND_BATCH_H

#include "common/webrtc/transport/shared_socket.h"

struct send_batch;

/* See shared_socket_create for `segment`. NULL: no memory. */
struct send_batch *send_batch_create(bool segment);
void send_batch_destroy(struct send_batch *batch);
bool send_batch_full(const struct send_batch *batch);
/* `client` is remembered until the next flush. */
void send_batch_add(struct send_batch *batch, struct shared_client *client,
                    const struct sockaddr_in *to, const void *data, size_t size);
/* All leave or are refused, and counted: at the clients and in `counters`. */
void send_batch_flush(struct send_batch *batch, int fd, struct shared_counters *counters);

#endif
