#include "reference-server/auth/token.h"

#include <sodium.h>
#include <string.h>

#include "common/base/random.h"

enum status token_make(char ret_token[TOKEN_SIZE])
{
    return random_secret_text(ret_token, TOKEN_LENGTH);
}

struct token_key token_key(const char *token)
{
    struct token_key key;
    crypto_generichash(key.bytes, sizeof key.bytes, (const unsigned char *)token, strlen(token),
                       NULL, 0);
    return key;
}

void token_key_write(const struct token_key *key, char ret_hex[TOKEN_HEX_SIZE])
{
    sodium_bin2hex(ret_hex, TOKEN_HEX_SIZE, key->bytes, sizeof key->bytes);
}

enum status token_key_parse(const char *hex, struct token_key *ret_key)
{
    struct token_key key;
    size_t length = 0;
    if (sodium_hex2bin(key.bytes, sizeof key.bytes, hex, strlen(hex), NULL, &length, NULL) != 0 ||
        length != sizeof key.bytes || strlen(hex) != 2 * sizeof key.bytes)
        return STATUS_MALFORMED;
    *ret_key = key;
    return STATUS_OK;
}
