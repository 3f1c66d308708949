/* Methods of rooms, all for staff. */
#include "reference-server/domain/room.h"

#include "reference-server/admin/room_json.h"
#include "reference-server/domain/card.h"
#include "reference-server/live/live_private.h"
#include "reference-server/live/method_list.h"

enum status method_room_list(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    const struct participant *actor = connection->participant;
    struct clinic *clinic = NULL;
    enum status status = room_clinic_find(live->config.domain, actor, arguments->text[0], &clinic);
    if (status == STATUS_OK)
        *ret_result = view_rooms(clinic, actor->user);
    return status;
}

static enum status find(struct live *live, const struct connection *connection,
                        const struct arguments *arguments, struct room **ret_room)
{
    return room_find(live->config.domain, connection->participant, arguments->text[0], ret_room);
}

enum status method_room_watch(struct live *live, struct connection *connection,
                              const struct arguments *arguments, json_t **ret_result)
{
    struct room *room = NULL;
    enum status status = find(live, connection, arguments, &room);
    if (status == STATUS_OK && room->kind == ROOM_MEETING) /* nobody waits in front of it */
        return outcome_refuse(&live->outcome, STATUS_CONFLICT, "meeting");
    return status == STATUS_OK ? dashboard_subscribe(live, connection, &room->area, ret_result)
                               : status;
}

enum status method_room_unwatch(struct live *live, struct connection *connection,
                                const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    struct room *room = NULL;
    enum status status = find(live, connection, arguments, &room);
    if (status == STATUS_OK)
        dashboard_unsubscribe(live, connection, &room->area);
    return status;
}

enum status method_room_join(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    struct call *call = NULL;
    enum status status = room_join(live->config.domain, connection->participant, arguments->text[0],
                                   &live->outcome, &call);
    if (status == STATUS_OK)
        *ret_result =
            json_pack("{s:s, s:o}", "call", call->id.text, "participants", view_members(call));
    return status;
}

enum status method_room_leave(struct live *live, struct connection *connection,
                              const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return room_leave(live->config.domain, connection->participant, arguments->text[0],
                      live->now_us, &live->outcome);
}

enum status method_room_admit(struct live *live, struct connection *connection,
                              const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return room_admit(live->config.domain, connection->participant, arguments->text[0],
                      live->now_us, &live->outcome);
}

enum status method_room_admit_all(struct live *live, struct connection *connection,
                                  const struct arguments *arguments, json_t **ret_result)
{
    struct card *cards[ROOM_ADMITTED_MAX];
    size_t count = 0;
    enum status status =
        room_admit_all(live->config.domain, connection->participant, arguments->text[0],
                       live->now_us, &live->outcome, cards, &count);
    if (status != STATUS_OK)
        return status;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(cards[i]->id.text));
    *ret_result = json_pack("{s:o}", "admitted", list);
    return STATUS_OK;
}

enum status method_room_end(struct live *live, struct connection *connection,
                            const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return room_end(live->config.domain, connection->participant, arguments->text[0], live->now_us,
                    &live->outcome);
}
