#include <stdlib.h>
#include <string.h>

#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"

/* Who may feed a connection: the others in its call that have a transport, by seniority. */
struct sources {
    uint64_t media[CALL_MEMBERS_MAX];
    const struct participant *participants[CALL_MEMBERS_MAX];
    size_t count;
};

static void add_source(struct sources *sources, const struct participant *participant)
{
    const struct connection *connection = connection_of(participant);
    if (!connection || !connection->media || sources->count == CALL_MEMBERS_MAX)
        return;
    sources->media[sources->count] = connection->media;
    sources->participants[sources->count++] = participant;
}

/* Where those wait who may yet come into this call; NULL: nowhere. */
static const struct area *area_of(const struct call *call)
{
    if (call->room)
        return &call->room->area;
    return call->card ? call->card->area : NULL;
}

/* FAULT_SEND_WHILE_WAITING: staff in a call of this area get who waits there, too. */
static void add_waiting(struct sources *sources, const struct call *call)
{
    const struct area *area = area_of(call);
    for (struct card *card = area ? area->first_card : NULL; card; card = card->next) {
        if (!card->call)
            add_source(sources, card->caller);
    }
}

static struct sources sources_of(const struct participant *participant)
{
    struct sources sources = {.count = 0};
    const struct call *call = participant->call;
    for (size_t i = 0; call && i < call->member_count; i++) {
        if (call->members[i] != participant)
            add_source(&sources, call->members[i]);
    }
    if (call && participant->kind == PARTICIPANT_STAFF && fault_is_on(FAULT_SEND_WHILE_WAITING))
        add_waiting(&sources, call);
    return sources;
}

static json_t *view_source(const struct sources *sources, uint64_t media)
{
    for (size_t i = 0; media && i < sources->count; i++) {
        if (sources->media[i] == media)
            return json_string(sources->participants[i]->id.text);
    }
    return json_null();
}

static void tell_slots(struct connection *connection, const struct sources *sources,
                       const struct media_slot *slots, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:b}", "mid", slots[i].mid, "participant",
                                              view_source(sources, slots[i].source), "paused",
                                              slots[i].paused));
    connection_notify(connection, "media.slots", json_pack("{s:o}", "slots", list));
}

/* Whether the client would learn anything from the table; before the first one, all are empty. */
static bool slots_differ(const struct connection *connection, const struct media_slot *slots,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t before = i < connection->slot_count ? connection->slots[i].source : 0;
        bool paused_before = i < connection->slot_count && connection->slots[i].paused;
        if (slots[i].source != before || slots[i].paused != paused_before)
            return true;
    }
    return false;
}

/* In a large call not everybody gets everybody. */
static void choose(struct live *live, const struct connection *connection,
                   const struct sources *sources, struct media_sources *ret_chosen)
{
    const struct call *call = connection->participant->call;
    uint64_t members[CALL_MEMBERS_MAX];
    size_t count = 0;

    *ret_chosen = (struct media_sources){.video = sources->media,
                                         .video_count = sources->count,
                                         .audio = sources->media,
                                         .audio_count = sources->count};
    for (size_t i = 0; call && i < call->member_count; i++) {
        const struct connection *member = connection_of(call->members[i]);
        if (member && member->media)
            members[count++] = member->media;
    }
    if (call)
        speech_choose(live, call, members, count, connection->media, ret_chosen);
}

void media_refresh_slots(struct live *live, struct connection *connection)
{
    struct sources sources = sources_of(connection->participant);
    struct media_slot slots[MEDIA_SLOTS_MAX];
    struct media_sources chosen;
    memset(slots, 0, sizeof slots);
    choose(live, connection, &sources, &chosen);
    size_t count = media_plane_route(live->config.media, connection->media, &chosen, slots);
    bool differ = slots_differ(connection, slots, count);
    memcpy(connection->slots, slots, sizeof slots);
    connection->slot_count = count;
    if (differ)
        tell_slots(connection, &sources, slots, count);
}

