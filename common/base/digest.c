#include "common/base/digest.h"

#include <stdio.h>

#define FNV_PRIME UINT64_C(1099511628211)

uint64_t digest_add(uint64_t digest, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * FNV_PRIME;
    return digest;
}

void digest_format(uint64_t digest, char *text)
{
    snprintf(text, DIGEST_TEXT_SIZE, "fnv1a64:%016llx", (unsigned long long)digest);
}
