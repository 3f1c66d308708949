#include "engine/media/sink_sender.h"

#include <stdlib.h>
#include <string.h>

/* ---- permission and expectation ---- */

static void open_ledgers(struct sink_sender *sender)
{
    if (!sender->withheld)
        number_ledger_open(&sender->video, sender->video_from, sender->permission.since_us);
    number_ledger_open(&sender->audio, sender->audio_from, sender->permission.since_us);
    sender->has_from = false;
}

static void close_ledgers(struct sink_sender *sender)
{
    number_ledger_close(&sender->video, sender->video_to, sender->permission.ended_us);
    number_ledger_close(&sender->audio, sender->audio_to, sender->permission.ended_us);
    sender->has_to = false;
}

static void forget_firsts(struct sink_sender *sender)
{
    memset(sender->first_us, 0, sizeof sender->first_us);
    memset(sender->told, 0, sizeof sender->told);
    sender->asked_us = 0;
}

static void begin_permission(struct sink_sender *sender, int64_t at_us, int64_t grace_us)
{
    if (sender->permission.given)
        return;
    permission_give(&sender->permission, at_us, grace_us);
    sender->withheld_since_us = at_us;
    for (int what = 0; what < MEDIA_FIRST_COUNT; what++)
        if (sender->first_us[what] < at_us - grace_us)
            sender->first_us[what] = 0; /* belongs to no permission */
    if (sender->has_from)
        open_ledgers(sender);
}

/* Time in which a picture would be due, were it not withheld. */
static void count_withheld(struct sink_sender *sender, int64_t at_us)
{
    if (sender->withheld && at_us > sender->withheld_since_us)
        sender->withheld_us += (uint64_t)(at_us - sender->withheld_since_us);
    sender->withheld_since_us = at_us;
}

static void end_permission(struct sink_sender *sender, int64_t at_us, int64_t grace_us)
{
    if (!sender->permission.given)
        return;
    permission_end(&sender->permission, at_us, grace_us);
    count_withheld(sender, at_us);
    sink_sender_break_video(sender);
    forget_firsts(sender);
    if (sender->has_to)
        close_ledgers(sender);
}

void sink_sender_allow(struct sink_sender *sender, bool allowed, int64_t at_us, int64_t grace_us)
{
    if (allowed)
        begin_permission(sender, at_us, grace_us);
    else
        end_permission(sender, at_us, grace_us);
}

void sink_sender_expect_from(struct sink_sender *sender, uint32_t video, uint32_t audio)
{
    sender->video_from = video;
    sender->audio_from = audio;
    sender->has_from = true;
    if (sender->permission.given)
        open_ledgers(sender);
}

void sink_sender_expect_to(struct sink_sender *sender, uint32_t video, uint32_t audio)
{
    sender->video_to = video;
    sender->audio_to = audio;
    sender->has_to = true;
    if (!sender->permission.given)
        close_ledgers(sender);
}

/* ---- pictures withheld ---- */

void sink_sender_withhold(struct sink_sender *sender, bool withheld, uint32_t video, int64_t at_us)
{
    if (sender->withheld == withheld)
        return;
    if (sender->permission.given) {
        count_withheld(sender, at_us);
        sink_sender_break_video(sender);
        if (withheld)
            number_ledger_close(&sender->video, video, at_us);
        else
            number_ledger_open(&sender->video, video, at_us);
    }
    sender->withheld = withheld;
    sender->withheld_since_us = at_us;
}

/* What a choice brings may come a little before the choice is told: it is the first, too. */
static void rearm(struct sink_sender *sender, enum media_first what, int64_t last_us, int64_t at_us)
{
    sender->told[what] = false;
    sender->first_us[what] = last_us >= at_us - PERMISSION_EARLY_US ? last_us : 0;
}

