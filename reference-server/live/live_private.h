/* Inside of live/: what its files share. One connection is one actor, or nobody's yet. */
#ifndef CASELOAD_SERVER_LIVE_PRIVATE_H
#define CASELOAD_SERVER_LIVE_PRIVATE_H

#include <jansson.h>

#include "reference-server/admin/named_json.h"
#include "reference-server/live/live.h"
#include "reference-server/live/method.h"

struct large_call;
struct subscription;

struct connection {
    struct live *live;
    void *peer;
    struct participant *participant; /* NULL: nobody yet, or not any more */
    struct token_key token;          /* staff: by which they signed in */
    int64_t token_expires_at_us;     /* staff: since 1970 */
    int64_t nobody_since_us;
    bool closing;     /* config.close was called: hear and say nothing more */
    unsigned strikes; /* errors of the client's making in a row */
    int64_t paid_us;  /* the rate limit: how far ahead of time requests were accepted */
    uint64_t media;   /* number in the media plane; 0: no offer yet */
    bool sends_audio, sends_video;            /* as last told */
    struct media_slot slots[MEDIA_SLOTS_MAX]; /* as last told */
    size_t slot_count;
    struct subscription *subscriptions;
    struct connection *next, *previous;               /* of all */
    struct connection *nobody_next, *nobody_previous; /* of those without actor, oldest first */
};

struct live {
    struct live_config config;
    struct live_counts counts;
    int64_t now_us; /* of the event that is handled */
    uint64_t media_made;
    int64_t next_sweep_us;
    /* Of the request that runs: what it brought about, the message of a refusal that has its own,
     * and what is left to do when the answer has been sent. */
    struct outcome outcome;
    size_t visits_noted; /* of the outcome's effects, looked at for visits */
    struct failure failure;
    bool media_changed;
    struct area *dashboard_area; /* cards after dashboard_rest are still to be sent */
    struct card *dashboard_rest; /* NULL: none */
    struct large_call *large_calls;
    struct connection *first;
    struct connection *nobody_first, *nobody_last;
};

/* connection.c */

void connection_send(struct connection *connection, const char *text, size_t size);
/* Takes over `params`. */
void connection_notify(struct connection *connection, const char *method, json_t *params);
void connection_close(struct connection *connection, enum close_code code, const char *reason);
/* Take in and out of the list of those that nobody owns yet. */
void connection_become(struct connection *connection, struct participant *participant);
void connection_become_nobody(struct connection *connection);
/* One request more; false: more than allowed. */
bool connection_may_ask(struct connection *connection, int64_t now_us);

/* notify.c: carry out the outcome of the last command. Its visits are noted first; before an
 * answer, which may have to wait for them, live_note_visits has done so already. */
void live_carry_out(struct live *live);
void live_note_visits(struct live *live);

/* dashboard.c */

MUST_CHECK enum status dashboard_subscribe(struct live *live, struct connection *connection,
                                           struct area *area, json_t **ret_result);
/* The parts of a large dashboard that did not fit the result. */
void dashboard_send_rest(struct live *live, struct connection *connection);
void dashboard_unsubscribe(struct live *live, struct connection *connection, struct area *area);
void dashboard_unsubscribe_all(struct live *live, struct connection *connection);
/* End the subscriptions to areas that its user may not watch any more, and say so. */
void dashboard_check_access(struct live *live, struct connection *connection);
/* Takes over `params`, adds the sequence number. */
void dashboard_publish_numbered(struct live *live, struct area *area, const char *method,
                                json_t *params);
/* The same without a number. */
void dashboard_publish(struct live *live, struct area *area, const char *method, json_t *params);
void dashboards_destroy(struct live *live);

/* media_routes.c */

MUST_CHECK enum status media_offer(struct live *live, struct connection *connection,
                                   const char *sdp, char **ret_answer);
/* Who sends to and gets from this connection, after any change of its call. */
void media_refresh(struct live *live, struct connection *connection);
/* Only what it sees and hears. */
void media_refresh_slots(struct live *live, struct connection *connection);
/* All in the connection's call, it included. */
void media_refresh_call(struct live *live, struct connection *connection);
void media_drop(struct live *live, struct connection *connection);

/* speech.c: whom the members of a large call see and hear */

/* The choice for the member with this number in the media plane; false: the call is not large, who
 * is in it gets everybody. `members`: all who have media, in order of seniority, this one too. The
 * lists of `ret_sources` live until the next call of this. */
bool speech_choose(struct live *live, const struct call *call, const uint64_t *members,
                   size_t count, uint64_t receiver, struct media_sources *ret_sources);
/* Listen, and route anew where somebody else is to be seen or heard. */
void speech_advance(struct live *live);
void speech_destroy(struct live *live);

/* view.c: domain objects as JSON. NULL: no memory. */

json_t *view_time(const struct live *live, int64_t monotonic_us);
json_t *
view_waiting(const struct clinic *clinic); /* what a caller is told: {"name", "welcome", "music"} */
json_t *view_area(const struct area *area); /* {"clinic": id}, or {"room": id} */
json_t *view_card(const struct live *live, const struct card *card);
json_t *view_members(const struct call *call); /* NULL: an empty list */
json_t *view_user(const struct user *user);
json_t *view_space(const struct card *card);

/* The domain keeps it as an opaque pointer; NULL: lost. */
struct connection *connection_of(const struct participant *participant);

#endif
