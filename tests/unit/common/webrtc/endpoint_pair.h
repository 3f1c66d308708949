/* Two endpoints in one process over loopback, with a UDP relay between them that can lose, repeat,
 * hold and invent datagrams. The left one is a full or a light client. For endpoint_test.c. Driven
 * by poll and bounded loops. */
#ifndef CASELOAD_TEST_ENDPOINT_PAIR_H
#define CASELOAD_TEST_ENDPOINT_PAIR_H

#include <netinet/in.h>

#include "common/webrtc/endpoint.h"

#define PAIR_TURNS_MAX 3000
#define PAIR_FDS_MAX 8
#define PAIR_MEDIA_MAX 1024
#define PAIR_TEXT_MAX (64 * 1024)

struct received_media {
    size_t track;
    int64_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    bool marker, repaired;
    size_t size;
    uint8_t first; /* byte of the payload */
    struct rtp_extension_values extensions;
};

struct side {
    struct endpoint *endpoint;
    struct certificate *certificate;
    int fds[PAIR_FDS_MAX];
    size_t fd_count;
    enum endpoint_state states[16];
    size_t state_count;
    struct received_media media[PAIR_MEDIA_MAX];
    size_t media_count;
    size_t key_frame_requests[ENDPOINT_TRACKS_MAX];
    size_t rtcp_counts[RTCP_OTHER + 1];
    uint32_t rtcp_senders[RTCP_OTHER + 1]; /* of the last one of each kind */
    struct rtcp_item last_sender_report;
    size_t bitrate_changes;
    char candidates[8][256]; /* trickled */
    size_t candidate_count;
    bool end_of_candidates;
    size_t taps_sent, taps_received, wires_sent, wires_received;
};

struct pair;
/* What becomes of a datagram on its way. */
enum fate { PASS, DROP, TWICE, HOLD };
typedef enum fate relay_fn(struct pair *pair, bool from_left, const uint8_t *data, size_t size);

struct relay {
    int fd[2]; /* 0 faces left, 1 faces right */
    uint16_t port[2];
    struct sockaddr_in real[2]; /* of left and right */
    relay_fn *judge;
    uint8_t held[2048];
    size_t held_size;
    bool held_from_left;
    uint8_t last_rtp[2048]; /* as it passed */
    size_t last_rtp_size;
};

struct pair {
    struct side left, right;
    struct relay relay;
    struct shared_socket *shared; /* of a light client on the left; NULL: a full one */
    size_t counter;               /* free for tests */
    uint32_t ssrc;                /* free for tests */
};

extern struct pair pair;

void pair_open(void);
void pair_open_light(void);
void pair_close(void);
/* A fresh endpoint on another local address. */
void pair_reopen_left(const char *address);
/* One turn of the loop. */
void pair_turn(void);
/* Until `done` or PAIR_TURNS_MAX turns; fails the test when it does not come. */
void pair_run_until(bool (*done)(void));
void pair_run_turns(int turns);

/* A description as the other side gets it: candidates lead to the relay. `from_left`: left wrote
 * it. The text lives until the next call for that side. */
char *pair_carry(bool from_left, const char *sdp);
/* The same for one candidate line. */
char *pair_carry_candidate(bool from_left, const char *candidate);
/* Remove every line that contains `part`. */
void pair_remove_lines(char *sdp, const char *part);
/* Replace every `from` by a `to` of the same length or shorter. */
void pair_replace(char *sdp, const char *from, const char *to);

/* Offer from left, answer from right with the same directions turned. */
void pair_negotiate(const struct endpoint_track *tracks, size_t count, bool ice_restart);
bool pair_connected(void);
bool pair_taken_over(void);
/* Negotiate, connect and take the sockets over. */
void pair_connect(const struct endpoint_track *tracks, size_t count);

/* Send a packet whose payload is `size` times `first`. */
enum status pair_send(struct side *side, size_t track, uint8_t first, size_t size,
                      uint32_t timestamp, bool marker);
/* Let the relay send what it holds. */
void pair_release(void);

#endif
