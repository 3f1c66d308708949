#include "reference-server/auth/sign_in.h"

#include <stdlib.h>
#include <string.h>

struct sign_in {
    const struct directory *directory;
    struct background *background;
    char nobodys_hash[PASSWORD_HASH_SIZE]; /* verified for unknown names */
};

struct attempt {
    struct user *user; /* NULL: unknown name */
    const char *hash;  /* borrowed from the user or the sign_in, neither changes */
    char *password;    /* owned */
    enum status status;
    sign_in_fn *on_done;
    void *arg;
};

enum status sign_in_create(const struct directory *directory, struct background *background,
                           enum password_cost cost, struct sign_in **ret_sign_in)
{
    struct sign_in *sign_in = calloc(1, sizeof *sign_in);
    if (!sign_in)
        return STATUS_NO_MEMORY;
    sign_in->directory = directory;
    sign_in->background = background;
    enum status status = password_hash("nobody's password", cost, sign_in->nobodys_hash);
    if (status != STATUS_OK) {
        free(sign_in);
        return status;
    }
    *ret_sign_in = sign_in;
    return STATUS_OK;
}

void sign_in_destroy(struct sign_in *sign_in)
{
    free(sign_in);
}

static void attempt_destroy(struct attempt *attempt)
{
    if (!attempt)
        return;
    if (attempt->password)
        password_wipe(attempt->password);
    free(attempt->password);
    free(attempt);
}

static void verify(void *arg)
{
    struct attempt *attempt = arg;
    attempt->status = password_verify(attempt->password, attempt->hash);
}

static void finish(void *arg, bool worked)
{
    struct attempt *attempt = arg;
    enum status status = worked ? attempt->status : STATUS_INTERRUPTED;
    if (status == STATUS_OK && !attempt->user)
        status = STATUS_UNAUTHENTIC;
    attempt->on_done(attempt->arg, status, status == STATUS_OK ? attempt->user : NULL);
    attempt_destroy(attempt);
}

enum status sign_in_start(struct sign_in *sign_in, const char *username, const char *password,
                          sign_in_fn *on_done, void *arg)
{
    enum status status = STATUS_NO_MEMORY;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt || !(attempt->password = strdup(password)))
        goto out;
    attempt->user = directory_user_by_name(sign_in->directory, username);
    attempt->hash = attempt->user ? attempt->user->password_hash : sign_in->nobodys_hash;
    attempt->on_done = on_done;
    attempt->arg = arg;
    status =
        background_submit(sign_in->background,
                          &(struct background_job){.work = verify, .done = finish, .arg = attempt});
    if (status == STATUS_OK)
        return STATUS_OK;
out:
    attempt_destroy(attempt);
    return status;
}
