/* Who is seen and who is heard in a call that is too large for everybody to receive everybody: the
 * video of those who spoke last, the audio of the loudest. Pure: members, loudness and time in,
 * choices out. Used by the live layer, one for each such call.
 *
 * Both choices are made for the whole call: STAGE_TILES and STAGE_VOICES seats, and one seat more,
 * so that a member who holds a seat gets as many others as everybody else does. Whoever takes a
 * seat takes that of one who goes; all others stay where they are. */
#ifndef CASELOAD_STAGE_H
#define CASELOAD_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAGE_MEMBERS_MAX 32
#define STAGE_EVERYBODY 6 /* up to so many people no choice is made */
#define STAGE_TILES 6     /* whom a member sees */
#define STAGE_VOICES 3    /* whom a member hears */
#define STAGE_SEATS_MAX (STAGE_TILES + 1)

#define STAGE_TICK_US 50000 /* hear and decide this often */
/* Loudness (127 - RFC 6464 level) follows what is heard within these times. */
#define STAGE_ATTACK_US 100000
#define STAGE_RELEASE_US 500000
/* Talking begins above -50 dBov and ends below -60 dBov. */
#define STAGE_TALKS_FROM 77
#define STAGE_TALKS_UNTIL 67
/* A tile is for those who talk for so long without a break (no cough), and stays for so long. */
#define STAGE_TILE_AFTER_US 300000
#define STAGE_TILE_DWELL_US 2000000
/* Of two who talk, the louder one is heard when it is by so many decibels; for so long at least. */
#define STAGE_VOICE_MARGIN 6
#define STAGE_VOICE_DWELL_US 500000

struct stage_member {
    uint64_t id;
    int32_t loudness; /* smoothed, in 1/256 */
    bool talking;
    int64_t loud_us;   /* how much of the talking was loud: what a tile is given for */
    int64_t talked_us; /* last time it talked; 0: never */
    int64_t heard_us;
};

struct stage_seat {
    uint64_t id; /* 0: empty */
    int64_t since_us;
};

/* Zeroed memory is an empty stage. */
struct stage {
    size_t member_count;
    struct stage_member members[STAGE_MEMBERS_MAX]; /* in order of seniority */
    struct stage_seat tiles[STAGE_TILES + 1], voices[STAGE_VOICES + 1];
};

/* Who is in the call now, in order of seniority; beyond STAGE_MEMBERS_MAX they are passed over.
 * Seats that become free are filled in that order. */
void stage_set_members(struct stage *stage, const uint64_t *ids, size_t count, int64_t now_us);
/* How loud a member was since the last time: 0 (silence) to 127. Times never decrease. */
void stage_hear(struct stage *stage, uint64_t id, unsigned loudness, int64_t now_us);
/* Give seats to those who talk. True: somebody's choice has changed. */
bool stage_decide(struct stage *stage, int64_t now_us);

/* Whom `receiver` is to see (up to STAGE_TILES) and to hear (up to STAGE_VOICES): the number of
 * members written to `ret_ids`. */
size_t stage_tiles_for(const struct stage *stage, uint64_t receiver, uint64_t ret_ids[STAGE_TILES]);
size_t stage_voices_for(const struct stage *stage, uint64_t receiver,
                        uint64_t ret_ids[STAGE_VOICES]);

#endif
