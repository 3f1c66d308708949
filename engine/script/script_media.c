/* Media for the prelude: a handle over one participant. Its events come as
 * media_event(owner, event, sender, text, at). */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/script/script_private.h"

#define MEDIA_TYPE "caseload.media"

struct script_media {
    struct script_subject subject; /* first: an event's subject is its media */
    struct script *script;
    struct participant *participant; /* owned */
    int handle, owner;               /* registry */
    lua_State *judging;              /* media:judge runs: its table lies on top; else NULL */
    struct script_media *next, *previous;
};

static const char *const event_names[] = {
    [PARTICIPANT_CANDIDATE] = "candidate",
    [PARTICIPANT_CONNECTED] = "connected",
    [PARTICIPANT_LOST] = "lost",
    [PARTICIPANT_FAILED] = "failed",
    [PARTICIPANT_FIRST_RTP] = "first_rtp",
    [PARTICIPANT_FIRST_AUDIO] = "first_audio",
    [PARTICIPANT_FIRST_FRAME] = "first_frame",
    [PARTICIPANT_FIRST_DECODED] = "first_decoded",
    [PARTICIPANT_REFRESHED] = "refreshed",
    [PARTICIPANT_FORBIDDEN] = "forbidden",
};

static const char *const kind_names[] = {[SDP_AUDIO] = "audio", [SDP_VIDEO] = "video", NULL};

static void set_integer(lua_State *lua, const char *name, int64_t value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

/* ---- events ---- */

/* owner, event, sender, text, at */
static int push_news(lua_State *lua, void *arg)
{
    struct script_event *event = arg;
    struct script_media *media = (struct script_media *)event->subject;

    lua_rawgeti(lua, LUA_REGISTRYINDEX, media->owner);
    lua_pushstring(lua, event_names[event->code]);
    lua_pushinteger(lua, event->sender);
    lua_pushlstring(lua, event->text, event->size);
    lua_pushinteger(lua, event->at_us);
    return 5;
}

static void run_event(struct script *script, struct script_event *event)
{
    if (event->subject)
        script_enter(script, "media_event", push_news, event);
}

/* One more violation into the table of media:judge. */
static void add_violation(lua_State *lua, uint32_t sender, const char *text, int64_t at_us)
{
    lua_newtable(lua);
    set_integer(lua, "sender", sender);
    set_integer(lua, "at", at_us);
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, "text");
    lua_rawseti(lua, -2, luaL_len(lua, -2) + 1);
}

static void on_event(void *arg, enum participant_event event, uint32_t sender, const char *text,
                     int64_t at_us)
{
    struct script_media *media = arg;

    if (media->judging && event == PARTICIPANT_FORBIDDEN) {
        add_violation(media->judging, sender, text, at_us);
        return;
    }
    script_post(media->script, run_event, &media->subject, at_us, (int)event, sender,
                text ? text : "", text ? strlen(text) : 0);
}

/* ---- life ---- */

static void destroy(struct script_media *media)
{
    struct script *script = media->script;

    event_queue_forget(&media->subject);
    if (media->previous)
        media->previous->next = media->next;
    else
        script->media = media->next;
    if (media->next)
        media->next->previous = media->previous;
    participant_destroy(media->participant);
    script_handle_close(script, &media->handle);
    luaL_unref(script->lua, LUA_REGISTRYINDEX, media->owner);
    free(media);
}

void script_media_destroy_all(struct script *script)
{
    while (script->media)
        destroy(script->media);
}

static const char *text_field(lua_State *lua, int index, const char *name)
{
    lua_getfield(lua, index, name); /* stays on the stack while it is needed */
    return luaL_checkstring(lua, -1);
}

static bool flag_field(lua_State *lua, int index, const char *name)
{
    lua_getfield(lua, index, name);
    bool flag = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return flag;
}

/* media_open(owner, {role=, name=, session=, tag=, decode=, capture=, impairable=}) → handle, or
 * nil and why */
static int open_media(lua_State *lua)
{
    struct script *script = script_of(lua);
    struct participant_config config = {.context = script->config.media, .on_event = on_event};
    struct script_media *media;
    struct failure failure;

    luaL_checkany(lua, 1);
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    if (!config.context)
        return luaL_error(lua, "this run has no media");
    config.role = text_field(lua, 2, "role");
    config.name = text_field(lua, 2, "name");
    lua_getfield(lua, 2, "tag");
    config.tag = luaL_optstring(lua, -1, NULL); /* stays on the stack */
    lua_getfield(lua, 2, "session");
    config.session = (uint64_t)luaL_optinteger(lua, -1, -1);
    config.decode = flag_field(lua, 2, "decode");
    config.capture = flag_field(lua, 2, "capture");
    config.impairable = flag_field(lua, 2, "impairable");
    media = calloc(1, sizeof *media);
    if (!media)
        return luaL_error(lua, "out of memory");
    media->script = script;
    media->handle = media->owner = LUA_NOREF;
    media->next = script->media;
    if (media->next)
        media->next->previous = media;
    script->media = media;
    script_handle_push(lua, MEDIA_TYPE, media, &media->handle);
    lua_pushvalue(lua, 1);
    media->owner = luaL_ref(lua, LUA_REGISTRYINDEX);
    config.arg = media;
    if (participant_create(&config, &media->participant, &failure) != STATUS_OK) {
        destroy(media);
        lua_pushnil(lua);
        lua_pushstring(lua, failure.message);
        return 2;
    }
    return 1;
}

