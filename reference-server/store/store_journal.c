/* Rows that come all day: tokens and visits. */
#include "reference-server/store/store_private.h"

enum status store_add_token(struct store *store, const struct store_token *token)
{
    bind_text(store, STATEMENT_ADD_TOKEN, 1, token->hash);
    bind_text(store, STATEMENT_ADD_TOKEN, 2, token->user_id);
    bind_number(store, STATEMENT_ADD_TOKEN, 3, token->issued_at_us);
    bind_number(store, STATEMENT_ADD_TOKEN, 4, token->expires_at_us);
    return run(store, STATEMENT_ADD_TOKEN);
}

enum status store_revoke_token(struct store *store, const char *hash, int64_t revoked_at_us)
{
    bind_number(store, STATEMENT_REVOKE_TOKEN, 1, revoked_at_us);
    bind_text(store, STATEMENT_REVOKE_TOKEN, 2, hash);
    return run(store, STATEMENT_REVOKE_TOKEN);
}

enum status store_read_tokens(struct store *store, int64_t now_us, store_token_fn *on_token,
                              void *arg)
{
    enum statement statement = STATEMENT_READ_TOKENS;
    bind_number(store, statement, 1, now_us);
    for (;;) {
        bool more = false;
        enum status status = next_row(store, statement, &more);
        if (status != STATUS_OK || !more)
            return status;
        struct store_token token = {
            .hash = column_text(store, statement, 0),
            .user_id = column_text(store, statement, 1),
            .issued_at_us = column_number(store, statement, 2),
            .expires_at_us = column_number(store, statement, 3),
        };
        status = on_token(arg, &token);
        if (status != STATUS_OK) {
            stop(store, statement);
            return status;
        }
    }
}

enum status store_add_visit(struct store *store, const struct store_visit *visit)
{
    bind_text(store, STATEMENT_ADD_VISIT, 1, visit->space_id);
    bind_text(store, STATEMENT_ADD_VISIT, 2, visit->clinic_id);
    bind_number(store, STATEMENT_ADD_VISIT, 3, visit->entered_at_us);
    if (visit->seen_at_us)
        bind_number(store, STATEMENT_ADD_VISIT, 4, visit->seen_at_us);
    else
        bind_null(store, STATEMENT_ADD_VISIT, 4);
    bind_number(store, STATEMENT_ADD_VISIT, 5, visit->ended_at_us);
    bind_text(store, STATEMENT_ADD_VISIT, 6, visit->cause);
    return run(store, STATEMENT_ADD_VISIT);
}

enum status store_read_visits(struct store *store, store_visit_fn *on_visit, void *arg)
{
    enum statement statement = STATEMENT_READ_VISITS;
    for (;;) {
        bool more = false;
        enum status status = next_row(store, statement, &more);
        if (status != STATUS_OK || !more)
            return status;
        struct store_visit visit = {
            .space_id = column_text(store, statement, 0),
            .clinic_id = column_text(store, statement, 1),
            .entered_at_us = column_number(store, statement, 2),
            .seen_at_us = column_number(store, statement, 3),
            .ended_at_us = column_number(store, statement, 4),
            .cause = column_text(store, statement, 5),
        };
        status = on_visit(arg, &visit);
        if (status != STATUS_OK) {
            stop(store, statement);
            return status;
        }
    }
}
