/* Methods of members of staff: each asks the domain and shows what came of it. */
#include "reference-server/admin/settings_json.h"
#include "reference-server/auth/token.h"
#include "reference-server/domain/call.h"
#include "reference-server/domain/card.h"
#include "reference-server/domain/staff.h"
#include "reference-server/domain/transfer.h"
#include "reference-server/live/live_private.h"
#include "reference-server/live/method_list.h"

enum status method_authenticate(struct live *live, struct connection *connection,
                                const struct arguments *arguments, json_t **ret_result)
{
    struct token_key key = token_key(arguments->text[0]);
    const struct staff_token *token =
        token_table_find(live->config.tokens, &key, live->now_us + live->config.realtime_offset_us);
    if (!token)
        return STATUS_UNAUTHENTIC;
    struct participant *staff = NULL;
    enum status status = staff_arrive(live->config.domain, token->user, connection, &staff);
    if (status != STATUS_OK)
        return status;
    connection_become(connection, staff);
    connection->token = key;
    connection->token_expires_at_us = token->expires_at_us;
    *ret_result = json_pack("{s:s, s:o, s:o}", "participant", staff->id.text, "user",
                            view_user(staff->user), "memberships", view_memberships(staff->user));
    return STATUS_OK;
}

enum status method_dashboard_subscribe(struct live *live, struct connection *connection,
                                       const struct arguments *arguments, json_t **ret_result)
{
    struct clinic *clinic = NULL;
    enum status status =
        clinic_find(live->config.domain, connection->participant, arguments->text[0], &clinic);
    return status == STATUS_OK ? dashboard_subscribe(live, connection, &clinic->area, ret_result)
                               : status;
}

enum status method_dashboard_unsubscribe(struct live *live, struct connection *connection,
                                         const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    struct clinic *clinic = NULL;
    enum status status =
        clinic_find(live->config.domain, connection->participant, arguments->text[0], &clinic);
    if (status == STATUS_OK)
        dashboard_unsubscribe(live, connection, &clinic->area);
    return status;
}

enum status method_call_join(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    struct call *call = NULL;
    enum status status = call_join(live->config.domain, connection->participant, arguments->text[0],
                                   live->now_us, &live->outcome, &call);
    if (status != STATUS_OK)
        return status;
    *ret_result =
        json_pack("{s:s, s:o}", "call", call->id.text, "participants", view_members(call));
    if (*ret_result && call->card)
        json_object_update_new(*ret_result, settings_of_call(&call->card->clinic->settings));
    return STATUS_OK;
}

enum status method_call_leave(struct live *live, struct connection *connection,
                              const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return call_leave(live->config.domain, connection->participant, arguments->text[0],
                      live->now_us, &live->outcome);
}

enum status method_call_hold(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return call_hold(live->config.domain, connection->participant, arguments->text[0], live->now_us,
                     &live->outcome);
}

enum status method_call_end(struct live *live, struct connection *connection,
                            const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return call_end(live->config.domain, connection->participant, arguments->text[0], live->now_us,
                    &live->outcome);
}

enum status method_card_note(struct live *live, struct connection *connection,
                             const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    const char *note = arguments->text[1], *priority = arguments->text[2];
    if (!note && !priority)
        return outcome_refuse(&live->outcome, STATUS_INVALID, "note");
    return card_note(live->config.domain, connection->participant, arguments->text[0], note,
                     priority ? priority_by_name(priority) : PRIORITY_COUNT, &live->outcome);
}

enum status method_card_update(struct live *live, struct connection *connection,
                               const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    if (!arguments->text[1] && !arguments->has_details)
        return outcome_refuse(&live->outcome, STATUS_INVALID, "name");
    return card_update(live->config.domain, connection->participant, arguments->text[0],
                       arguments->text[1], arguments->has_details ? &arguments->details : NULL,
                       &live->outcome);
}

enum status method_card_remove(struct live *live, struct connection *connection,
                               const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return card_remove(live->config.domain, connection->participant, arguments->text[0],
                       live->now_us, &live->outcome);
}

/* Targets in one answer, so that it fits a message; a transfer may go to any. */
enum { TARGETS_MAX = 1000 };

enum status method_transfer_targets(struct live *live, struct connection *connection,
                                    const struct arguments *arguments, json_t **ret_result)
{
    json_t *list = json_array();
    struct clinic *clinic = NULL;
    do {
        enum status status = transfer_next_target(live->config.domain, connection->participant,
                                                  arguments->text[0], clinic, &clinic);
        if (status != STATUS_OK) {
            json_decref(list);
            return status;
        }
        if (clinic && json_array_size(list) == TARGETS_MAX)
            break;
        if (clinic)
            json_array_append_new(list, view_clinic(clinic));
    } while (clinic);
    *ret_result = json_pack("{s:o}", "clinics", list);
    if (clinic && *ret_result)
        json_object_set_new(*ret_result, "more", json_true());
    return STATUS_OK;
}

enum status method_card_transfer(struct live *live, struct connection *connection,
                                 const struct arguments *arguments, json_t **ret_result)
{
    (void)ret_result;
    return card_transfer(live->config.domain, connection->participant, arguments->text[0],
                         arguments->text[1], live->now_us, &live->outcome);
}
