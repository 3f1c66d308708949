/* What people type: bounded in characters, without control characters. */
#ifndef CASELOAD_SERVER_PLAIN_TEXT_H
#define CASELOAD_SERVER_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Code points of valid UTF-8. */
size_t plain_text_characters(const char *text);
/* Of min…max characters, none of them a control character but, where allowed, line feeds and tabs.
 */
bool plain_text_fits(const char *text, size_t min, size_t max, bool allow_lines);

#endif
