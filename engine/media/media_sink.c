#include "engine/media/media_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/recent_max.h"
#include "engine/media/sink_slot.h"

enum { NOBODY = 0 };
#define LATE_US 100000 /* from here on a generator's own lateness may be what looks like a leak */

/* ---- senders ---- */

static struct sink_sender *find_sender(const struct media_sink *sink, uint32_t id)
{
    for (size_t i = 0; i < sink->sender_count; i++)
        if (sink->senders[i]->id == id)
            return sink->senders[i];
    return NULL;
}

int64_t sink_lateness_us(const struct media_sink *sink)
{
    return sink->config.late ? recent_max_get(sink->config.late, sink->now_us) : 0;
}

static void judge(struct media_sink *sink, uint32_t id, struct permission *permission,
                  const char *what, int64_t now_us, int64_t patience_us)
{
    int64_t first_us;
    uint32_t violations = permission_judge(permission, now_us, patience_us, &first_us);

    if (violations == 0)
        return;
    metric_record(sink->config.metrics, METRIC_FORBIDDEN_PACKETS, violations, sink->config.role_tag,
                  0);
    if (sink->config.on_forbidden)
        sink->config.on_forbidden(sink->config.arg, id, what, first_us);
}

/* What nothing has explained in time, by the sink's present second. */
static void judge_waiting(struct media_sink *sink, uint32_t id, struct permission *permission,
                          const char *what)
{
    judge(sink, id, permission, what, sink->now_us, PERMISSION_EARLY_US + sink_lateness_us(sink));
}

/* Nothing more will be heard that explains it: all suspects are violations, unless the explanation
 * may be waiting in queues of our own. */
static void judge_last(struct media_sink *sink, uint32_t id, struct permission *permission,
                       const char *what)
{
    int64_t late_us = sink_lateness_us(sink);

    if (late_us < LATE_US) {
        judge(sink, id, permission, what, INT64_MAX, 0);
        return;
    }
    judge(sink, id, permission, what, sink->now_us, late_us);
    if (permission->suspects > 0)
        metric_record(sink->config.metrics, METRIC_UNJUDGED_PACKETS, permission->suspects,
                      sink->config.role_tag, 0);
    permission->suspects = 0;
}

static void leave_slots(struct media_sink *sink, const struct sink_sender *sender)
{
    for (size_t i = 0; i < ENDPOINT_TRACKS_MAX; i++)
        if (sink->slots[i] && sink->slots[i]->sender == sender)
            sink_slot_switch(sink->slots[i], NULL);
}

static void close_sender(struct media_sink *sink, struct sink_sender *sender)
{
    leave_slots(sink, sender);
    judge_last(sink, sender->id, &sender->permission, "");
    sink_sender_record(sender, sink->config.metrics, sink->config.role_tag);
    sink_probe_close(sink, sender);
}

/* Of two that are not permitted: one of whom nothing is left to judge first, then the one whose
 * permission ended longer ago. */
static bool goes_before(const struct permission *a, const struct permission *b)
{
    if ((a->suspects > 0) != (b->suspects > 0))
        return a->suspects == 0;
    return a->ended_us < b->ended_us;
}

/* The place of the sender that can be spared best; NULL: all are permitted. */
static struct sink_sender *free_a_sender(struct media_sink *sink)
{
    struct sink_sender *spare = NULL;

    for (size_t i = 0; i < sink->sender_count; i++) {
        struct sink_sender *sender = sink->senders[i];
        if (!sender->permission.given &&
            (!spare || goes_before(&sender->permission, &spare->permission)))
            spare = sender;
    }
    if (!spare)
        return NULL;
    close_sender(sink, spare);
    memset(spare, 0, sizeof *spare);
    return spare;
}

struct sink_sender *sink_find_or_add(struct media_sink *sink, uint32_t id)
{
    struct sink_sender *sender = id == NOBODY ? &sink->others : find_sender(sink, id);

    if (sender)
        return sender;
    if (sink->sender_count < MEDIA_SINK_SENDERS_MAX) {
        sender = calloc(1, sizeof *sender);
        if (sender)
            sink->senders[sink->sender_count++] = sender;
    } else {
        sender = free_a_sender(sink);
    }
    if (!sender)
        return &sink->others;
    sender->id = id;
    return sender;
}

static void tell_firsts(struct media_sink *sink, struct sink_sender *sender)
{
    enum media_first what;
    int64_t at_us;

    while (sink->config.on_first && sink_sender_tell_first(sender, &what, &at_us))
        sink->config.on_first(sink->config.arg, sender->id, what, at_us);
}

void sink_note_first(struct media_sink *sink, struct sink_sender *sender, enum media_first what,
                     int64_t at_us)
{
    sink_sender_note_first(sender, what, at_us);
    tell_firsts(sink, sender);
}

void media_sink_allow(struct media_sink *sink, uint32_t id, bool allowed, int64_t at_us,
                      int64_t grace_us)
{
    struct sink_sender *sender = sink_find_or_add(sink, id);

    if (!allowed)
        leave_slots(sink, sender);
    sink_sender_allow(sender, allowed, at_us, grace_us);
    if (allowed && sink->unknown.first_suspect_us >= at_us - grace_us)
        sink->unknown.suspects = 0; /* now somebody is permitted who may have sent them */
}

