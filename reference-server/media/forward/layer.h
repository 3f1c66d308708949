/* Words for what a source may send of one picture: several encodings of different size (simulcast,
 * RFC 8853), each with temporal layers (RFC 7741 TID). */
#ifndef CASELOAD_LAYER_H
#define CASELOAD_LAYER_H

#include <stdint.h>

#define LAYER_ENCODINGS_MAX 3
#define LAYER_TEMPORALS_MAX 4 /* a TID has two bits */
/* In place of an encoding's number: none flows; whichever can be had first. */
#define LAYER_NONE 0xff
#define LAYER_ANY 0xfe
#define LAYER_UNLIMITED UINT64_MAX /* bit/s */

/* One encoding, up to and with one of its temporal layers. */
struct layer_pick {
    uint8_t encoding; /* by the order in which the source offered them; or see above */
    uint8_t temporal;
};

#endif
