#include "common/net/web_context.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/loop_internal.h"

enum {
    RECEIVE_BYTES = 1024, /* kept for every WebSocket; a longer message comes in parts */
    SEND_BYTES = 65536,   /* given to the kernel at once */
    SERVICE_BYTES = 16384,
};

struct complaint {
    char text[256];
};

static _Thread_local struct complaint first_complaint, tls_complaint;

/* What libwebsockets would print. A refused certificate looks like
 * "SSL error: self-signed certificate (preverify_ok=0;err=18;depth=0)". */
static void hear_complaint(int level, const char *line)
{
    static const char tls_prefix[] = "SSL error: ";
    if (level != LLL_ERR)
        return;
    int length = (int)strcspn(line, "\n");
    if (strncmp(line, tls_prefix, strlen(tls_prefix)) == 0) {
        line += strlen(tls_prefix);
        const char *details = strstr(line, " (preverify");
        length = details ? (int)(details - line) : length - (int)strlen(tls_prefix);
        snprintf(tls_complaint.text, sizeof tls_complaint.text, "%.*s", length, line);
    } else if (!first_complaint.text[0]) {
        snprintf(first_complaint.text, sizeof first_complaint.text, "%.*s", length, line);
    }
}

static const char *take(struct complaint *complaint, struct complaint *taken)
{
    *taken = *complaint;
    complaint->text[0] = '\0';
    return taken->text;
}

const char *web_take_complaint(void)
{
    static _Thread_local struct complaint taken;
    return take(&first_complaint, &taken);
}

const char *web_take_tls_complaint(void)
{
    static _Thread_local struct complaint taken;
    return take(&tls_complaint, &taken);
}

enum status web_pem_file_open(struct web_pem_file *file, const char *pem)
{
    size_t size = strlen(pem);
    file->fd = memfd_create("pem", MFD_CLOEXEC);
    if (file->fd < 0)
        return STATUS_IO;
    if (write(file->fd, pem, size) != (ssize_t)size) {
        web_pem_file_close(file);
        return STATUS_IO;
    }
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    return STATUS_OK;
}

void web_pem_file_close(struct web_pem_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* Close the connection without a closing handshake; runs outside of libwebsockets' callbacks. */
static void cut(struct lws *wsi)
{
    int fd = lws_get_socket_fd(wsi);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        /* libwebsockets would go on flushing a partial write to a peer that does not read. */
        if (lws_partial_buffered(wsi))
            shutdown(fd, SHUT_RDWR);
    }
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static void reap(void *arg, int64_t now_us)
{
    (void)now_us;
    struct web_context *context = arg;
    struct web_link *link;
    while ((link = TAILQ_FIRST(&context->doomed))) {
        TAILQ_REMOVE(&context->doomed, link, doomed_entry);
        link->doomed = false;
        cut(link->wsi);
    }
}

static void tick(void *arg, int64_t now_us)
{
    struct web_context *context = arg;
    struct web_link *link;
    while ((link = TAILQ_FIRST(&context->closing)) && link->close_deadline_us <= now_us) {
        TAILQ_REMOVE(&context->closing, link, closing_entry);
        link->close_deadline_us = 0;
        web_link_kill(link);
    }
    if (context->on_tick)
        context->on_tick(context->owner, now_us);
    /* libwebsockets' libev plug-in looks at its timers only after an event, or when the timer
     * it armed first has expired: without this, time-outs come late on a quiet loop. */
    lws_cancel_service(context->lws);
}

static void fill_info(struct web_context *context, struct lws_context_creation_info *info,
                      lws_callback_function *callback)
{
    context->protocols[0] = (struct lws_protocols){
        .name = WEB_PROTOCOL_NAME,
        .callback = callback,
        .rx_buffer_size = RECEIVE_BYTES,
        .tx_packet_size = SEND_BYTES,
    };
    context->loops[0] = loop_backend(context->loop);
    info->options |= LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                     LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
    info->protocols = context->protocols;
    info->foreign_loops = context->loops;
    info->user = context->owner;
    info->pt_serv_buf_size = SERVICE_BYTES;
    info->retry_and_idle_policy = &context->retry;
    info->alpn = "http/1.1";
    info->gid = (gid_t)-1;
    info->uid = (uid_t)-1;
}

/* libwebsockets hangs its own data on OpenSSL's objects at indices that it keeps in globals and
 * takes anew for every context with this option, which then loses (and leaks) what older contexts
 * have hung there. So only the first context of the process gets the option; hosts always do. */
static struct lws_context *create_library_context(const struct lws_context_creation_info *info)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool indices_taken;
    struct lws_context_creation_info own = *info;
    own.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;

    pthread_mutex_lock(&lock);
    if (indices_taken)
        own.options &= ~(uint64_t)LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    struct lws_context *lws = lws_create_context(&own);
    if (lws && (own.options & LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT))
        indices_taken = true;
    pthread_mutex_unlock(&lock);
    return lws;
}

enum status web_context_create(struct web_context *context, struct loop *loop,
                               struct lws_context_creation_info *info,
                               lws_callback_function *callback, void *owner,
                               struct failure *failure)
{
    *context = (struct web_context){.loop = loop, .owner = owner};
    TAILQ_INIT(&context->doomed);
    TAILQ_INIT(&context->closing);
    context->tick = loop_timer_create(loop, tick, context);
    context->reaper = loop_timer_create(loop, reap, context);
    if (!context->tick || !context->reaper) {
        web_context_destroy(context);
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the network");
    }

    lws_set_log_level(LLL_ERR, hear_complaint);
    web_take_complaint();
    fill_info(context, info, callback);
    context->lws = create_library_context(info);
    context->vhost = context->lws ? lws_create_vhost(context->lws, info) : NULL;
    if (!context->vhost) {
        const char *complaint = web_take_complaint();
        web_context_destroy(context);
        return failure_set(failure, STATUS_IO, "%s",
                           *complaint ? complaint : "libwebsockets did not start");
    }
    web_context_set_tick(context, US_PER_S);
    return STATUS_OK;
}

void web_context_set_tick(struct web_context *context, int64_t interval_us)
{
    loop_timer_start(context->tick, interval_us, interval_us);
}

void web_context_destroy(struct web_context *context)
{
    assert(context->depth == 0); /* post it to the loop instead */
    if (context->lws)
        lws_context_destroy(context->lws);
    context->lws = NULL;
    loop_timer_destroy(context->tick);
    loop_timer_destroy(context->reaper);
    context->tick = context->reaper = NULL;
}
