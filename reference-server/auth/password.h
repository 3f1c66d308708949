/* Passwords by Argon2id (libsodium). Slow on purpose: call these on the helper thread
 * (background.h), never on the loop's. Thread-safe after password_start. */
#ifndef CASELOAD_SERVER_PASSWORD_H
#define CASELOAD_SERVER_PASSWORD_H

#include <stddef.h>

#include "common/base/status.h"

#define PASSWORD_HASH_SIZE 128 /* libsodium's text form with terminator */

/* "normal": the interactive limits of libsodium (64 MiB, two passes); "load": its minimum, for load
 * tests that measure something else. */
enum password_cost { PASSWORD_COST_NORMAL, PASSWORD_COST_LOAD };

/* Once, before anything else here. CRYPTO. */
MUST_CHECK enum status password_start(void);
/* INVALID: no such name. */
MUST_CHECK enum status password_cost_by_name(const char *name, enum password_cost *ret_cost);
/* NO_MEMORY. */
MUST_CHECK enum status password_hash(const char *password, enum password_cost cost,
                                     char ret_hash[PASSWORD_HASH_SIZE]);
/* UNAUTHENTIC: another password, or not a hash. */
MUST_CHECK enum status password_verify(const char *password, const char *hash);
/* Wipe a copy that is not needed any more. */
void password_wipe(char *password);

#endif
