/* Text from anywhere made harmless inside XML and HTML, in content and attributes. Private to
 * engine/result. */
#ifndef CASELOAD_MARKUP_H
#define CASELOAD_MARKUP_H

#include "common/base/buffer.h"

/* Appends `text` with <>&"' escaped; control characters and bytes that are no UTF-8 become '?'. */
void markup_text(struct buffer *out, const char *text);

#endif
