/* Checksums of the stamps: CRC-32 (IEEE 802.3) and CRC-16-CCITT (polynomial 0x1021, initial value
 * 0xFFFF, not reflected). Pure. */
#ifndef CASELOAD_CHECKSUM_H
#define CASELOAD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Of the nine bytes "123456789": 0xCBF43926. */
uint32_t checksum_crc32(const uint8_t *data, size_t size);
/* Of the nine bytes "123456789": 0x29B1. */
uint16_t checksum_crc16(const uint8_t *data, size_t size);

#endif
