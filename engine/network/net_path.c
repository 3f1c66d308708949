#include "engine/network/net_path.h"

#include <math.h>

#define JITTER_CUT 3.0 /* standard deviations */

uint64_t net_path_seed(uint64_t seed, uint64_t session, const char *actor, bool up)
{
    uint64_t hash = random_mix(random_mix(seed, random_hash_text("network")), session);

    return random_mix(random_mix(hash, random_hash_text(actor)), up ? 1 : 2);
}

void net_path_init(struct net_path *path, const struct net_conditions *conditions, uint64_t seed)
{
    *path = (struct net_path){.conditions = *conditions};
    random_stream_init(&path->random, seed);
}

void net_path_change(struct net_path *path, const struct net_conditions *conditions)
{
    path->conditions = *conditions;
    path->bad = false;
}

/* False: no room. Else the bottleneck has sent it at *ret_sent_us. Its time is kept in nanoseconds:
 * at 1 Gbit/s a microsecond is a tenth of a datagram. */
static bool pass_bottleneck(struct net_path *path, size_t size, int64_t now_us,
                            int64_t *ret_sent_us)
{
    const struct net_conditions *conditions = &path->conditions;
    int64_t now_ns = now_us * 1000;
    int64_t begin_ns = path->link_free_ns > now_ns ? path->link_free_ns : now_ns;

    *ret_sent_us = now_us;
    if (conditions->rate_bps == 0)
        return true;
    if (begin_ns - now_ns > conditions->queue_us * 1000)
        return false;
    path->link_free_ns =
        begin_ns + (int64_t)((size + NET_HEADER_BYTES) * 8 * 1000000000 / conditions->rate_bps);
    *ret_sent_us = (path->link_free_ns + 999) / 1000;
    return true;
}

/* Gilbert-Elliott without losses in good spells: bad ones last `burst` datagrams on average and
 * make up loss / bad_loss of all, which fixes the chance to turn bad. */
static void change_spell(struct net_path *path)
{
    const struct net_conditions *conditions = &path->conditions;
    double to_good = 1 / conditions->burst;
    double share = conditions->loss / conditions->bad_loss;
    double to_bad = share < 1 ? share * to_good / (1 - share) : 1;
    double draw = random_unit(&path->random);

    path->bad = path->bad ? draw >= to_good || share >= 1 : draw < to_bad;
}

static bool loses(struct net_path *path)
{
    const struct net_conditions *conditions = &path->conditions;

    if (conditions->loss <= 0)
        return false;
    if (conditions->burst <= 0)
        return random_unit(&path->random) < conditions->loss;
    change_spell(path);
    return path->bad && random_unit(&path->random) < conditions->bad_loss;
}

static bool chance(struct net_path *path, double share)
{
    return share > 0 && random_unit(&path->random) < share;
}

/* Standard normal (Box, Muller 1958), cut on both sides. */
static double cut_normal(struct random_stream *random)
{
    for (;;) {
        double radius = sqrt(-2 * log1p(-random_unit(random)));
        double value = radius * cos(2 * M_PI * random_unit(random));

        if (fabs(value) <= JITTER_CUT)
            return value;
    }
}

static int64_t draw_delay_us(struct net_path *path)
{
    const struct net_conditions *conditions = &path->conditions;
    int64_t delay_us = conditions->delay_us;

    if (conditions->jitter_us > 0)
        delay_us += llround(cut_normal(&path->random) * (double)conditions->jitter_us);
    return delay_us > 0 ? delay_us : 0;
}

struct net_decision net_path_datagram(struct net_path *path, size_t size, int64_t now_us)
{
    struct net_decision decision = {.fate = NET_CARRIED};
    int64_t sent_us;

    if (!pass_bottleneck(path, size, now_us, &sent_us)) {
        decision.fate = NET_QUEUED_OUT;
        return decision;
    }
    if (loses(path)) {
        decision.fate = NET_LOST;
        return decision;
    }
    decision.duplicated = chance(path, path->conditions.duplicate);
    decision.reordered = chance(path, path->conditions.reorder);
    decision.due_us = sent_us + draw_delay_us(path);
    if (decision.due_us < path->last_due_us)
        decision.due_us = path->last_due_us;
    if (decision.reordered)
        decision.due_us += path->conditions.lag_us;
    else
        path->last_due_us = decision.due_us;
    return decision;
}
