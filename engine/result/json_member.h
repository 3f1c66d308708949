/* Members of JSON objects, read strictly and written safely. Used by engine/result and
 * engine/capacity. */
#ifndef CASELOAD_JSON_MEMBER_H
#define CASELOAD_JSON_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Strict readers of one member: false when it is missing or of another type or out of range. */
bool member_read_count(const json_t *object, const char *name, uint64_t *ret_value);
bool member_read_integer(const json_t *object, const char *name, int64_t *ret_value);
bool member_read_number(const json_t *object, const char *name, double *ret_value);
/* NULL when missing or no string. */
const char *member_read_text(const json_t *object, const char *name);
/* Sets the member; a value that does not fit (2^63 and above) becomes the largest that does. */
void member_set_count(json_t *object, const char *name, uint64_t value);
void member_set_number(json_t *object, const char *name, double value); /* not finite: null */
/* Texts come from platforms and are cut at fixed sizes: bytes that are no UTF-8 become '?'. */
void member_set_text(json_t *object, const char *name, const char *text);
/* A JSON object given as text; {} when NULL or when it is none. */
void member_set_object(json_t *object, const char *name, const char *text);

#endif
