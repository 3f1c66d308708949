/* Opaque bearer tokens: 32 characters of [A-Za-z0-9] (190 bits). Only their hash (BLAKE2b-256) is
 * kept. */
#ifndef CASELOAD_SERVER_TOKEN_H
#define CASELOAD_SERVER_TOKEN_H

#include "common/base/status.h"
#include "reference-server/domain/id.h"

#define TOKEN_LENGTH 32
#define TOKEN_SIZE (TOKEN_LENGTH + 1)
#define TOKEN_HEX_SIZE (2 * sizeof(struct token_key) + 1)

MUST_CHECK enum status token_make(char ret_token[TOKEN_SIZE]);
/* Of any text: what was never made is simply not found. */
struct token_key token_key(const char *token);
/* Lower-case hex, for the store. */
void token_key_write(const struct token_key *key, char ret_hex[TOKEN_HEX_SIZE]);
MUST_CHECK enum status token_key_parse(const char *hex, struct token_key *ret_key);

#endif
