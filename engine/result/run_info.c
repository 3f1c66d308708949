#include "engine/result/run_info.h"

#include <stdarg.h>
#include <stdio.h>

enum status run_info_add_library(struct run_info *info, const char *name, const char *version)
{
    if (info->library_count == RUN_LIBRARIES_MAX) {
        return STATUS_FULL;
    }
    struct run_library *library = &info->libraries[info->library_count++];
    snprintf(library->name, sizeof library->name, "%s", name);
    snprintf(library->version, sizeof library->version, "%s", version);
    return STATUS_OK;
}

enum status run_info_add_note(struct run_info *info, const char *format, ...)
{
    if (info->note_count == RUN_NOTES_MAX) {
        return STATUS_FULL;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(info->notes[info->note_count++], sizeof info->notes[0], format, arguments);
    va_end(arguments);
    return STATUS_OK;
}