/* ---- the handle's methods ---- */

static struct participant *check_participant(lua_State *lua, int index)
{
    struct script_media *media = script_handle_check(lua, index, MEDIA_TYPE);

    return media->participant;
}

static int close_media(lua_State *lua)
{
    struct script_media *media = script_handle_test(lua, 1, MEDIA_TYPE);

    if (media)
        destroy(media);
    return 0;
}

static int push_description(lua_State *lua, enum status status, const char *sdp,
                            const struct failure *failure)
{
    if (status == STATUS_OK) {
        lua_pushstring(lua, sdp);
        return 1;
    }
    lua_pushnil(lua);
    lua_pushstring(lua, failure->message);
    return 2;
}

/* media:offer(video slots, audio slots [, restart ICE]) → SDP, or nil and why */
static int offer(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct failure failure;
    const char *sdp = NULL;
    enum status status = participant_offer(participant, (unsigned)luaL_checkinteger(lua, 2),
                                           (unsigned)luaL_checkinteger(lua, 3),
                                           lua_toboolean(lua, 4), &sdp, &failure);

    return push_description(lua, status, sdp, &failure);
}

/* media:answer(offer) → SDP, or nil and why: for platforms that offer */
static int answer(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct failure failure;
    const char *sdp = NULL;
    enum status status = participant_answer(participant, luaL_checkstring(lua, 2), &sdp, &failure);

    return push_description(lua, status, sdp, &failure);
}

/* media:set_answer(SDP) → true, or nil and why */
static int set_answer(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct failure failure;

    if (participant_set_answer(participant, luaL_checkstring(lua, 2), &failure) != STATUS_OK)
        return push_description(lua, STATUS_INVALID, NULL, &failure);
    lua_pushboolean(lua, 1);
    return 1;
}

/* media:candidate(text) → true when it was understood */
static int candidate(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);

    lua_pushboolean(lua,
                    participant_add_candidate(participant, luaL_checkstring(lua, 2)) == STATUS_OK);
    return 1;
}

/* media:send(audio, video) */
static int send_media(lua_State *lua)
{
    participant_send(check_participant(lua, 1), lua_toboolean(lua, 2), lua_toboolean(lua, 3),
                     script_now_us(script_of(lua)));
    return 0;
}

/* media:slot(mid, source handle or nil) → "audio" or "video", nil: there is no such slot */
static int slot(lua_State *lua)
{
    struct script_media *source =
        lua_isnoneornil(lua, 3) ? NULL : script_handle_test(lua, 3, MEDIA_TYPE);

    enum sdp_kind kind = participant_slot(check_participant(lua, 1), luaL_checkstring(lua, 2),
                                          source ? source->participant : NULL);

    if (kind != SDP_AUDIO && kind != SDP_VIDEO)
        return 0;
    lua_pushstring(lua, kind_names[kind]);
    return 1;
}

/* media:choose(sender handle, "audio" or "video", chosen, at): the platform's choice in a large
 * call */
static int choose(lua_State *lua)
{
    enum sdp_kind kind = (enum sdp_kind)luaL_checkoption(lua, 3, NULL, kind_names);

    participant_choose(check_participant(lua, 1), check_participant(lua, 2), kind,
                       lua_toboolean(lua, 4), luaL_checkinteger(lua, 5));
    return 0;
}

/* media:talk(talks) */
static int talk(lua_State *lua)
{
    participant_talk(check_participant(lua, 1), lua_toboolean(lua, 2));
    return 0;
}

/* media:permit(sender handle, permitted, by choice, at) */
static int permit(lua_State *lua)
{
    participant_permit(check_participant(lua, 1), check_participant(lua, 2), lua_toboolean(lua, 3),
                       lua_toboolean(lua, 4), luaL_checkinteger(lua, 5));
    return 0;
}

/* media:withhold(sender handle, withheld, at) */
static int withhold(lua_State *lua)
{
    participant_withhold(check_participant(lua, 1), check_participant(lua, 2),
                         lua_toboolean(lua, 3), luaL_checkinteger(lua, 4));
    return 0;
}

/* media:ask_key_frame(sender number, at) → true; false: no video of that sender comes */
static int ask_key_frame(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);

    lua_pushboolean(lua, participant_ask_key_frame(participant, (uint32_t)luaL_checkinteger(lua, 2),
                                                   luaL_checkinteger(lua, 3)));
    return 1;
}