void media_sink_expect_from(struct media_sink *sink, uint32_t id, uint32_t video_number,
                            uint32_t audio_number)
{
    sink_sender_expect_from(sink_find_or_add(sink, id), video_number, audio_number);
}

void media_sink_expect_to(struct media_sink *sink, uint32_t id, uint32_t video_number,
                          uint32_t audio_number)
{
    sink_sender_expect_to(sink_find_or_add(sink, id), video_number, audio_number);
}

void media_sink_withhold(struct media_sink *sink, uint32_t id, bool withheld, uint32_t video_number,
                         int64_t at_us)
{
    sink_sender_withhold(sink_find_or_add(sink, id), withheld, video_number, at_us);
}

void media_sink_choose(struct media_sink *sink, uint32_t id, enum sdp_kind kind, bool chosen,
                       uint32_t number, int64_t at_us)
{
    struct sink_sender *sender = sink_find_or_add(sink, id);

    sink->is_chosen_for = true;
    if (kind == SDP_VIDEO)
        sink_sender_choose_video(sender, chosen, number, at_us);
    else
        sink_sender_choose_audio(sender, chosen, number, at_us);
    tell_firsts(sink, sender);
}

void media_sink_expect_foreign(struct media_sink *sink, bool expected, int64_t at_us,
                               int64_t grace_us)
{
    if (!expected) {
        permission_end(&sink->foreign, at_us, grace_us);
        return;
    }
    permission_give(&sink->foreign, at_us, grace_us);
    if (sink->unknown.first_suspect_us >= at_us - grace_us)
        sink->unknown.suspects = 0;
}

bool sink_take_foreign(struct media_sink *sink, enum sdp_kind kind, uint32_t packets, bool frame,
                       int64_t arrival_us)
{
    if (!permission_covers(&sink->foreign, arrival_us))
        return false;
    if (kind == SDP_VIDEO)
        sink->foreign_media.video_packets += packets;
    else
        sink->foreign_media.audio_packets += packets;
    sink->foreign_media.frames += frame;
    return true;
}

/* Was anybody permitted when something came at `at_us`? */
static bool is_anybody_covered(const struct media_sink *sink, int64_t at_us)
{
    for (size_t i = 0; i < sink->sender_count; i++)
        if (permission_covers(&sink->senders[i]->permission, at_us))
            return true;
    return permission_covers(&sink->others.permission, at_us);
}

/* The permission that began last, NULL: nobody was ever permitted. */
static const struct permission *last_permission(const struct media_sink *sink)
{
    const struct permission *last = NULL;

    for (size_t i = 0; i < sink->sender_count; i++) {
        const struct permission *one = &sink->senders[i]->permission;
        if ((one->given || one->ended_us != 0) && (!last || one->since_us > last->since_us))
            last = one;
    }
    return last;
}

static int64_t in_ms(int64_t us)
{
    return us / US_PER_MS;
}

static void describe(const struct media_sink *sink, const struct unstamped *what, char *text,
                     size_t size)
{
    const struct permission *last = last_permission(sink);
    char when[96] = "while nobody had ever been permitted";

    if (last && last->given)
        snprintf(when, sizeof when, "%" PRId64 " ms before a permission",
                 in_ms(last->since_us - what->begun_us));
    else if (last)
        snprintf(when, sizeof when,
                 "%" PRId64 " ms after the last permission, which took %" PRId64 " ms",
                 in_ms(what->begun_us - last->ended_us), in_ms(last->ended_us - last->since_us));
    snprintf(text, size, "%" PRIu32 " packet(s) of %s without a stamp on track %zu, %s%s",
             what->packets,
             what->kind == SDP_AUDIO ? "sound"
             : what->complete        ? "a whole frame"
                                     : "a frame that never became whole",
             what->track, what->repaired ? "some of them retransmitted, " : "", when);
}

/* While somebody is permitted, losses explain what cannot be told whose it is; while nobody is, it
 * cannot be right. A frame belongs to the time in which it was captured or began to come: it may
 * have been long on its way, and its last packets may have been asked for again. */
void sink_count_unattributed(struct media_sink *sink, const struct unstamped *what)
{
    sink->unattributed += what->packets;
    metric_record(sink->config.metrics, METRIC_UNATTRIBUTED_PACKETS, what->packets,
                  sink->config.role_tag, 0);
    if (is_anybody_covered(sink, what->begun_us) || is_anybody_covered(sink, what->captured_us))
        return;
    if (sink->unknown.suspects == 0)
        describe(sink, what, sink->unknown_what, sizeof sink->unknown_what);
    permission_packets(&sink->unknown, what->packets, what->arrival_us, what->arrival_us);
}

/* ---- asking ---- */

