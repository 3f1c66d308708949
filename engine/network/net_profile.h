/* What a participant's network does to its datagrams: the named set, and the text by which a user
 * or a story asks for one. Pure. Read by the command line and by scripts; net_path.c carries it
 * out.
 *
 *   weak-mobile                                 one of net_profile_named
 *   delay=40ms,jitter=10ms,loss=1%              the same for both directions
 *   rate=2mbit/s,queue=200ms,up:loss=3%         up: and down: hold until the next of them
 *   dsl,up:weak-mobile,loss=5%                  a name sets everything at its place, the rest
 * changes it */
#ifndef CASELOAD_NET_PROFILE_H
#define CASELOAD_NET_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define NET_PROFILE_TEXT_SIZE 200
#define NET_DELAY_MAX_US 10000000LL /* of delay, jitter, queue and lag, each */
#define NET_RATE_MIN_BPS 8000       /* slower, and one datagram takes longer than a second */
#define NET_RATE_MAX_BPS 10000000000ULL
#define NET_QUEUE_DEFAULT_US 300000 /* RFC 8867 §4: the default of its test cases */
#define NET_LAG_DEFAULT_US 20000    /* a frame interval of late packets at 50 per second */

/* One direction. Zeroed memory: nothing is done to anything. */
struct net_conditions {
    int64_t delay_us;  /* added to every datagram */
    int64_t jitter_us; /* standard deviation of the delay: normal, cut at 3 of them and at no delay;
                        * a late datagram holds up those behind it, nobody overtakes */
    uint64_t rate_bps; /* of the bottleneck, IP datagrams (net_path.h); 0: none */
    int64_t queue_us;  /* how long the bottleneck's queue may get; beyond it the tail is dropped */
    double loss;       /* share lost behind the bottleneck, 0…1 */
    double burst; /* mean datagrams of a bad spell (Gilbert-Elliott); 0: losses are independent */
    double bad_loss; /* share lost in a bad spell, ≥ loss; only with burst. Good spells lose none */
    double duplicate; /* share that comes twice, both at one time */
    double reorder;   /* share that is held back by … */
    int64_t lag_us;   /* … this much, overtaken by what follows */
};

struct net_profile {
    char name[32];                    /* of the set, else "custom" */
    char text[NET_PROFILE_TEXT_SIZE]; /* as it was asked for */
    struct net_conditions up, down;   /* from the participant, and to it */
};

/* A named profile and where its numbers are from. */
struct net_profile_named {
    const char *name, *meaning, *source;
    struct net_conditions up, down;
};
/* In order of the table; NULL: no more. */
const struct net_profile_named *net_profile_named(size_t index);

/* INVALID: names the part that is not understood and what it takes. */
MUST_CHECK enum status net_profile_parse(const char *text, struct net_profile *ret_profile,
                                         struct failure *failure);
/* Does it leave this direction as it is? */
bool net_conditions_clear(const struct net_conditions *conditions);

#endif
