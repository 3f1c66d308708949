/* Rooms as JSON, alike over REST and over the live connection. */
#ifndef CASELOAD_SERVER_ROOM_JSON_H
#define CASELOAD_SERVER_ROOM_JSON_H

#include <jansson.h>

#include "reference-server/domain/room.h"

/* As this user may see it: the link only to who uses or manages it. NULL: no memory. */
json_t *view_room(const struct room *room, const struct user *user);
/* {"rooms": […]}: those of the clinic that this user may see, 500 at most, then "more": true. */
json_t *view_rooms(const struct clinic *clinic, const struct user *user);

#endif
