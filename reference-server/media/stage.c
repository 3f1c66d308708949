#include "reference-server/media/stage.h"

#include <string.h>

enum { ONE = 256 }; /* of loudness */

static struct stage_member *find_member(struct stage *stage, uint64_t id)
{
    for (size_t i = 0; i < stage->member_count; i++)
        if (stage->members[i].id == id)
            return &stage->members[i];
    return NULL;
}

static bool has_seat(const struct stage_seat *seats, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (seats[i].id == id)
            return true;
    return false;
}

/* ---- members ---- */

static void empty_seats_of_leavers(struct stage *stage, struct stage_seat *seats, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seats[i].id != 0 && !find_member(stage, seats[i].id))
            seats[i] = (struct stage_seat){0};
}

/* The last seat is a substitute's: before a newcomer takes a seat, it moves up. */
static void fill_seats(struct stage *stage, struct stage_seat *seats, size_t count, int64_t now_us)
{
    size_t next = 0;

    for (size_t i = 0; i < count; i++) {
        if (seats[i].id != 0)
            continue;
        if (i + 1 < count && seats[count - 1].id != 0) {
            seats[i] = (struct stage_seat){seats[count - 1].id, now_us};
            seats[count - 1] = (struct stage_seat){0};
            continue;
        }
        while (next < stage->member_count && has_seat(seats, count, stage->members[next].id))
            next++;
        if (next < stage->member_count)
            seats[i] = (struct stage_seat){stage->members[next].id, now_us};
    }
}

void stage_set_members(struct stage *stage, const uint64_t *ids, size_t count, int64_t now_us)
{
    struct stage before = *stage;

    stage->member_count = 0;
    for (size_t i = 0; i < count && i < STAGE_MEMBERS_MAX; i++) {
        const struct stage_member *known = find_member(&before, ids[i]);
        stage->members[stage->member_count++] =
            known ? *known : (struct stage_member){.id = ids[i], .heard_us = now_us};
    }
    empty_seats_of_leavers(stage, stage->tiles, STAGE_TILES + 1);
    empty_seats_of_leavers(stage, stage->voices, STAGE_VOICES + 1);
    fill_seats(stage, stage->tiles, STAGE_TILES + 1, now_us);
    fill_seats(stage, stage->voices, STAGE_VOICES + 1, now_us);
}

/* ---- hearing ---- */

void stage_hear(struct stage *stage, uint64_t id, unsigned loudness, int64_t now_us)
{
    struct stage_member *member = find_member(stage, id);

    if (!member)
        return;
    int32_t distance = (int32_t)loudness * ONE - member->loudness;
    int64_t constant_us = distance > 0 ? STAGE_ATTACK_US : STAGE_RELEASE_US;
    int64_t elapsed_us = now_us - member->heard_us;
    if (elapsed_us > constant_us)
        elapsed_us = constant_us;
    member->heard_us = now_us;
    member->loudness += (int32_t)(distance * elapsed_us / constant_us);
    if (member->loudness >= STAGE_TALKS_FROM * ONE)
        member->talking = true;
    else if (member->loudness < STAGE_TALKS_UNTIL * ONE)
        member->talking = false;
    if (!member->talking)
        member->loud_us = 0;
    else
        member->talked_us = now_us;
    if (member->talking && loudness >= STAGE_TALKS_FROM)
        member->loud_us += elapsed_us;
}

/* ---- tiles: who talked last ---- */

/* Of those without a seat among the first `seats`: who has talked long enough, and longest. */
static const struct stage_member *tile_seeker(const struct stage *stage, size_t seats)
{
    const struct stage_member *found = NULL;

    for (size_t i = 0; i < stage->member_count; i++) {
        const struct stage_member *member = &stage->members[i];
        if (member->talking && member->loud_us >= STAGE_TILE_AFTER_US &&
            !has_seat(stage->tiles, seats, member->id) &&
            (!found || member->loud_us > found->loud_us))
            found = member;
    }
    return found;
}

/* The tile of who has been silent for the longest time, NULL: all are wanted. Of those who never
 * talked, the last one. */
static struct stage_seat *dullest_tile(struct stage *stage, int64_t now_us)
{
    struct stage_seat *found = NULL;
    int64_t found_us = 0;

    for (size_t i = 0; i < STAGE_TILES; i++) {
        struct stage_seat *seat = &stage->tiles[i];
        const struct stage_member *member = find_member(stage, seat->id);
        if (!member || member->talking || now_us - seat->since_us < STAGE_TILE_DWELL_US)
            continue;
        if (!found || member->talked_us <= found_us) {
            found = seat;
            found_us = member->talked_us;
        }
    }
    return found;
}

