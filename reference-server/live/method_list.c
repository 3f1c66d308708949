#include "reference-server/live/method_list.h"

/* Ids are opaque: whatever is not one is simply not found. */
#define ID(of)                                                                                     \
    {                                                                                              \
        .name = of, .kind = PARAMETER_LINE, .min = 1, .max = 64                                    \
    }
#define LINE(of, least, most, ...)                                                                 \
    {                                                                                              \
        .name = of, .kind = PARAMETER_LINE, .min = least, .max = most, __VA_ARGS__                 \
    }
#define TEXT(of, least, most, ...)                                                                 \
    {                                                                                              \
        .name = of, .kind = PARAMETER_TEXT, .min = least, .max = most, __VA_ARGS__                 \
    }
#define WORD(of, words, ...)                                                                       \
    {                                                                                              \
        .name = of, .kind = PARAMETER_WORD, .choices = words, __VA_ARGS__                          \
    }
#define DETAILS(of)                                                                                \
    {                                                                                              \
        .name = of, .kind = PARAMETER_DETAILS, .optional = true                                    \
    }
#define OPTIONAL .optional = true

/* An offer of 13 sections with all of a browser's codecs is about 30 KiB. */
enum { SDP_MAX = 128 * 1024 };

const struct method methods[] = {
    {"authenticate", METHOD_FOR_NOBODY, method_authenticate, {LINE("token", 1, 128)}},
    {"enter",
     METHOD_FOR_NOBODY,
     method_enter,
     {LINE("link", 1, 64), LINE("name", 1, 80), DETAILS("details"),
      LINE("token", 1, 128, OPTIONAL)}},
    {"dashboard.subscribe", METHOD_FOR_STAFF, method_dashboard_subscribe, {ID("clinic")}},
    {"dashboard.unsubscribe", METHOD_FOR_STAFF, method_dashboard_unsubscribe, {ID("clinic")}},
    {"call.join", METHOD_FOR_STAFF, method_call_join, {ID("card")}},
    {"call.leave", METHOD_FOR_STAFF, method_call_leave, {ID("card")}},
    {"call.hold", METHOD_FOR_STAFF, method_call_hold, {ID("card")}},
    {"call.end", METHOD_FOR_STAFF, method_call_end, {ID("card")}},
    {"card.note",
     METHOD_FOR_STAFF,
     method_card_note,
     {ID("card"), TEXT("note", 0, 500, OPTIONAL),
      WORD("priority", "none|routine|urgent", OPTIONAL)}},
    {"card.update",
     METHOD_FOR_STAFF,
     method_card_update,
     {ID("card"), LINE("name", 1, 80, OPTIONAL), DETAILS("details")}},
    {"card.remove",
     METHOD_FOR_STAFF,
     method_card_remove,
     {ID("card"), WORD("reason", "no_show|wrong_person|other", .optional = false)}},
    {"transfer.targets", METHOD_FOR_STAFF, method_transfer_targets, {ID("card")}},
    {"card.transfer", METHOD_FOR_STAFF, method_card_transfer, {ID("card"), ID("clinic")}},
    {"room.list", METHOD_FOR_STAFF, method_room_list, {ID("clinic")}},
    {"room.watch", METHOD_FOR_STAFF, method_room_watch, {ID("room")}},
    {"room.unwatch", METHOD_FOR_STAFF, method_room_unwatch, {ID("room")}},
    {"room.join", METHOD_FOR_STAFF, method_room_join, {ID("room")}},
    {"room.leave", METHOD_FOR_STAFF, method_room_leave, {ID("room")}},
    {"room.admit", METHOD_FOR_STAFF, method_room_admit, {ID("card")}},
    {"room.admit_all", METHOD_FOR_STAFF, method_room_admit_all, {ID("room")}},
    {"room.end", METHOD_FOR_STAFF, method_room_end, {ID("room")}},
    {"chat.send",
     METHOD_FOR_ACTOR,
     method_chat_send,
     {LINE("card", 1, 64, OPTIONAL), TEXT("text", 1, 2000, .optional = false)}},
    {"space.leave", METHOD_FOR_CALLER, method_space_leave, {{0}}},
    {"space.get", METHOD_FOR_ACTOR, method_space_get, {ID("space")}},
    {"media.offer",
     METHOD_FOR_ACTOR,
     method_media_offer,
     {{.name = "sdp", .kind = PARAMETER_SDP, .min = 1, .max = SDP_MAX}}},
};

const size_t method_count = sizeof methods / sizeof methods[0];
