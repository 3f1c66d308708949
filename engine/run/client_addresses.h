/* Where participants' media comes from: one local address for full clients, a block of addresses
 * for light ones. Decided and checked before shards start. */
#ifndef CASELOAD_CLIENT_ADDRESSES_H
#define CASELOAD_CLIENT_ADDRESSES_H

#include "common/base/status.h"
#include "engine/run/run_settings.h"

/* The platform is the embedded one or at localhost or 127.0.0.0/8. */
bool client_addresses_near(const struct run_settings *settings);
/* That full clients bind to; NULL: all. */
const char *client_addresses_local(const struct run_settings *settings);
/* Light clients: does this host own their block, can the platform answer there, and does it hold
 * `people` for each of `shards` shards? OK when there are no light clients. */
MUST_CHECK enum status client_addresses_check(const struct run_settings *settings, uint64_t people,
                                              uint64_t shards, struct failure *failure);

#endif
