#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/net/web_context.h"

/* How long a closing link may take to send its queue and hear the peer's answer. */
#define CLOSE_TIMEOUT_US (5 * US_PER_S)

/* Messages written in one turn while the kernel takes them. */
enum { WRITES_PER_TURN = 16 };

struct web_outgoing {
    STAILQ_ENTRY(web_outgoing) entry;
    size_t size;
    unsigned char data[]; /* LWS_PRE bytes of room for the frame header, then the text */
};

void web_link_attach(struct web_link *link, struct web_context *context, struct lws *wsi,
                     size_t message_limit)
{
    link->context = context;
    link->wsi = wsi;
    STAILQ_INIT(&link->queue);
    buffer_init(&link->message, message_limit);
}

void web_link_drop_queue(struct web_link *link)
{
    struct web_outgoing *outgoing;
    while ((outgoing = STAILQ_FIRST(&link->queue))) {
        STAILQ_REMOVE_HEAD(&link->queue, entry);
        free(outgoing);
    }
    link->queued_bytes = 0;
}

void web_link_detach(struct web_link *link)
{
    if (!link->context)
        return;
    if (link->doomed)
        TAILQ_REMOVE(&link->context->doomed, link, doomed_entry);
    if (link->close_deadline_us)
        TAILQ_REMOVE(&link->context->closing, link, closing_entry);
    web_link_drop_queue(link);
    buffer_finish(&link->message);
    *link = (struct web_link){0};
}

static void want_to_write(struct web_link *link)
{
    if (link->open && link->wsi)
        lws_callback_on_writable(link->wsi);
}

static bool write_first(struct web_link *link)
{
    struct web_outgoing *outgoing = STAILQ_FIRST(&link->queue);
    STAILQ_REMOVE_HEAD(&link->queue, entry);
    link->queued_bytes -= outgoing->size;
    int written = lws_write(link->wsi, outgoing->data + LWS_PRE, outgoing->size, LWS_WRITE_TEXT);
    bool failed = written < (int)outgoing->size;
    free(outgoing);
    return !failed;
}

/* With nothing before it, a message need not wait until the loop has asked the kernel whether there
 * is room: what does not fit libwebsockets keeps, and the next one waits behind it. */
static bool may_write_at_once(const struct web_link *link)
{
    return link->open && link->wsi && !link->ping_due && !lws_partial_buffered(link->wsi) &&
           !STAILQ_NEXT(STAILQ_FIRST(&link->queue), entry);
}

enum status web_link_send(struct web_link *link, const char *text, size_t size, size_t limit)
{
    if (link->closing || link->doomed)
        return STATUS_CLOSED;
    if (size > limit || link->queued_bytes > limit - size)
        return STATUS_FULL;
    struct web_outgoing *outgoing = malloc(sizeof *outgoing + LWS_PRE + size);
    if (!outgoing)
        return STATUS_NO_MEMORY;
    outgoing->size = size;
    if (size > 0)
        memcpy(outgoing->data + LWS_PRE, text, size);
    STAILQ_INSERT_TAIL(&link->queue, outgoing, entry);
    link->queued_bytes += size;
    if (!may_write_at_once(link)) {
        want_to_write(link);
        return STATUS_OK;
    }
    if (write_first(link))
        return STATUS_OK;
    web_link_kill(link);
    return STATUS_CLOSED;
}

void web_link_ping(struct web_link *link)
{
    link->ping_due = true;
    want_to_write(link);
}

void web_link_close(struct web_link *link, uint16_t code, const char *reason)
{
    if (link->closing || !link->wsi)
        return;
    link->closing = true;
    link->close_code = code;
    snprintf(link->close_reason, sizeof link->close_reason, "%s", reason ? reason : "");
    link->close_deadline_us = loop_now_us(link->context->loop) + CLOSE_TIMEOUT_US;
    TAILQ_INSERT_TAIL(&link->context->closing, link, closing_entry);
    want_to_write(link);
}

void web_link_kill(struct web_link *link)
{
    if (link->doomed || !link->wsi)
        return;
    link->doomed = true;
    link->closing = true;
    TAILQ_INSERT_TAIL(&link->context->doomed, link, doomed_entry);
    loop_timer_start(link->context->reaper, 0, 0);
}

static bool write_ping(struct web_link *link)
{
    /* With a payload, because libwebsockets keeps empty pongs to itself. */
    static const char payload[] = {'p', 'i', 'n', 'g'};
    unsigned char frame[LWS_PRE + sizeof payload];
    memcpy(frame + LWS_PRE, payload, sizeof payload);
    link->ping_due = false;
    return lws_write(link->wsi, frame + LWS_PRE, sizeof payload, LWS_WRITE_PING) >= 0;
}

int web_link_writeable(struct web_link *link)
{
    if (!link->open || link->close_sent)
        return 0;
    if (link->ping_due && !write_ping(link))
        return -1;
    for (int i = 0; i < WRITES_PER_TURN && !STAILQ_EMPTY(&link->queue); i++) {
        if (i > 0 && lws_send_pipe_choked(link->wsi))
            break;
        if (!write_first(link))
            return -1;
    }
    if (!STAILQ_EMPTY(&link->queue)) {
        want_to_write(link);
        return 0;
    }
    if (!link->closing)
        return 0;
    if (lws_partial_buffered(link->wsi)) { /* the closing frame must not overtake */
        want_to_write(link);
        return 0;
    }
    link->close_sent = true;
    lws_close_reason(link->wsi, link->close_code, (unsigned char *)link->close_reason,
                     strlen(link->close_reason));
    return -1;
}

static enum web_arrival refuse(struct web_link *link, uint16_t code, const char *reason)
{
    web_link_drop_queue(link);
    web_link_close(link, code, reason);
    link->close_sent = true;
    lws_close_reason(link->wsi, code, (unsigned char *)link->close_reason,
                     strlen(link->close_reason));
    return WEB_ARRIVAL_REFUSED;
}

enum web_arrival web_link_receive(struct web_link *link, const void *data, size_t size,
                                  const char **ret_text, size_t *ret_size)
{
    if (link->closing)
        return WEB_ARRIVAL_IGNORED;
    if (lws_frame_is_binary(link->wsi))
        return refuse(link, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text messages only");

    bool whole = lws_is_final_fragment(link->wsi);
    size_t so_far = link->message.size;
    if (size > link->message.limit - so_far ||
        lws_remaining_packet_payload(link->wsi) > link->message.limit - so_far - size)
        return refuse(link, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");

    if (whole && so_far == 0) {
        *ret_text = size > 0 ? data : "";
        *ret_size = size;
        return WEB_ARRIVAL_MESSAGE;
    }
    buffer_append(&link->message, data, size);
    if (link->message.failed)
        return refuse(link, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
    if (!whole)
        return WEB_ARRIVAL_PARTIAL;
    *ret_text = buffer_string(&link->message);
    *ret_size = link->message.size;
    return WEB_ARRIVAL_MESSAGE;
}

void web_link_forget_message(struct web_link *link)
{
    /* Most connections see a long message once: do not keep its memory for each of them. */
    buffer_finish(&link->message);
}
