/* Which participant feeds which slot. Slots come in pairs (one of video and one of audio, which a
 * browser keeps in lip sync), but whoever is seen need not be heard. Pure; used by the signalling
 * side of the media plane only. */
#ifndef CASELOAD_SLOT_ASSIGN_H
#define CASELOAD_SLOT_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

/* Rewrite `pairs` (participants, 0: empty): whoever of `sources` has a pair keeps it, whoever is
 * not among them loses it, newcomers get the lowest free pairs in the order given. `self`, 0 and
 * repeated names are passed over; who finds no pair is left out. Returns how many were left out. */
size_t slot_assign(uint64_t *pairs, size_t pair_count, uint64_t self, const uint64_t *sources,
                   size_t source_count);

/* The same for audio: newcomers get the pair in which their video is (`video`, as it is from now
 * on), when that has an audio slot and it is free. */
size_t slot_assign_beside(uint64_t *audio, size_t audio_count, const uint64_t *video,
                          size_t video_count, uint64_t self, const uint64_t *sources,
                          size_t source_count);

#endif
