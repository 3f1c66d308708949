/* The one method about media: a transport. Who feeds whom is never asked for. */
#include <stdlib.h>

#include "reference-server/live/live_private.h"
#include "reference-server/live/method_list.h"

enum status method_media_offer(struct live *live, struct connection *connection,
                               const struct arguments *arguments, json_t **ret_result)
{
    const struct participant *participant = connection->participant;
    if (participant->kind == PARTICIPANT_CALLER && !participant->card)
        return STATUS_GONE;

    char *answer = NULL;
    enum status status = media_offer(live, connection, arguments->text[0], &answer);
    if (status == STATUS_FULL)
        return outcome_refuse(&live->outcome, status, "transports");
    if (status == STATUS_MALFORMED || status == STATUS_INVALID || status == STATUS_UNSUPPORTED)
        return outcome_refuse(&live->outcome, STATUS_INVALID, "sdp");
    if (status != STATUS_OK)
        return STATUS_INTERNAL;
    *ret_result = json_pack("{s:s}", "sdp", answer);
    free(answer);
    live->media_changed = true;
    return STATUS_OK;
}
