/* Compiled Lua chunks as the static checks read them. The header is put in front, so that the
 * fuzzer need not find it. */
#include <stdint.h>
#include <string.h>

#include "engine/script/bytecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_use(void *arg, enum bytecode_use use, const char *name, int line)
{
    size_t *total = arg;

    *total += strlen(name) + (size_t)use + (size_t)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t header[] = {0x1b, 'L',  'u',  'a',  0x54, 0, 0x19, 0x93,
                                     '\r', '\n', 0x1a, '\n', 4,    8, 8};
    uint8_t chunk[4096];
    size_t total = 0;

    if (size > sizeof chunk - sizeof header)
        size = sizeof chunk - sizeof header;
    memcpy(chunk, header, sizeof header);
    memcpy(chunk + sizeof header, data, size);
    if (bytecode_scan(chunk, sizeof header + size, on_use, &total) != STATUS_OK)
        return 0;
    return 0;
}
