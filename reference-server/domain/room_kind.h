/* The rooms of a clinic beside its waiting area (requirement catalogue A.2): what each kind is
 * called, how many it takes and which permission it needs. Pure. */
#ifndef CASELOAD_SERVER_ROOM_KIND_H
#define CASELOAD_SERVER_ROOM_KIND_H

#include <stddef.h>

#include "reference-server/domain/role_permission.h"

/* People in one consultation, caller and absent caller included (INV-16), in a meeting room
 * (INV-22) and in a user room. */
#define CALL_CAP 6
/* The same in a group room (INV-24). */
#define GROUP_CAP 20

/* X(id, name, what for, people at most, who may see it, use it, add one).
 * GROUP: guests wait in front of it until staff let them in.
 * MEETING: of staff; guests come straight in by its link, callers never (INV-21, INV-23).
 * USER: of one member of staff, the owner, who lets in whom they gave its link to (INV-25). */
#define ROOM_KIND_LIST(X)                                                                          \
    X(GROUP, "group", "group session", GROUP_CAP, USE_GROUP_ROOM, USE_GROUP_ROOM, ADD_GROUP_ROOM)  \
    X(MEETING, "meeting", "staff meeting", CALL_CAP, VIEW_MEETING_ROOMS, USE_MEETING_ROOM,         \
      ADD_MEETING_ROOM)                                                                            \
    X(USER, "user", "private room", CALL_CAP, VIEW_USER_ROOMS, USE_USER_ROOM, ADD_USER_ROOM)

enum room_kind {
#define X(id, ...) ROOM_##id,
    ROOM_KIND_LIST(X)
#undef X
        ROOM_KIND_COUNT
};

struct room_terms {
    const char *name, *purpose;
    size_t cap;
    enum act see, use, add;
};

const struct room_terms *room_terms(enum room_kind kind);
/* ROOM_KIND_COUNT when there is none of that name. */
enum room_kind room_kind_by_name(const char *name);

#endif
