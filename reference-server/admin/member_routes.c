/* Who belongs to an organisation or a clinic: members, what they may, invitations. */
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/admin/admin_private.h"
#include "reference-server/admin/named_json.h"
#include "reference-server/fault.h"

#define INVITATION_LIFE_US (7 * 24 * 3600 * US_PER_S)

/* ---- scope ---- */

/* Whether the route is about a clinic's members rather than an organisation's. */
static bool is_of_clinic(const struct exchange *exchange)
{
    return strstr(exchange->route->path, "/clinics/") != NULL;
}

/* Organisation and clinic of the path. NOT_FOUND: the user may not know of it. */
static enum status find_scope(struct exchange *exchange, struct membership *ret)
{
    *ret = (struct membership){0};
    if (!is_of_clinic(exchange))
        return exchange_organisation(exchange, &ret->organisation);
    enum status status = exchange_clinic(exchange, ACT_KNOW_CLINIC, &ret->clinic);
    if (status == STATUS_OK)
        ret->organisation = ret->clinic->organisation;
    return status;
}

static bool may(const struct user *user, enum act act, const struct membership *scope)
{
    return scope->clinic ? user_may(user, act, scope->clinic)
                         : user_may_in_organisation(user, act, scope->organisation);
}

/* ---- who may give and take which role ---- */

static enum act act_for_role(enum role role, bool remove)
{
    switch (role) {
    case ROLE_ORGANISATION_ADMINISTRATOR:
        return remove ? ACT_REMOVE_ADMINISTRATOR : ACT_INVITE_ADMINISTRATOR;
    case ROLE_ORGANISATION_COORDINATOR:
        return ACT_MANAGE_COORDINATORS;
    case ROLE_ORGANISATION_REPORTER:
        return ACT_MANAGE_REPORTERS;
    default:
        return ACT_MANAGE_TEAM;
    }
}

/* Nobody gives or takes more than they have (INV-05): a clerk no administration (reading 2). */
static bool holds_all_of(const struct user *user, enum role role, const struct membership *scope)
{
    for (unsigned act = 0; act < ACT_COUNT; act++) {
        if (permission_granted((enum act)act, ROLE_BIT(role)) && !may(user, (enum act)act, scope))
            return fault_is_on(FAULT_PROMOTE);
    }
    return true;
}

static bool may_give(const struct user *user, const struct membership *offered, bool remove)
{
    return may(user, act_for_role(offered->role, remove), offered) &&
           holds_all_of(user, offered->role, offered);
}

static enum status check_role(struct exchange *exchange, const struct membership *scope,
                              bool remove)
{
    if (scope->role == ROLE_COUNT || role_is_of_organisation(scope->role) != !scope->clinic)
        return exchange_refuse(exchange, STATUS_INVALID, "'role' is no role %s",
                               scope->clinic ? "of a clinic" : "of an organisation");
    return may_give(exchange->user, scope, remove) ? STATUS_OK : STATUS_FORBIDDEN;
}

/* ---- members ---- */

static bool may_list(const struct user *user, const struct membership *scope)
{
    return scope->clinic ? may(user, ACT_MANAGE_TEAM, scope)
                         : may(user, ACT_REMOVE_ADMINISTRATOR, scope) ||
                               may(user, ACT_MANAGE_COORDINATORS, scope) ||
                               may(user, ACT_MANAGE_REPORTERS, scope);
}

enum status handle_list_members(struct exchange *exchange)
{
    struct membership *scope = &exchange->change.membership;
    enum status status = find_scope(exchange, scope);
    if (status == STATUS_OK && !may_list(exchange->user, scope))
        status = STATUS_FORBIDDEN;
    return status;
}

static json_t *view_member(const struct user *user, const struct membership *membership)
{
    json_t *denied = json_array();
    for (unsigned act = 0; act < ACT_COUNT; act++) {
        if (membership->denied & permission_bit((enum act)act))
            json_array_append_new(denied, json_string(permission_name((enum act)act)));
    }
    return json_pack("{s:o, s:s, s:o}", "user", view_named(&user->id, user->name), "role",
                     role_name(membership->role), "denied", denied);
}

