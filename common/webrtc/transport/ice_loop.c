#include <malloc.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/webrtc/transport/ice_agent_private.h"

/* What a NiceAgent becomes when its owner is gone but a TURN server still holds an allocation. */
struct closing_agent {
    NiceAgent *nice; /* owned */
    guint stream;
    bool done;
    struct closing_agent *next;
};

/* One libnice event loop for the whole process: it carries timers only, so its cost does not grow
 * with sockets. */
static struct {
    GMainContext *context;
    struct ice_agent *polled;
    struct closing_agent *closing;
} shared;

static void quiet_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer arg)
{
    (void)level;
    (void)arg;
    log_debug("%s: %s", domain != NULL ? domain : "glib", message != NULL ? message : "");
}

/* Every NiceAgent holds two buffers of 64 KiB for TCP, which UDP never touches. Carved from the
 * heap they sit on pages that something else has touched before, and 128 KiB per agent become
 * resident; mapped apart they cost nothing. */
static void keep_large_buffers_apart(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 60 * 1024);
#endif
}

GMainContext *ice_loop_context(void)
{
    if (shared.context != NULL)
        return shared.context;
    keep_large_buffers_apart();
    /* A peer's odd candidate must not end the process, whatever G_DEBUG says. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK);
    g_log_set_default_handler(quiet_log, NULL);
    shared.context = g_main_context_new();
    return shared.context;
}

static void sweep_closing(void)
{
    struct closing_agent **link = &shared.closing;

    while (*link != NULL) {
        struct closing_agent *closing = *link;

        if (!closing->done)
            ice_traffic_read_once(closing->nice, closing->stream, NULL);
        if (!closing->done) {
            link = &closing->next;
            continue;
        }
        *link = closing->next;
        g_object_unref(closing->nice);
        free(closing);
    }
}

void ice_agent_run_timers(void)
{
    GMainContext *context = ice_loop_context();
    struct ice_agent *next;

    /* One iteration fires everything that is due; a second one would only look at all timers of all
     * agents again. */
    g_main_context_iteration(context, FALSE);
    for (struct ice_agent *agent = shared.polled; agent != NULL; agent = next) {
        next = agent->next;
        ice_traffic_read(agent);
    }
    sweep_closing();
}

void ice_loop_poll(struct ice_agent *agent)
{
    agent->next = shared.polled;
    shared.polled = agent;
}

void ice_loop_forget(struct ice_agent *agent)
{
    struct ice_agent **link = &shared.polled;

    while (*link != NULL && *link != agent)
        link = &(*link)->next;
    if (*link != NULL)
        *link = agent->next;
}

static void on_closed(GObject *nice, GAsyncResult *result, gpointer arg)
{
    struct closing_agent *closing = arg;

    (void)nice;
    (void)result;
    closing->done = true;
}

/* A TURN server keeps an allocation for ten minutes unless it is told (RFC 8656 §7): let libnice
 * say so in the background. */
void ice_loop_close(NiceAgent *nice, guint stream)
{
    struct closing_agent *closing = calloc(1, sizeof(*closing));

    if (closing == NULL) {
        g_object_unref(nice);
        return;
    }
    *closing = (struct closing_agent){nice, stream, false, shared.closing};
    shared.closing = closing;
    /* Its answer comes through the thread's default context, which must be the one we run. */
    g_main_context_push_thread_default(ice_loop_context());
    nice_agent_close_async(nice, on_closed, closing);
    g_main_context_pop_thread_default(ice_loop_context());
}
