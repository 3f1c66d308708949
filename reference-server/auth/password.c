#include "reference-server/auth/password.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "libsodium's hash fits");

enum status password_start(void)
{
    return sodium_init() >= 0 ? STATUS_OK : STATUS_CRYPTO;
}

enum status password_cost_by_name(const char *name, enum password_cost *ret_cost)
{
    if (strcmp(name, "normal") == 0)
        *ret_cost = PASSWORD_COST_NORMAL;
    else if (strcmp(name, "load") == 0)
        *ret_cost = PASSWORD_COST_LOAD;
    else
        return STATUS_INVALID;
    return STATUS_OK;
}

enum status password_hash(const char *password, enum password_cost cost,
                          char ret_hash[PASSWORD_HASH_SIZE])
{
    char hash[crypto_pwhash_STRBYTES];
    bool is_normal = cost == PASSWORD_COST_NORMAL;
    if (crypto_pwhash_str_alg(
            hash, password, strlen(password),
            is_normal ? crypto_pwhash_OPSLIMIT_INTERACTIVE : crypto_pwhash_OPSLIMIT_MIN,
            is_normal ? crypto_pwhash_MEMLIMIT_INTERACTIVE : crypto_pwhash_MEMLIMIT_MIN,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        return STATUS_NO_MEMORY;
    memcpy(ret_hash, hash, sizeof hash);
    return STATUS_OK;
}

enum status password_verify(const char *password, const char *hash)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0 ? STATUS_OK
                                                                           : STATUS_UNAUTHENTIC;
}

void password_wipe(char *password)
{
    sodium_memzero(password, strlen(password));
}
