#include "common/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *status_text(enum status status)
{
    static const char *const texts[] = {
#define X(name, text) [STATUS_##name] = text,
        STATUS_LIST(X)
#undef X
    };

    if ((unsigned)status >= STATUS_COUNT)
        return "unknown status";
    return texts[status];
}

enum status failure_set(struct failure *failure, enum status status, const char *format, ...)
{
    if (!failure)
        return status;

    /* Formatted aside first, so that a caller may put its own earlier message into the new one. */
    char message[sizeof failure->message] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    memcpy(failure->message, message, sizeof message);
    failure->message[sizeof message - 1] = '\0';
    failure->status = status;
    return status;
}