/* ---- voices: who is loudest ---- */

static const struct stage_member *voice_seeker(const struct stage *stage, size_t seats)
{
    const struct stage_member *found = NULL;

    for (size_t i = 0; i < stage->member_count; i++) {
        const struct stage_member *member = &stage->members[i];
        if (member->talking && !has_seat(stage->voices, seats, member->id) &&
            (!found || member->loudness > found->loudness))
            found = member;
    }
    return found;
}

static bool yields_to(const struct stage_member *holder, const struct stage_seat *seat,
                      const struct stage_member *seeker, int64_t now_us)
{
    return !holder->talking || (seeker->loudness >= holder->loudness + STAGE_VOICE_MARGIN * ONE &&
                                now_us - seat->since_us >= STAGE_VOICE_DWELL_US);
}

/* The seat of the quietest who yields to `seeker`, NULL: none does. */
static struct stage_seat *quietest_voice(struct stage *stage, const struct stage_member *seeker,
                                         int64_t now_us)
{
    struct stage_seat *found = NULL;
    int32_t quietest = 0;

    for (size_t i = 0; i < STAGE_VOICES; i++) {
        struct stage_seat *seat = &stage->voices[i];
        const struct stage_member *holder = find_member(stage, seat->id);
        if (!holder || !yields_to(holder, seat, seeker, now_us))
            continue;
        if (!found || holder->loudness <= quietest) {
            found = seat;
            quietest = holder->loudness;
        }
    }
    return found;
}

/* ---- choices ---- */

/* Who had the seat becomes the substitute: it is the next best. */
static void take_seat(struct stage_seat *seats, size_t count, struct stage_seat *seat, uint64_t id,
                      int64_t now_us)
{
    seats[count] = (struct stage_seat){seat->id, now_us};
    *seat = (struct stage_seat){id, now_us};
}

static bool decide_tiles(struct stage *stage, int64_t now_us)
{
    struct stage_seat *substitute = &stage->tiles[STAGE_TILES], *seat;
    const struct stage_member *seeker;
    bool changed = false;

    while ((seeker = tile_seeker(stage, STAGE_TILES)) != NULL &&
           (seat = dullest_tile(stage, now_us)) != NULL) {
        take_seat(stage->tiles, STAGE_TILES, seat, seeker->id, now_us);
        changed = true;
    }
    seeker = tile_seeker(stage, STAGE_TILES + 1);
    const struct stage_member *holder = find_member(stage, substitute->id);
    if (!seeker ||
        (holder && (holder->talking || now_us - substitute->since_us < STAGE_TILE_DWELL_US)))
        return changed;
    *substitute = (struct stage_seat){seeker->id, now_us};
    return true;
}

static bool decide_voices(struct stage *stage, int64_t now_us)
{
    struct stage_seat *substitute = &stage->voices[STAGE_VOICES], *seat;
    const struct stage_member *seeker;
    bool changed = false;

    while ((seeker = voice_seeker(stage, STAGE_VOICES)) != NULL &&
           (seat = quietest_voice(stage, seeker, now_us)) != NULL) {
        take_seat(stage->voices, STAGE_VOICES, seat, seeker->id, now_us);
        changed = true;
    }
    seeker = voice_seeker(stage, STAGE_VOICES + 1);
    const struct stage_member *holder = find_member(stage, substitute->id);
    if (!seeker || (holder && !yields_to(holder, substitute, seeker, now_us)))
        return changed;
    *substitute = (struct stage_seat){seeker->id, now_us};
    return true;
}

bool stage_decide(struct stage *stage, int64_t now_us)
{
    bool tiles = decide_tiles(stage, now_us);
    bool voices = decide_voices(stage, now_us);

    return tiles || voices;
}

static size_t choose_for(const struct stage_seat *seats, size_t count, uint64_t receiver,
                         uint64_t *ret_ids)
{
    size_t chosen = 0;

    for (size_t i = 0; i < count + 1 && chosen < count; i++)
        if (seats[i].id != 0 && seats[i].id != receiver)
            ret_ids[chosen++] = seats[i].id;
    return chosen;
}

size_t stage_tiles_for(const struct stage *stage, uint64_t receiver, uint64_t ret_ids[STAGE_TILES])
{
    return choose_for(stage->tiles, STAGE_TILES, receiver, ret_ids);
}

size_t stage_voices_for(const struct stage *stage, uint64_t receiver,
                        uint64_t ret_ids[STAGE_VOICES])
{
    return choose_for(stage->voices, STAGE_VOICES, receiver, ret_ids);
}