static int sender(lua_State *lua)
{
    lua_pushinteger(lua, participant_sender(check_participant(lua, 1)));
    return 1;
}

static int forbidden(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)participant_forbidden(check_participant(lua, 1)));
    return 1;
}

static void add_waiting_violations(lua_State *lua, const struct script_media *media)
{
    const struct script_event *event = media->subject.first;

    for (; event; event = event->next_of_subject)
        if (event->code == PARTICIPANT_FORBIDDEN)
            add_violation(lua, event->sender, event->text, event->at_us);
}

/* media:judge() → { { sender =, text =, at = } … }: what must not have come and was not told yet,
 * be it that it waits in the queue, which forgets it with this handle; close follows */
static int judge(lua_State *lua)
{
    struct script_media *media = script_handle_check(lua, 1, MEDIA_TYPE);

    lua_newtable(lua);
    luaL_checkstack(lua, 8, NULL);
    add_waiting_violations(lua, media);
    media->judging = lua;
    participant_judge(media->participant);
    media->judging = NULL;
    return 1;
}

/* media:received(sender number) → what arrived from there, or nil */
static int received(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct media_received counts;

    if (!participant_received(participant, (uint32_t)luaL_checkinteger(lua, 2), &counts))
        return 0;
    lua_newtable(lua);
    set_integer(lua, "audio_packets", (int64_t)counts.audio_packets);
    set_integer(lua, "video_packets", (int64_t)counts.video_packets);
    set_integer(lua, "frames", (int64_t)counts.frames);
    set_integer(lua, "forbidden_packets", (int64_t)counts.forbidden_packets);
    set_integer(lua, "last_forbidden_us", counts.last_forbidden_us);
    set_integer(lua, "longest_gap_us", counts.longest_gap_us);
    return 1;
}

/* media:expect_foreign(expected, at): somebody whom we do not play is (not) in the call */
static int expect_foreign(lua_State *lua)
{
    participant_expect_foreign(check_participant(lua, 1), lua_toboolean(lua, 2),
                               luaL_checkinteger(lua, 3));
    return 0;
}

/* media:counts() → what went out, and what came of foreign senders */
static int counts(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct participant_sent sent;
    struct media_foreign foreign;

    participant_sent(participant, &sent);
    participant_foreign(participant, &foreign);
    lua_newtable(lua);
    set_integer(lua, "audio_packets_sent", (int64_t)sent.audio_packets);
    set_integer(lua, "video_packets_sent", (int64_t)sent.video_packets);
    set_integer(lua, "frames_sent", (int64_t)sent.frames);
    set_integer(lua, "foreign_audio_packets", (int64_t)foreign.audio_packets);
    set_integer(lua, "foreign_video_packets", (int64_t)foreign.video_packets);
    set_integer(lua, "foreign_frames", (int64_t)foreign.frames);
    return 1;
}

/* network_profile(text) → name of the profile, or nil and what is wrong with the text */
static int network_profile(lua_State *lua)
{
    struct net_profile profile;
    struct failure failure;

    if (net_profile_parse(luaL_checkstring(lua, 1), &profile, &failure) != STATUS_OK)
        return push_description(lua, STATUS_INVALID, NULL, &failure);
    lua_pushstring(lua, profile.name);
    return 1;
}

/* media:network(text) → true, or nil and why */
static int network(lua_State *lua)
{
    struct participant *participant = check_participant(lua, 1);
    struct net_profile profile;
    struct failure failure;
    enum status status = net_profile_parse(luaL_checkstring(lua, 2), &profile, &failure);

    if (status == STATUS_OK && participant_network(participant, &profile) != STATUS_OK)
        status =
            failure_set(&failure, STATUS_CONFLICT, "this participant's network is not emulated");
    if (status != STATUS_OK)
        return push_description(lua, status, NULL, &failure);
    lua_pushboolean(lua, 1);
    return 1;
}

void script_media_register(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"media_open", open_media}, {"network_profile", network_profile}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"answer", answer},
                                       {"candidate", candidate},
                                       {"close", close_media},
                                       {"counts", counts},
                                       {"offer", offer},
                                       {"expect_foreign", expect_foreign},
                                       {"permit", permit},
                                       {"ask_key_frame", ask_key_frame},
                                       {"forbidden", forbidden},
                                       {"received", received},
                                       {"send", send_media},
                                       {"sender", sender},
                                       {"set_answer", set_answer},
                                       {"slot", slot},
                                       {"withhold", withhold},
                                       {"judge", judge},
                                       {"network", network},
                                       {"choose", choose},
                                       {"talk", talk},
                                       {NULL, NULL}};

    script_handle_define(lua, MEDIA_TYPE, methods);
    luaL_setfuncs(lua, functions, 0);
}