static void refresh_send(struct live *live, struct connection *connection)
{
    bool sends = connection->participant->call != NULL;
    bool tell = sends != connection->sends_audio || sends != connection->sends_video;
    bool takes = sends || (connection->participant->card && fault_is_on(FAULT_SEND_WHILE_WAITING));
    media_plane_set_send(live->config.media, connection->media, takes, takes);
    connection->sends_audio = connection->sends_video = sends;
    if (tell)
        connection_notify(connection, "media.send",
                          json_pack("{s:b, s:b}", "audio", sends, "video", sends));
}

/* FAULT_LEAK_MEDIA: somebody in a call leaks to everybody who waits in that area. */
static void leak_to_waiting(struct live *live, const struct area *area)
{
    const struct connection *from = NULL;
    for (struct card *card = area->first_card; card && !from; card = card->next) {
        for (size_t i = 0; card->call && i < card->call->member_count && !from; i++) {
            const struct connection *member = connection_of(card->call->members[i]);
            if (member && member->media)
                from = member;
        }
    }
    for (struct card *card = area->first_card; card && from; card = card->next) {
        const struct connection *to = connection_of(card->caller);
        if (!card->call && to && to->media)
            media_plane_fault_leak(live->config.media, from->media, to->media);
    }
}

/* FAULT_SEND_WHILE_WAITING: staff in calls learn that one more waits. */
static void offer_to_staff(struct live *live, const struct area *area)
{
    for (struct card *card = area->first_card; card; card = card->next) {
        for (size_t i = 0; card->call && i < card->call->member_count; i++) {
            struct participant *member = card->call->members[i];
            struct connection *connection = connection_of(member);
            if (member->kind == PARTICIPANT_STAFF && connection && connection->media)
                media_refresh_slots(live, connection);
        }
    }
}

static void misbehave(struct live *live, const struct connection *connection)
{
    const struct participant *participant = connection->participant;
    const struct area *area = participant->card ? participant->card->area : NULL;
    if (area && !participant->call && fault_is_on(FAULT_LEAK_SHARE))
        media_plane_fault_leak_to_waiting(live->config.media, connection->media);
    if (participant->call)
        area = area_of(participant->call);
    if (area && fault_is_on(FAULT_LEAK_MEDIA))
        leak_to_waiting(live, area);
    if (area && !participant->call && fault_is_on(FAULT_SEND_WHILE_WAITING))
        offer_to_staff(live, area);
}

void media_refresh(struct live *live, struct connection *connection)
{
    if (!connection->media || !connection->participant)
        return;
    refresh_send(live, connection);
    media_refresh_slots(live, connection);
    misbehave(live, connection);
}

void media_refresh_call(struct live *live, struct connection *connection)
{
    const struct call *call = connection->participant->call;
    media_refresh(live, connection);
    for (size_t i = 0; call && i < call->member_count; i++) {
        struct connection *member = connection_of(call->members[i]);
        if (member && member != connection)
            media_refresh(live, member);
    }
}

/* People of one clinic share a worker as far as possible: their routes then cross no thread. Those
 * of a group room do, too, and another room's another one: each is a load of its own. */
static unsigned worker_hint(const struct participant *participant)
{
    const struct card *card = participant->card;
    if (card)
        return card->clinic->index + (card->area->room ? card->area->room->index : 0);
    if (participant->user)
        for (size_t i = 0; i < participant->user->membership_count; i++) {
            const struct membership *membership = &participant->user->memberships[i];
            if (membership->clinic && membership->role != ROLE_SERVICE_REFERRER)
                return membership->clinic->index;
        }
    return participant->call ? participant->call->clinic->index : 0; /* a guest */
}

enum status media_offer(struct live *live, struct connection *connection, const char *sdp,
                        char **ret_answer)
{
    uint64_t media = connection->media ? connection->media : live->media_made + 1;
    enum status status =
        media_plane_offer(live->config.media, media, worker_hint(connection->participant), sdp,
                          ret_answer, &live->failure);
    if (status != STATUS_OK)
        return status;
    if (!connection->media)
        live->media_made++;
    connection->media = media;
    return STATUS_OK;
}

void media_drop(struct live *live, struct connection *connection)
{
    if (!connection->media)
        return;
    media_plane_remove(live->config.media, connection->media);
    connection->media = 0;
    connection->sends_audio = connection->sends_video = false;
    connection->slot_count = 0;
}
