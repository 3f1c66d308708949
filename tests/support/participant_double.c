#include "tests/support/participant_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US 20000
#define FIRST_MEDIA_US 5000
#define PEOPLE_MAX 64
#define ENCRYPTED "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=fingerprint:sha-256 AB\n"

struct participant {
    struct participant_config config;
    char name[64];
    uint32_t sender;
    bool connected, sends, expects_foreign;
    struct loop_timer *timer;
    uint32_t may_hear[PEOPLE_MAX], heard[PEOPLE_MAX];
    uint64_t forbidden;
    char offer[256];
    char network[NET_PROFILE_TEXT_SIZE];
};

static struct participant *people[PEOPLE_MAX];
static size_t people_count;

size_t participant_double_count(void)
{
    return people_count;
}

struct participant *participant_double_at(size_t n)
{
    return n < people_count ? people[n] : NULL;
}

const char *participant_double_name(const struct participant *participant)
{
    return participant->name;
}

static int64_t now_of(const struct participant *participant)
{
    return loop_now_us(participant->config.context->loop);
}

static void tell(struct participant *participant, enum participant_event event, uint32_t sender,
                 const char *text)
{
    participant->config.on_event(participant->config.arg, event, sender, text, now_of(participant));
}

static bool has(const uint32_t *list, uint32_t sender)
{
    for (size_t i = 0; i < PEOPLE_MAX; i++)
        if (list[i] == sender)
            return true;
    return false;
}

static void set(uint32_t *list, uint32_t sender, bool wanted)
{
    for (size_t i = 0; i < PEOPLE_MAX; i++) {
        if (wanted ? list[i] == 0 : list[i] == sender) {
            list[i] = wanted ? sender : 0;
            return;
        }
    }
}

/* Something changed: everybody who is connected looks again soon. */
static void look_again(void)
{
    for (size_t i = 0; i < people_count; i++)
        if (people[i]->connected)
            loop_timer_start(people[i]->timer, FIRST_MEDIA_US, 0);
}

/* Whoever can hear somebody new does. */
static void on_time(void *arg, int64_t now_us)
{
    struct participant *receiver = arg;

    (void)now_us;
    if (!receiver->connected) {
        receiver->connected = true;
        tell(receiver, PARTICIPANT_CONNECTED, 0, "");
        look_again(); /* the others hear who is new */
    }
    for (size_t i = 0; i < people_count; i++) {
        struct participant *sender = people[i];
        if (!sender->sends || !sender->connected || !has(receiver->may_hear, sender->sender) ||
            has(receiver->heard, sender->sender))
            continue;
        set(receiver->heard, sender->sender, true);
        tell(receiver, PARTICIPANT_FIRST_RTP, sender->sender, "");
        tell(receiver, PARTICIPANT_FIRST_AUDIO, sender->sender, "");
        tell(receiver, PARTICIPANT_FIRST_FRAME, sender->sender, "");
    }
}

enum status participant_create(const struct participant_config *config,
                               struct participant **ret_participant, struct failure *failure)
{
    struct participant *participant = calloc(1, sizeof *participant);

    if (!participant || people_count == PEOPLE_MAX) {
        free(participant);
        return failure_set(failure, STATUS_FULL, "no more people in the double");
    }
    participant->config = *config;
    snprintf(participant->name, sizeof participant->name, "%s", config->name);
    participant->sender = ++config->context->next_sender;
    participant->timer = loop_timer_create(config->context->loop, on_time, participant);
    people[people_count++] = participant;
    *ret_participant = participant;
    return STATUS_OK;
}

void participant_destroy(struct participant *participant)
{
    size_t i = 0;

    if (!participant)
        return;
    while (people[i] != participant)
        i++;
    memmove(&people[i], &people[i + 1], (people_count - i - 1) * sizeof *people);
    people_count--;
    loop_timer_destroy(participant->timer);
    free(participant);
}

uint32_t participant_sender(const struct participant *participant)
{
    return participant->sender;
}

enum status participant_offer(struct participant *participant, unsigned video_slots,
                              unsigned audio_slots, bool ice_restart, const char **ret_sdp,
                              struct failure *failure)
{
    (void)ice_restart, (void)failure;
    snprintf(participant->offer, sizeof participant->offer,
             ENCRYPTED "offer of %u with %u and %u slots", participant->sender, video_slots,
             audio_slots);
    *ret_sdp = participant->offer;
    return STATUS_OK;
}

enum status participant_set_answer(struct participant *participant, const char *sdp,
                                   struct failure *failure)
{
    if (!strstr(sdp, "fingerprint"))
        return failure_set(failure, STATUS_MALFORMED, "no fingerprint in the answer");
    loop_timer_start(participant->timer, CONNECT_US, 0);
    return STATUS_OK;
}