void sink_sender_choose_video(struct sink_sender *sender, bool chosen, uint32_t number,
                              int64_t at_us)
{
    sink_sender_break_video(sender); /* what was before is another video */
    if (chosen) {
        number_ledger_open(&sender->video, number, at_us);
        rearm(sender, MEDIA_FIRST_KEY_FRAME, sender->key_frame_us, at_us);
    } else {
        number_ledger_close(&sender->video, number, at_us);
        sender->choice_ended_us = at_us;
        sender->choice_cut_explained = false;
    }
}

void sink_sender_choose_audio(struct sink_sender *sender, bool chosen, uint32_t number,
                              int64_t at_us)
{
    if (chosen) {
        number_ledger_open(&sender->audio, number, at_us);
        rearm(sender, MEDIA_FIRST_AUDIO, sender->audio_us, at_us);
    } else {
        number_ledger_close(&sender->audio, number, at_us);
    }
}

/* ---- first events ---- */

void sink_sender_note_first(struct sink_sender *sender, enum media_first what, int64_t at_us)
{
    if (sender->first_us[what] == 0)
        sender->first_us[what] = at_us;
}

bool sink_sender_tell_first(struct sink_sender *sender, enum media_first *ret_what,
                            int64_t *ret_at_us)
{
    if (!sender->permission.given)
        return false;
    for (int what = 0; what < MEDIA_FIRST_COUNT; what++)
        if (sender->first_us[what] != 0 && !sender->told[what]) {
            sender->told[what] = true;
            *ret_what = (enum media_first)what;
            *ret_at_us = sender->first_us[what];
            return true;
        }
    return false;
}

/* ---- what is measured ---- */

void sink_sender_break_video(struct sink_sender *sender)
{
    freeze_detector_break(&sender->freezes);
    frame_rate_break(&sender->rate);
    sink_layers_break(&sender->layers);
    sender->has_shown = false;
}

void sink_sender_show(struct sink_sender *sender, uint32_t number, int64_t capture_us,
                      int64_t shown_us)
{
    if (sender->has_shown && number == sender->shown_number + 1 &&
        freeze_detector_would_freeze(&sender->freezes, capture_us - sender->shown_capture_us)) {
        freeze_detector_break(&sender->freezes);
        frame_rate_break(&sender->rate);
    }
    sender->has_shown = true;
    sender->shown_number = number;
    sender->shown_capture_us = capture_us;
    freeze_detector_frame(&sender->freezes, shown_us);
    frame_rate_frame(&sender->rate);
}

void sink_sender_take_playout(struct sink_sender *sender, struct audio_playout *playout)
{
    sender->samples += audio_playout_samples(playout);
    sender->samples_concealed += playout->samples_concealed;
    sender->concealment_events += playout->concealment_events;
    playout->samples_emitted = playout->samples_concealed = playout->concealment_events = 0;
}

static void record_skew(struct sink_sender *sender, struct metrics *metrics, unsigned tag)
{
    struct latency_mean *video = &sender->video_latency, *audio = &sender->audio_latency;

    if (video->count > 0 && audio->count > 0)
        metric_record(metrics, METRIC_AV_SKEW,
                      llabs(audio->sum_us / audio->count - video->sum_us / video->count), tag, 0);
    *video = *audio = (struct latency_mean){0};
}

void sink_sender_second(struct sink_sender *sender, struct metrics *metrics, unsigned tag,
                        int64_t now_us)
{
    uint32_t rates[FRAME_RATE_HELD_MAX];
    size_t count = frame_rate_window(&sender->rate, now_us, rates);

    for (size_t i = 0; i < count; i++)
        metric_record(metrics, METRIC_VIDEO_FPS, rates[i], tag, 0);
    record_skew(sender, metrics, tag);
    if (sender->permission.given)
        count_withheld(sender, now_us);
}

