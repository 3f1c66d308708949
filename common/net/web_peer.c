#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/web_server_internal.h"

int web_peer_check_upgrade(struct web_server *server, struct lws *wsi, const char *protocol)
{
    /* libwebsockets has already answered an unknown protocol when it comes here, and freed the
     * headers, `protocol` among them. */
    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0)
        return -1;

    char path[1024];
    int length = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
    if (strcasecmp(protocol, "websocket") != 0)
        web_server_refuse(wsi, 400, "only websocket upgrades are served");
    else if (length <= 0 || !*server->websocket_path || strcmp(path, server->websocket_path) != 0)
        web_server_refuse(wsi, 404, "no websocket here");
    else
        return 0;
    return -1;
}

int web_peer_open(struct web_connection *connection)
{
    static const char mapped[] = "::ffff:"; /* an IPv4 client of a socket for both families */
    struct web_server *server = connection->server;
    struct lws *wsi = connection->link.wsi;
    struct web_peer *peer = calloc(1, sizeof *peer);
    char address[sizeof peer->address];

    if (!peer)
        return -1;
    connection->peer = peer;
    peer->connection = connection;
    web_link_attach(&peer->link, &server->context, wsi, server->config.message_limit);
    peer->heard_us = loop_now_us(server->config.loop);
    TAILQ_INSERT_TAIL(&server->peers, peer, entry);
    peer->bearer = web_server_bearer(wsi);
    if (!peer->bearer)
        return -1;
    lws_get_peer_simple(wsi, address, sizeof address);
    size_t skip = strncmp(address, mapped, strlen(mapped)) == 0 ? strlen(mapped) : 0;
    snprintf(peer->address, sizeof peer->address, "%s", address + skip);
    peer->link.open = true;
    peer->told = true;
    server->config.on_open(server->config.arg, peer);
    return 0;
}

void web_peer_drop(struct web_connection *connection)
{
    struct web_peer *peer = connection->peer;
    struct web_server *server = connection->server;
    if (!peer)
        return;
    connection->peer = NULL;
    peer->link.wsi = NULL; /* nothing can be sent any more */
    peer->link.closing = true;
    if (peer->told)
        server->config.on_close(server->config.arg, peer);
    TAILQ_REMOVE(&server->peers, peer, entry);
    web_link_detach(&peer->link);
    free(peer->bearer);
    free(peer);
}

void web_peer_heard(struct web_peer *peer)
{
    struct web_server *server = peer->connection->server;
    peer->heard_us = loop_now_us(server->config.loop);
    peer->pinged = false;
    TAILQ_REMOVE(&server->peers, peer, entry);
    TAILQ_INSERT_TAIL(&server->peers, peer, entry);
}

int web_peer_receive(struct web_peer *peer, const void *data, size_t size)
{
    struct web_server *server = peer->connection->server;
    const char *text;
    size_t text_size;

    web_peer_heard(peer);
    switch (web_link_receive(&peer->link, data, size, &text, &text_size)) {
    case WEB_ARRIVAL_REFUSED:
        return -1;
    case WEB_ARRIVAL_MESSAGE:
        server->config.on_message(server->config.arg, peer, text, text_size);
        web_link_forget_message(&peer->link);
        return 0;
    case WEB_ARRIVAL_PARTIAL:
    case WEB_ARRIVAL_IGNORED:
        return 0;
    }
    return 0;
}

void web_peers_check(struct web_server *server, int64_t now_us)
{
    struct web_peer *peer;
    TAILQ_FOREACH(peer, &server->peers, entry)
    {
        int64_t silent_us = now_us - peer->heard_us;
        if (silent_us < server->config.ping_after_us)
            return; /* and so are all behind it */
        if (silent_us >= server->config.hang_up_after_us)
            web_link_kill(&peer->link);
        else if (!peer->pinged)
            web_link_ping(&peer->link);
        peer->pinged = true;
    }
}

void web_peer_set_user(struct web_peer *peer, void *user)
{
    peer->user = user;
}

void *web_peer_user(const struct web_peer *peer)
{
    return peer->user;
}

const char *web_peer_bearer(const struct web_peer *peer)
{
    return peer->bearer;
}

const char *web_peer_address(const struct web_peer *peer)
{
    return peer->address;
}

enum status web_peer_send(struct web_peer *peer, const char *text, size_t size)
{
    size_t limit = peer->connection->server->config.send_queue_limit;
    enum status status = web_link_send(&peer->link, text, size, limit);
    if (status == STATUS_FULL || status == STATUS_NO_MEMORY) {
        web_link_drop_queue(&peer->link);
        web_link_close(&peer->link, 1013, "too slow: the send queue is full");
    }
    return status;
}

void web_peer_close(struct web_peer *peer, uint16_t code, const char *reason)
{
    web_link_close(&peer->link, code, reason);
}
