#include "reference-server/domain/staff.h"

#include <assert.h>
#include <stdlib.h>

#include "reference-server/domain/domain_private.h"
#include "reference-server/domain/room.h"

enum status staff_arrive(struct domain *domain, struct user *user, void *connection,
                         struct participant **ret_staff)
{
    assert(connection);
    struct participant *staff = calloc(1, sizeof *staff);
    if (!staff)
        return STATUS_NO_MEMORY;
    enum status status = domain->ids.make(domain->ids.arg, &staff->id);
    if (status != STATUS_OK) {
        free(staff);
        return status;
    }
    staff->kind = PARTICIPANT_STAFF;
    staff->user = user;
    staff->connection = connection;
    domain->staff_count++;
    *ret_staff = staff;
    return STATUS_OK;
}

void staff_detach(struct domain *domain, struct participant *staff, int64_t now_us,
                  struct outcome *outcome)
{
    staff->connection = NULL;
    if (staff->call)
        call_depart(domain, staff, now_us, outcome);
    domain->staff_count--;
    free(staff);
}

bool staff_check(struct domain *domain, struct participant *staff, int64_t now_us,
                 struct outcome *outcome)
{
    const struct call *call = staff->call;
    if (!call)
        return false;
    if (call->room ? room_is_open_to(call->room, staff->user)
                   : user_may(staff->user, ACT_JOIN_CALL, call->clinic))
        return false;
    call_depart(domain, staff, now_us, outcome);
    return true;
}
