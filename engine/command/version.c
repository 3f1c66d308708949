#include "engine/command/version.h"

#include "engine/run/libraries.h"
#include "engine/run/run.h"

void version_print(FILE *out)
{
    size_t count;
    const struct library_version *libraries = library_versions(&count);

    fprintf(out, "caseload %s\n", CASELOAD_VERSION);
    fprintf(out, "driver contract 0.1 (not frozen), result schemas 1, catalogue not yet\n");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s %s\n", libraries[i].name, libraries[i].version);
}
