#include "reference-server/domain/guest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/domain_private.h"
#include "reference-server/fault.h"

static void guest_free(struct participant *guest)
{
    free(guest->name);
    free(guest);
}

static struct participant *guest_make(struct domain *domain, const char *name, void *connection)
{
    struct participant *guest = calloc(1, sizeof *guest);
    if (!guest)
        return NULL;
    guest->kind = PARTICIPANT_GUEST;
    guest->connection = connection;
    guest->name = strdup(name);
    if (guest->name && domain->ids.make(domain->ids.arg, &guest->id) == STATUS_OK)
        return guest;
    guest_free(guest);
    return NULL;
}

enum status guest_enter(struct domain *domain, struct room *room, const char *name,
                        void *connection, struct outcome *outcome, struct participant **ret_guest)
{
    assert(connection && room->kind == ROOM_MEETING);
    if (room_places_left(room) == 0)
        return outcome_refuse(outcome, STATUS_FULL, "participants");
    struct participant *guest = guest_make(domain, name, connection);
    if (!guest)
        return STATUS_NO_MEMORY;
    enum status status = room_begin(domain, room);
    if (status != STATUS_OK) {
        guest_free(guest);
        return status;
    }
    call_add(room->call, guest);
    domain->guest_count++;
    if (!fault_is_on(FAULT_SILENT_GUEST))
        call_tell(room->call, outcome);
    *ret_guest = guest;
    return STATUS_OK;
}

void guest_leave(struct domain *domain, struct participant *guest, int64_t now_us,
                 struct outcome *outcome)
{
    guest->connection = NULL;
    if (guest->call)
        call_depart(domain, guest, now_us, outcome);
    domain->guest_count--;
    guest_free(guest);
}
