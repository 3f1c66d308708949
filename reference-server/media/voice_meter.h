/* How loud one participant has been of late: the worker notes the level of every audio packet
 * (RFC 6464), the signalling thread takes what has gathered. One word without locks, shared by
 * these two; whoever lets go last frees it. */
#ifndef CASELOAD_VOICE_METER_H
#define CASELOAD_VOICE_METER_H

#include <stdint.h>

#define VOICE_LEVEL_SILENCE 127 /* RFC 6464 §3: -dBov, 0 is the loudest */

struct voice_meter;

/* Held once. NULL: no memory. */
struct voice_meter *voice_meter_create(void);
/* Held once more. */
struct voice_meter *voice_meter_share(struct voice_meter *meter);
void voice_meter_release(struct voice_meter *meter); /* NULL is allowed */

/* The writer. */
void voice_meter_note(struct voice_meter *meter, uint8_t level);
/* The reader: mean loudness (127 - level) of the packets since it last asked; 0 (silence) when none
 * came. */
unsigned voice_meter_take(struct voice_meter *meter);

#endif
