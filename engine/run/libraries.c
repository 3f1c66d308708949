#include "engine/run/libraries.h"

#include <string.h>

#include "common/base/allocator.h"
#include "common/webrtc/transport/media_crypto.h"

const struct library_version *library_versions(size_t *ret_count)
{
    /* CASELOAD_LIBRARIES comes from the build: {"name", "version"}, … as pkg-config said. */
    static struct library_version libraries[] = {CASELOAD_LIBRARIES{"allocator", ""},
                                                 {"libsrtp2", ""}};
    size_t count = sizeof libraries / sizeof *libraries;

    libraries[count - 2].version = allocator_name();
    libraries[count - 1].version = strchr(media_crypto_build(), ' ') + 1;
    *ret_count = count;
    return libraries;
}