json_t *view_members_of_scope(struct exchange *exchange)
{
    const struct directory *directory = exchange_directory(exchange);
    const struct membership *scope = &exchange->change.membership;
    json_t *list = json_array();
    for (size_t i = 0; i < directory->user_count; i++) {
        const struct user *user = directory->users[i];
        for (size_t j = 0; j < user->membership_count; j++) {
            if (user->memberships[j].clinic == scope->clinic &&
                user->memberships[j].organisation == scope->organisation)
                json_array_append_new(list, view_member(user, &user->memberships[j]));
        }
    }
    return json_pack("{s:o}", "members", list);
}

/* The member that the path names: user and role behind the scope. */
static enum status find_member(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    enum status status = find_scope(exchange, &change->membership);
    if (status != STATUS_OK)
        return status;
    change->membership.role = role_by_name(exchange->argument[2]);
    change->user = directory_user_by_id(exchange_directory(exchange), exchange->argument[1]);
    return STATUS_OK;
}

/* Only for who may ask for it: others learn nothing of who is a member. */
static enum status check_member(struct exchange *exchange, bool remove)
{
    struct change *change = &exchange->change;
    enum status status = check_role(exchange, &change->membership, remove);
    if (status != STATUS_OK)
        return status;
    const struct membership *found =
        change->user ? user_membership(change->user, change->membership.organisation,
                                       change->membership.clinic, change->membership.role)
                     : NULL;
    if (!found)
        return STATUS_NOT_FOUND;
    change->membership.denied = found->denied;
    if (change->user == exchange->user)
        return exchange_refuse(exchange, STATUS_CONFLICT, "nobody changes their own role");
    return STATUS_OK;
}

static size_t count_role(const struct directory *directory, const struct membership *like)
{
    size_t count = 0;
    for (size_t i = 0; i < directory->user_count; i++)
        count += user_membership(directory->users[i], like->organisation, like->clinic,
                                 like->role) != NULL;
    return count;
}

enum status handle_remove_role(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    enum status status = find_member(exchange);
    if (status == STATUS_OK)
        status = check_member(exchange, true);
    if (status != STATUS_OK)
        return status;
    if (change->membership.role == ROLE_ORGANISATION_ADMINISTRATOR &&
        count_role(exchange_directory(exchange), &change->membership) == 1)
        return exchange_refuse(exchange, STATUS_CONFLICT, "an organisation keeps an administrator");
    change->kind = CHANGE_REMOVE_ROLE;
    return STATUS_OK;
}

/* ---- what a member may not ---- */

static enum status take_denied(struct exchange *exchange, uint32_t *ret_denied)
{
    const json_t *list = json_object_get(exchange->body, "denied");
    uint32_t denied = 0;
    if (list && !json_is_array(list))
        return exchange_refuse(exchange, STATUS_INVALID, "'denied' is no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        enum act act = permission_by_name(name ? name : "");
        if (act == ACT_COUNT || permission_bit(act) == 0)
            return exchange_refuse(exchange, STATUS_INVALID, "'denied': %.40s is no permission",
                                   name ? name : "it");
        denied |= permission_bit(act);
    }
    *ret_denied = denied;
    return STATUS_OK;
}

enum status handle_deny(struct exchange *exchange)
{
    static const char *const members[] = {"denied", NULL, NULL};
    struct change *change = &exchange->change;
    enum status status = find_member(exchange);
    if (status == STATUS_OK && !may(exchange->user, ACT_SET_PERMISSIONS, &change->membership))
        status = STATUS_FORBIDDEN;
    if (status == STATUS_OK)
        status = check_member(exchange, false);
    if (status == STATUS_OK)
        status = exchange_check_body(exchange, members);
    if (status == STATUS_OK)
        status = take_denied(exchange, &change->membership.denied);
    if (status == STATUS_OK)
        change->kind = CHANGE_DENY;
    return status;
}

