/* Lines for people on stderr. Programs log, libraries do not (they return a status). */
#ifndef CASELOAD_BASE_LOG_H
#define CASELOAD_BASE_LOG_H

#include "common/base/status.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Default LOG_WARN. `program` prefixes each line; it is borrowed. */
void log_open(const char *program, enum log_level level);
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
