/* Name and password to user, on the helper thread. An unknown name takes the same time and gets
 * the same answer as a wrong password. */
#ifndef CASELOAD_SERVER_SIGN_IN_H
#define CASELOAD_SERVER_SIGN_IN_H

#include "reference-server/auth/background.h"
#include "reference-server/auth/password.h"
#include "reference-server/domain/directory.h"

struct sign_in;

/* Both are borrowed. `cost` is that of the stored passwords. NO_MEMORY. */
MUST_CHECK enum status sign_in_create(const struct directory *directory,
                                      struct background *background, enum password_cost cost,
                                      struct sign_in **ret_sign_in);
/* After the background has been destroyed. */
void sign_in_destroy(struct sign_in *sign_in);

/* `user` is NULL unless the status is OK. UNAUTHENTIC; INTERRUPTED: the server stops. */
typedef void sign_in_fn(void *arg, enum status status, struct user *user);
/* FULL: too many sign-ins under way; `on_done` is not called then, otherwise exactly once. */
MUST_CHECK enum status sign_in_start(struct sign_in *sign_in, const char *username,
                                     const char *password, sign_in_fn *on_done, void *arg);

#endif