enum status participant_answer(struct participant *participant, const char *offer,
                               const char **ret_sdp, struct failure *failure)
{
    if (!strstr(offer, "offer of"))
        return failure_set(failure, STATUS_MALFORMED, "this is no offer");
    snprintf(participant->offer, sizeof participant->offer, ENCRYPTED "answer of %u",
             participant->sender);
    *ret_sdp = participant->offer;
    loop_timer_start(participant->timer, CONNECT_US, 0);
    return STATUS_OK;
}

enum status participant_add_candidate(struct participant *participant, const char *candidate)
{
    (void)participant, (void)candidate;
    return STATUS_OK;
}

void participant_send(struct participant *participant, bool audio, bool video, int64_t now_us)
{
    (void)now_us;
    participant->sends = audio || video;
    look_again();
}

/* Platforms of these tests name their slots "video…" and "audio…". */
enum sdp_kind participant_slot(struct participant *participant, const char *mid,
                               const struct participant *source)
{
    (void)participant, (void)source;
    return *mid == 'v' ? SDP_VIDEO : *mid == 'a' ? SDP_AUDIO : SDP_OTHER;
}

void participant_choose(struct participant *receiver, struct participant *sender,
                        enum sdp_kind kind, bool chosen, int64_t at_us)
{
    (void)receiver, (void)sender, (void)kind, (void)chosen, (void)at_us;
}

void participant_talk(struct participant *participant, bool talks)
{
    (void)participant, (void)talks;
}

void participant_permit(struct participant *receiver, struct participant *sender, bool permitted,
                        bool by_choice, int64_t at_us)
{
    (void)at_us, (void)by_choice;
    set(receiver->may_hear, sender->sender, permitted);
    set(receiver->heard, sender->sender, false);
    look_again();
}

void participant_withhold(struct participant *receiver, struct participant *sender, bool withheld,
                          int64_t at_us)
{
    (void)receiver, (void)sender, (void)withheld, (void)at_us;
}

void participant_phases(const struct participant *participant,
                        struct participant_phases *ret_phases)
{
    (void)participant;
    memset(ret_phases, 0, sizeof *ret_phases);
}

enum endpoint_state participant_state(const struct participant *participant)
{
    return participant->connected ? ENDPOINT_CONNECTED : ENDPOINT_CHECKING;
}

bool participant_received(const struct participant *participant, uint32_t sender,
                          struct media_received *ret_received)
{
    memset(ret_received, 0, sizeof *ret_received);
    ret_received->sender = sender;
    ret_received->forbidden_packets = participant->forbidden;
    return true;
}

void participant_expect_foreign(struct participant *participant, bool expected, int64_t at_us)
{
    (void)at_us;
    participant->expects_foreign = expected;
}

/* One frame, as long as it is expected. */
void participant_foreign(const struct participant *participant, struct media_foreign *ret_foreign)
{
    memset(ret_foreign, 0, sizeof *ret_foreign);
    ret_foreign->frames = participant->expects_foreign;
}

void participant_sent(const struct participant *participant, struct participant_sent *ret_sent)
{
    (void)participant;
    memset(ret_sent, 0, sizeof *ret_sent);
}

void participant_judge(struct participant *participant)
{
    (void)participant;
}

/* Asked, it comes. */
enum status participant_network(struct participant *participant, const struct net_profile *profile)
{
    if (!participant->config.impairable)
        return STATUS_CONFLICT;
    snprintf(participant->network, sizeof participant->network, "%s", profile->text);
    return STATUS_OK;
}

const char *participant_double_network(const struct participant *participant)
{
    return participant->network;
}

bool participant_ask_key_frame(struct participant *receiver, uint32_t sender, int64_t at_us)
{
    (void)at_us;
    tell(receiver, PARTICIPANT_REFRESHED, sender, "");
    return true;
}

uint64_t participant_forbidden(const struct participant *participant)
{
    return participant->forbidden;
}

void participant_endpoint_stats(const struct participant *participant,
                                struct endpoint_stats *ret_stats)
{
    (void)participant;
    memset(ret_stats, 0, sizeof *ret_stats);
}

void participant_double_leak(struct participant *receiver, struct participant *sender)
{
    receiver->forbidden++;
    tell(receiver, PARTICIPANT_FORBIDDEN, sender->sender, "");
}

void participant_double_lose(struct participant *participant, const char *why)
{
    participant->connected = false;
    tell(participant, PARTICIPANT_LOST, 0, why);
}