bool media_sink_ask_key_frame(struct media_sink *sink, uint32_t id, int64_t at_us)
{
    struct sink_sender *sender = find_sender(sink, id);

    if (!sender || !sender->permission.given || !sink->config.on_want_key_frame)
        return false;
    for (size_t i = 0; i < ENDPOINT_TRACKS_MAX; i++) {
        const struct sink_slot *slot = sink->slots[i];
        if (!slot || slot->kind != SDP_VIDEO || slot->sender != sender)
            continue;
        sender->asked_us = at_us;
        sender->first_us[MEDIA_FIRST_REFRESH] = 0;
        sender->told[MEDIA_FIRST_REFRESH] = false;
        sink->config.on_want_key_frame(sink->config.arg, i);
        return true;
    }
    return false;
}

/* ---- media and time ---- */

void media_sink_slot(struct media_sink *sink, size_t track, uint32_t id)
{
    struct sink_slot *slot = track < ENDPOINT_TRACKS_MAX ? sink->slots[track] : NULL;

    if (slot && slot->sender && slot->sender->id != id)
        sink_slot_switch(slot, NULL); /* the next stamp says who it is now */
}

void media_sink_packet(struct media_sink *sink, const struct endpoint_media *media)
{
    if (media->track >= ENDPOINT_TRACKS_MAX ||
        (media->kind != SDP_VIDEO && media->kind != SDP_AUDIO))
        return;
    struct sink_slot **slot = &sink->slots[media->track];
    if (!*slot)
        *slot = sink_slot_create(sink, media);
    if (*slot)
        sink_slot_packet(*slot, media);
    else
        sink_count_unattributed(sink, &(struct unstamped){.track = media->track,
                                                          .kind = media->kind,
                                                          .packets = 1,
                                                          .captured_us = media->arrival_us,
                                                          .begun_us = media->arrival_us,
                                                          .arrival_us = media->arrival_us});
}

static void sender_second(struct media_sink *sink, struct sink_sender *sender, int64_t now_us)
{
    sink_sender_second(sender, sink->config.metrics, sink->config.role_tag, now_us);
    sink_sender_record(sender, sink->config.metrics, sink->config.role_tag);
    tell_firsts(sink, sender);
    judge_waiting(sink, sender->id, &sender->permission, "");
}

void media_sink_second(struct media_sink *sink, int64_t now_us)
{
    sink->now_us = now_us;
    for (size_t i = 0; i < ENDPOINT_TRACKS_MAX; i++)
        if (sink->slots[i])
            sink_slot_second(sink->slots[i], now_us);
    for (size_t i = 0; i < sink->sender_count; i++)
        sender_second(sink, sink->senders[i], now_us);
    sender_second(sink, &sink->others, now_us);
    sink_cut_judge(sink, false);
    judge_waiting(sink, NOBODY, &sink->unknown, sink->unknown_what);
}

void media_sink_finish(struct media_sink *sink, int64_t now_us)
{
    if (sink->finished)
        return;
    sink->finished = true;
    sink->now_us = now_us;
    for (size_t i = 0; i < ENDPOINT_TRACKS_MAX; i++)
        if (sink->slots[i])
            sink_slot_restart(sink->slots[i], sink->slots[i]->ssrc);
    sink_cut_judge(sink, true);
    for (size_t i = 0; i < sink->sender_count; i++)
        close_sender(sink, sink->senders[i]);
    close_sender(sink, &sink->others);
    judge_last(sink, NOBODY, &sink->unknown, sink->unknown_what);
}

/* ---- life and questions ---- */

struct media_sink *media_sink_create(const struct media_sink_config *config)
{
    struct media_sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        return NULL;
    sink->config = *config;
    if (config->save_prefix && !(sink->config.save_prefix = strdup(config->save_prefix))) {
        free(sink);
        return NULL;
    }
    return sink;
}

void media_sink_tag(struct media_sink *sink, unsigned tag)
{
    sink->config.role_tag = tag;
}

void media_sink_destroy(struct media_sink *sink)
{
    if (!sink)
        return;
    for (size_t i = 0; i < ENDPOINT_TRACKS_MAX; i++)
        sink_slot_destroy(sink->slots[i]);
    for (size_t i = 0; i < sink->sender_count; i++) {
        sink_probe_close(sink, sink->senders[i]);
        free(sink->senders[i]);
    }
    sink_probe_close(sink, &sink->others);
    free((char *)sink->config.save_prefix);
    free(sink);
}

bool media_sink_received(const struct media_sink *sink, size_t n, struct media_received *ret)
{
    if (n >= sink->sender_count)
        return false;
    sink_sender_report(sink->senders[n], ret);
    return true;
}

bool media_sink_from(const struct media_sink *sink, uint32_t id, struct media_received *ret)
{
    const struct sink_sender *sender = find_sender(sink, id);

    if (!sender)
        return false;
    sink_sender_report(sender, ret);
    return true;
}

void media_sink_foreign(const struct media_sink *sink, struct media_foreign *ret)
{
    *ret = sink->foreign_media;
}

uint64_t media_sink_unattributed(const struct media_sink *sink)
{
    return sink->unattributed;
}
