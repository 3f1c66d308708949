/* Frames that were cut in the middle: by the end of a permission, or by a slot that was given to
 * another member of a large call. Each such end explains one of them. */
#include <stdlib.h>

#include "engine/media/sink_slot.h"

/* A switch of slots is told by the platform's signalling, which may be slower than its media. */
#define CHOICE_GRACE_US 2000000

static bool choice_explains(struct sink_sender *sender, int64_t arrival_us, int64_t grace_us)
{
    if (sender->choice_ended_us == 0 || sender->choice_cut_explained ||
        llabs(arrival_us - sender->choice_ended_us) > grace_us)
        return false;
    sender->choice_cut_explained = true;
    return true;
}

static bool is_explained(struct media_sink *sink, int64_t arrival_us)
{
    int64_t grace_us = CHOICE_GRACE_US + sink_lateness_us(sink);

    for (size_t i = 0; i < sink->sender_count; i++)
        if (permission_explains_cut(&sink->senders[i]->permission, arrival_us) ||
            choice_explains(sink->senders[i], arrival_us, grace_us))
            return true;
    return false;
}

void sink_cut_take(struct media_sink *sink, const struct unstamped *what)
{
    if (is_explained(sink, what->arrival_us))
        return;
    if (sink->is_chosen_for && sink->cut_count < SINK_CUTS_MAX)
        sink->cuts[sink->cut_count++] = *what; /* what cut it may be told a little later */
    else
        sink_count_unattributed(sink, what);
}

void sink_cut_judge(struct media_sink *sink, bool last)
{
    int64_t patience_us = CHOICE_GRACE_US + sink_lateness_us(sink);
    size_t kept = 0;

    for (size_t i = 0; i < sink->cut_count; i++) {
        struct unstamped what = sink->cuts[i];
        if (is_explained(sink, what.arrival_us))
            continue;
        if (!last && sink->now_us - what.arrival_us <= patience_us)
            sink->cuts[kept++] = what;
        else
            sink_count_unattributed(sink, &what);
    }
    sink->cut_count = kept;
}
