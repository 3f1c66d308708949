/* Any text as a network profile: it is refused with a message, or a network runs by it whose
 * decisions keep their promises. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/network/net_path.h"

/* Delay, three times the jitter, queue, lag, and the last datagram's time in the bottleneck. */
#define LONGEST_US (6 * NET_DELAY_MAX_US + 3000000)

static void run(const struct net_conditions *conditions)
{
    struct net_path path;

    net_path_init(&path, conditions, net_path_seed(1, 2, "fuzz", true));
    for (int64_t i = 0; i < 64; i++) {
        struct net_decision decision = net_path_datagram(&path, (size_t)(i * 37 % 1500), i * 900);

        if (decision.fate != NET_CARRIED)
            continue;
        assert(decision.due_us >= i * 900 && decision.due_us < i * 900 + LONGEST_US);
        assert(!decision.reordered || conditions->reorder > 0);
        assert(conditions->loss < 1 || conditions->burst > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct net_profile profile;
    struct failure failure = {0};

    memcpy(text, data, size);
    text[size] = '\0';
    if (net_profile_parse(text, &profile, &failure) == STATUS_OK) {
        assert(strcmp(profile.text, text) == 0 && profile.name[0] != '\0');
        run(&profile.up);
        run(&profile.down);
    } else {
        assert(failure.status != STATUS_OK && failure.message[0] != '\0');
    }
    free(text);
    return 0;
}
