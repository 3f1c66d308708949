/* Methods of callers and guests, and the two that they share with staff. */
#include "reference-server/domain/caller.h"

#include <stdlib.h>
#include <string.h>

#include "reference-server/auth/token.h"
#include "reference-server/domain/card.h"
#include "reference-server/domain/chat.h"
#include "reference-server/domain/guest.h"
#include "reference-server/domain/room.h"
#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"
#include "reference-server/live/method_list.h"

enum { CARD, CHAT_TEXT };
enum { LINK, NAME, DETAILS_OBJECT, TOKEN };

/* The connection that was the caller's until now is nobody's and goes. */
static void replace(struct live *live, struct connection *old)
{
    if (!old)
        return;
    connection_become_nobody(old);
    live->counts.closed_replaced++;
    connection_close(old, CLOSE_REPLACED, "replaced by a newer connection");
}

static enum status come_back(struct live *live, struct connection *connection,
                             const struct area *area, const char *token,
                             struct participant **ret_caller)
{
    struct token_key key = token_key(token);
    enum status status = caller_return(live->config.domain, area, &key, connection, live->now_us,
                                       &live->outcome, ret_caller);
    if (status == STATUS_OK)
        replace(live, live->outcome.replaced);
    return status;
}

static enum status come_in(struct live *live, struct connection *connection, struct area *area,
                           const struct arguments *arguments, char token[TOKEN_SIZE],
                           struct participant **ret_caller)
{
    if (!live->config.has_room(live->config.arg))
        return outcome_refuse(&live->outcome, STATUS_FULL, "connections");
    enum status status = token_make(token);
    if (status != STATUS_OK)
        return status;
    struct entry entry = {
        .area = area,
        .name = arguments->text[NAME],
        .details = &arguments->details,
        .token = token_key(token),
        .connection = connection,
    };
    return caller_enter(live->config.domain, &entry, live->now_us, &live->outcome, ret_caller);
}

/* A guest of a meeting room is in at once: no space, nothing to come back to. */
static enum status enter_meeting(struct live *live, struct connection *connection,
                                 struct room *room, const struct arguments *arguments,
                                 json_t **ret_result)
{
    struct participant *guest = NULL;
    if (arguments->text[TOKEN])
        return STATUS_NOT_FOUND;
    if (!live->config.has_room(live->config.arg))
        return outcome_refuse(&live->outcome, STATUS_FULL, "connections");
    enum status status = guest_enter(live->config.domain, room, arguments->text[NAME], connection,
                                     &live->outcome, &guest);
    if (status != STATUS_OK)
        return status;
    connection_become(connection, guest);
    *ret_result = json_pack("{s:s, s:{s:s}, s:s, s:o}", "participant", guest->id.text, "room",
                            "name", room_name(room), "call", room->call->id.text, "participants",
                            view_members(room->call));
    return STATUS_OK;
}

static json_t *view_entry(const struct participant *caller, const char *token)
{
    const struct card *card = caller->card;
    json_t *view = json_pack("{s:s, s:s, s:s, s:s, s:o}", "participant", caller->id.text, "space",
                             caller->space_id.text, "state", caller_state_name(card->state),
                             "token", token, "clinic", view_waiting(card->clinic));
    if (view && card->area->room)
        json_object_set_new(view, "room", json_pack("{s:s}", "name", room_name(card->area->room)));
    return view;
}

enum status method_enter(struct live *live, struct connection *connection,
                         const struct arguments *arguments, json_t **ret_result)
{
    const struct directory *directory = &live->config.domain->directory;
    struct clinic *clinic = directory_clinic_by_link(directory, arguments->text[LINK]);
    struct area *area =
        clinic ? &clinic->area : room_area_by_link(directory, arguments->text[LINK]);
    if (!area)
        return STATUS_NOT_FOUND;
    if (area->room && area->room->kind == ROOM_MEETING)
        return enter_meeting(live, connection, area->room, arguments, ret_result);

    char made[TOKEN_SIZE];
    const char *token = arguments->text[TOKEN];
    struct participant *caller = NULL;
    enum status status = STATUS_GONE;
    if (token)
        status = come_back(live, connection, area, token, &caller);
    if (!token || (status == STATUS_GONE && fault_is_on(FAULT_KEEP_SPACE))) {
        token = made;
        status = come_in(live, connection, area, arguments, made, &caller);
    }
    if (status != STATUS_OK)
        return status;
    connection_become(connection, caller);
    *ret_result = view_entry(caller, token);
    return STATUS_OK;
}

enum status method_space_leave(struct live *live, struct connection *connection,
                               const struct arguments *arguments, json_t **ret_result)
{
    (void)arguments;
    (void)ret_result;
    struct participant *participant = connection->participant;
    enum status status = STATUS_OK;
    if (participant->kind == PARTICIPANT_GUEST)
        guest_leave(live->config.domain, participant, live->now_us, &live->outcome);
    else
        status = caller_leave(live->config.domain, participant, live->now_us, &live->outcome);
    if (status == STATUS_OK)
        connection_become_nobody(connection);
    return status;
}

/* FAULT_KEEP_SPACE: a space that is over looks as if it were not. */
static json_t *view_kept_space(const char *space_id)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:[]}", "space", space_id, "state", "in_call", "clinic",
                     "name", "", "participants");
}

enum status method_space_get(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    struct card *card = NULL;
    const char *space_id = arguments->text[0];
    enum status status = space_find(live->config.domain, connection->participant, space_id, &card);
    if (status != STATUS_OK)
        return status;
    *ret_result = card ? view_space(card) : view_kept_space(space_id);
    return STATUS_OK;
}

enum status method_chat_send(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    struct participant *actor = connection->participant;
    const char *card_id = arguments->text[CARD], *text = arguments->text[CHAT_TEXT];
    bool is_staff = actor->kind == PARTICIPANT_STAFF;
    if (!is_staff && !card_id)
        return chat_send_as_caller(live->config.domain, actor, text, &live->outcome);
    if (!is_staff && !fault_is_on(FAULT_PATIENT_ACTS))
        return STATUS_FORBIDDEN;
    if (!card_id)
        return outcome_refuse(&live->outcome, STATUS_INVALID, "card");
    return chat_send(live->config.domain, actor, card_id, text, &live->outcome);
}
