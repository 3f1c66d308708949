#include "engine/run/client_addresses.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "common/webrtc/transport/shared_socket.h"

static bool is_loopback(const char *host)
{
    struct in_addr address;

    return strcasecmp(host, "localhost") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

bool client_addresses_near(const struct run_settings *settings)
{
    const char *scheme = settings->url ? strstr(settings->url, "://") : NULL;
    char host[64];
    size_t length;

    if (!settings->url)
        return true;
    if (!scheme)
        return false;
    length = strcspn(scheme + 3, "/:?#");
    if (length >= sizeof host)
        return false;
    memcpy(host, scheme + 3, length);
    host[length] = '\0';
    return is_loopback(host);
}

/* libnice leaves loopback out unless told, and a platform on loopback has no other address. */
const char *client_addresses_local(const struct run_settings *settings)
{
    return client_addresses_near(settings) ? "127.0.0.1" : NULL;
}

enum status client_addresses_check(const struct run_settings *settings, uint64_t people,
                                   uint64_t shards, struct failure *failure)
{
    struct address_range range = settings->client_addresses;

    if (!settings->light || settings->media == MEDIA_NONE)
        return STATUS_OK;
    if (address_range_is_loopback(range) && !client_addresses_near(settings))
        return failure_set(failure, STATUS_INVALID,
                           "--client light: %s cannot answer to 127.x addresses; name a block that "
                           "this host owns and the platform reaches: --client-addresses BLOCK",
                           settings->url);
    if (people * shards > range.count)
        return failure_set(failure, STATUS_INVALID,
                           "--client-addresses: %u addresses are too few for about %llu "
                           "participants in each of %llu shards",
                           range.count, (unsigned long long)people, (unsigned long long)shards);
    return shared_socket_check(range, failure);
}
