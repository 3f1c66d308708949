#include "reference-server/server/server_metrics.h"

#include <inttypes.h>

#include "reference-server/fault.h"

#define PREFIX "caseload_server_"

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s\n", name, type, name, help);
}

static void gauge(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    head(out, name, "gauge", help);
    buffer_format(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

static void counter(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    head(out, name, "counter", help);
    buffer_format(out, PREFIX "%s_total %" PRIu64 "\n", name, value);
}

/* A server that misbehaves on purpose says so. */
static void write_faults(struct buffer *out)
{
    head(out, "fault", "gauge", "Deliberate misbehaviours that are switched on.");
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++) {
        if (fault_is_on(fault))
            buffer_format(out, PREFIX "fault{name=\"%s\"} 1\n", fault_name(fault));
    }
}

static void write_people(const struct domain *domain, struct buffer *out)
{
    head(out, "spaces", "gauge", "Private spaces of callers, by state.");
    for (unsigned state = 0; state < CALLER_ENDED; state++)
        buffer_format(out, PREFIX "spaces{state=\"%s\"} %zu\n", caller_state_name(state),
                      domain->cards_in_state[state]);
    head(out, "participants", "gauge", "Callers with a space, staff connections, guests.");
    buffer_format(out,
                  PREFIX "participants{kind=\"caller\"} %zu\n" PREFIX
                         "participants{kind=\"staff\"} %zu\n" PREFIX
                         "participants{kind=\"guest\"} %zu\n",
                  domain->caller_count, domain->staff_count, domain->guest_count);
    gauge(out, "calls", "Running calls.", domain->call_count);
}

static void write_errors(const struct live_counts *live, struct buffer *out)
{
    head(out, "errors", "counter", "Requests answered with an error, by code and class.");
    for (unsigned error = 0; error < RPC_ERROR_COUNT; error++)
        buffer_format(out, PREFIX "errors_total{code=\"%d\",class=\"%s\"} %" PRIu64 "\n",
                      rpc_error_code(error), rpc_error_class(error), live->errors[error]);
    head(out, "closed", "counter", "Live connections closed by the server, by reason.");
    buffer_format(out,
                  PREFIX "closed_total{reason=\"errors\"} %" PRIu64 "\n" PREFIX
                         "closed_total{reason=\"silent\"} %" PRIu64 "\n" PREFIX
                         "closed_total{reason=\"replaced\"} %" PRIu64 "\n" PREFIX
                         "closed_total{reason=\"token_dead\"} %" PRIu64 "\n",
                  live->closed_for_errors, live->closed_silent, live->closed_replaced,
                  live->closed_token_dead);
}

static void write_live(const struct live_counts *live, struct buffer *out)
{
    gauge(out, "connections", "Live connections.", live->connections);
    gauge(out, "dashboard_subscriptions", "Subscriptions to dashboards.", live->dashboards);
    counter(out, "requests", "Messages received on live connections.", live->requests);
    counter(out, "notifications", "Notifications sent.", live->notifications_sent);
    counter(out, "media_connected", "Media transports that became usable.", live->media_connected);
    counter(out, "media_lost", "Media transports whose peer fell silent.", live->media_lost);
    write_errors(live, out);
}

static void write_slow_work(const struct server_numbers *numbers, struct buffer *out)
{
    gauge(out, "background_jobs", "Jobs under way on the helper threads.",
          numbers->background_jobs);
    gauge(out, "journal_waiting", "Rows not yet written to the database.",
          numbers->journal.waiting);
    counter(out, "journal_written", "Rows written to the database.", numbers->journal.written);
    head(out, "journal_lost", "counter", "Rows that were not written, by reason.");
    buffer_format(out,
                  PREFIX "journal_lost_total{reason=\"full\"} %" PRIu64 "\n" PREFIX
                         "journal_lost_total{reason=\"failed\"} %" PRIu64 "\n",
                  numbers->journal.dropped, numbers->journal.failed);
    gauge(out, "tokens", "Living staff tokens.", numbers->tokens);
    head(out, "sign_ins", "counter", "Sign-ins, by result.");
    buffer_format(out,
                  PREFIX "sign_ins_total{result=\"accepted\"} %" PRIu64 "\n" PREFIX
                         "sign_ins_total{result=\"refused\"} %" PRIu64 "\n",
                  numbers->sign_ins, numbers->sign_ins_refused);
}

void server_metrics_write(const struct server_numbers *numbers, struct buffer *out)
{
    head(out, "build", "info", "The program and how it was started.");
    buffer_format(out, PREFIX "build_info{version=\"%s\",password_cost=\"%s\",tls=\"%s\"} 1\n",
                  CASELOAD_VERSION, numbers->password_cost, numbers->tls ? "true" : "false");
    write_faults(out);
    gauge(out, "http_connections", "TCP connections, live ones included.",
          numbers->http_connections);
    head(out, "loop_lag_seconds", "gauge",
         "Longest turn of the signalling loop since the last reading.");
    buffer_format(out, PREFIX "loop_lag_seconds %" PRId64 ".%06" PRId64 "\n",
                  numbers->loop_lag_us / 1000000, numbers->loop_lag_us % 1000000);
    write_people(numbers->domain, out);
    write_live(numbers->live, out);
    write_slow_work(numbers, out);
}
