/* Any text as a URL: what is accepted must have a host, a port and a path that fit a request. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/web_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct web_url url;
    struct failure failure;
    if (text && web_url_parse(text, &url, &failure) == STATUS_OK) {
        if (url.host[0] == '\0' || url.port == 0 || url.path[0] != '/' ||
            strpbrk(url.path, " \r\n#") || strpbrk(url.host, " \r\n/?#@"))
            abort();
    }
    free(text);
    return 0;
}