void sink_sender_report(const struct sink_sender *sender, struct media_received *ret_received)
{
    uint64_t frames, packets;

    memset(ret_received, 0, sizeof *ret_received);
    ret_received->sender = sender->id;
    ret_received->allowed = sender->permission.given;
    ret_received->audio_packets = sender->audio_packets;
    ret_received->video_packets = sender->video_packets;
    ret_received->frames = sender->frames;
    ret_received->key_frames = sender->key_frames;
    ret_received->forbidden_packets = sender->permission.forbidden;
    number_ledger_totals(&sender->video, &ret_received->frames_expected, &frames);
    number_ledger_totals(&sender->audio, &ret_received->audio_expected, &packets);
    ret_received->frames_thinned = sender->layers.thinned;
    if (ret_received->frames_thinned > ret_received->frames_expected - frames)
        ret_received->frames_thinned = ret_received->frames_expected - frames;
    ret_received->frames_lost =
        ret_received->frames_expected - frames - ret_received->frames_thinned;
    ret_received->audio_lost = ret_received->audio_expected - packets;
    ret_received->freeze_count = sender->freezes.freezes;
    ret_received->freeze_us = sender->freezes.freeze_us;
    ret_received->longest_gap_us = sender->freezes.longest_us;
    ret_received->last_forbidden_us = sender->permission.last_after_us;
}

struct total {
    enum metric metric;
    uint64_t value;
};

/* Unsigned arithmetic: a frame that was missing and came after all takes back what was counted. */
static void record_all(const struct total *totals, size_t count, uint64_t *recorded, bool *begun,
                       struct metrics *metrics, unsigned tag)
{
    for (size_t i = 0; i < count; i++) {
        int64_t gained = (int64_t)(totals[i].value - recorded[i]);
        if (gained != 0 || !*begun)
            metric_record(metrics, totals[i].metric, gained, tag, 0);
        recorded[i] = totals[i].value;
    }
    *begun = true;
}

/* Zeros say that nothing went wrong with media that there was. Where there was none they would say
 * that there was. */
void sink_sender_record(struct sink_sender *sender, struct metrics *metrics, unsigned tag)
{
    struct media_received received;

    sink_sender_report(sender, &received);
    const struct total video[] = {
        {METRIC_FRAMES_EXPECTED, received.frames_expected},
        {METRIC_FRAMES_RECEIVED,
         received.frames_expected - received.frames_lost - received.frames_thinned},
        {METRIC_FRAMES_LOST, received.frames_lost},
        {METRIC_FRAMES_THINNED, received.frames_thinned},
        {METRIC_FRAMES_MISNUMBERED, sender->layers.misnumbered},
        {METRIC_LAYER_SWITCHES, sender->layers.switches},
        {METRIC_FREEZE_COUNT, received.freeze_count},
        {METRIC_FREEZE_US, (uint64_t)received.freeze_us},
        {METRIC_VIDEO_US, (uint64_t)sender->freezes.watched_us},
        {METRIC_VIDEO_WITHHELD_US, sender->withheld_us},
    };
    const struct total audio[] = {
        {METRIC_AUDIO_EXPECTED, received.audio_expected},
        {METRIC_AUDIO_RECEIVED, received.audio_expected - received.audio_lost},
        {METRIC_AUDIO_LOST, received.audio_lost},
        {METRIC_AUDIO_SAMPLES, sender->samples},
        {METRIC_AUDIO_CONCEALED, sender->samples_concealed},
        {METRIC_AUDIO_CONCEAL_EVENTS, sender->concealment_events},
    };
    enum { VIDEO_TOTALS = sizeof video / sizeof video[0] };
    _Static_assert(VIDEO_TOTALS + sizeof audio / sizeof audio[0] == SINK_SENDER_TOTALS,
                   "a place each");
    if (received.frames_expected > 0 || sender->video_packets > 0)
        record_all(video, VIDEO_TOTALS, sender->recorded, &sender->recorded_video, metrics, tag);
    if (received.audio_expected > 0 || sender->audio_packets > 0)
        record_all(audio, sizeof audio / sizeof audio[0], sender->recorded + VIDEO_TOTALS,
                   &sender->recorded_audio, metrics, tag);
}