json_t *view_denied(struct exchange *exchange)
{
    return view_member(exchange->change.user, &exchange->change.membership);
}

/* ---- invitations ---- */

enum status handle_invite(struct exchange *exchange)
{
    static const char *const members[] = {"role", NULL, "denied", NULL};
    struct invitation *invitation = &exchange->change.invitation;
    enum status status = find_scope(exchange, &invitation->offered);
    if (status == STATUS_OK && !may_list(exchange->user, &invitation->offered))
        return STATUS_FORBIDDEN;
    if (status == STATUS_OK)
        status = exchange_check_body(exchange, members);
    if (status != STATUS_OK)
        return status;
    const char *role = exchange_text(exchange, "role", 64);
    invitation->offered.role = role_by_name(role ? role : "");
    status = check_role(exchange, &invitation->offered, false);
    if (status == STATUS_OK)
        status = take_denied(exchange, &invitation->offered.denied);
    if (status == STATUS_OK &&
        !invitation_has_room(exchange_directory(exchange), invitation->offered.organisation,
                             clock_realtime_us()))
        status = exchange_refuse(exchange, STATUS_FULL, "%d invitations are not taken yet",
                                 INVITATIONS_OF_ORGANISATION_MAX);
    if (status == STATUS_OK)
        status = token_make(exchange->secret);
    if (status != STATUS_OK)
        return status;
    invitation->maker = exchange->user;
    invitation->key = token_key(exchange->secret);
    invitation->expires_at_us = clock_realtime_us() + INVITATION_LIFE_US;
    exchange->change.kind = CHANGE_ADD_INVITATION;
    return STATUS_OK;
}

json_t *view_invitation(struct exchange *exchange)
{
    char expires_at[32];
    clock_format_utc(exchange->change.invitation.expires_at_us, expires_at, sizeof expires_at);
    return json_pack("{s:s, s:s, s:s}", "invitation", exchange->secret, "role",
                     role_name(exchange->change.invitation.offered.role), "expires_at", expires_at);
}

/* A referrer has a role in another clinic of the organisation to transfer from (TR-03). */
static bool has_other_role(const struct user *user, const struct membership *offered)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        const struct membership *one = &user->memberships[i];
        if (one->organisation == offered->organisation && one->clinic != offered->clinic &&
            one->role != ROLE_SERVICE_REFERRER)
            return true;
    }
    return false;
}

enum status handle_take_invitation(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    struct token_key key = token_key(exchange->argument[0]);
    const struct invitation *invitation =
        invitation_find(exchange_directory(exchange), &key, clock_realtime_us());
    /* Who has lost the right to give it has not given it. */
    if (!invitation || (!may_give(invitation->maker, &invitation->offered, false) &&
                        !fault_is_on(FAULT_KEEP_ACCESS)))
        return STATUS_NOT_FOUND;
    const struct membership *offered = &invitation->offered;
    if (user_membership(exchange->user, offered->organisation, offered->clinic, offered->role))
        return exchange_refuse(exchange, STATUS_EXISTS, "the role is held already");
    if (offered->role == ROLE_SERVICE_REFERRER && !has_other_role(exchange->user, offered) &&
        !fault_is_on(FAULT_LONE_REFERRER))
        return exchange_refuse(exchange, STATUS_CONFLICT,
                               "a service referrer has a role in another clinic");
    change->invitation = *invitation;
    change->membership = *offered;
    change->user = exchange->user;
    change->kind = CHANGE_TAKE_INVITATION;
    return STATUS_OK;
}

json_t *view_taken(struct exchange *exchange)
{
    const struct membership *membership = &exchange->change.membership;
    json_t *view = view_member(exchange->user, membership);
    if (view && membership->clinic)
        json_object_set_new(view, "clinic", view_clinic(membership->clinic));
    if (view)
        json_object_set_new(
            view, "organisation",
            view_named(&membership->organisation->id, membership->organisation->name));
    return view;
}
