/* The text of GET /metrics: OpenMetrics 1.0. */
#ifndef CASELOAD_SERVER_SERVER_METRICS_H
#define CASELOAD_SERVER_SERVER_METRICS_H

#include "common/base/buffer.h"
#include "reference-server/live/live.h"
#include "reference-server/server/journal.h"

struct server_numbers {
    const struct domain *domain;
    const struct live_counts *live;
    struct journal_counts journal;
    size_t http_connections, background_jobs, tokens;
    uint64_t sign_ins, sign_ins_refused;
    int64_t loop_lag_us;       /* the longest since the last reading */
    const char *password_cost; /* "normal", "load" */
    bool tls;
};

/* Appends everything but the media plane's part and the final "# EOF". */
void server_metrics_write(const struct server_numbers *numbers, struct buffer *out);

#endif
