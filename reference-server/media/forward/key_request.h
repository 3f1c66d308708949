/* When a source is asked for a key frame: many receivers ask, one PLI goes out (RFC 4585 §6.3.1).
 * Pure. */
#ifndef CASELOAD_KEY_REQUEST_H
#define CASELOAD_KEY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

/* At most one PLI within this time... */
#define KEY_REQUEST_INTERVAL_US 200000

struct key_request {
    bool asked;    /* a PLI was sent at asked_us */
    bool answered; /* a key frame began to arrive since */
    bool pending;  /* another one is owed when the interval is over */
    int64_t asked_us;
};

/* Somebody needs a key frame. `fresh`: a slot has just been given this source; then the interval
 * does not hold it up once the last PLI is answered. True: send a PLI now. */
bool key_request_ask(struct key_request *request, bool fresh, int64_t now_us);
/* A PLI that was put off (or could not be sent) is due: true once, send it. */
bool key_request_due(struct key_request *request, int64_t now_us);
/* It could not be sent: try again when due. */
void key_request_postpone(struct key_request *request);
/* A key frame begins: whoever waited gets it. */
void key_request_key_frame(struct key_request *request);

#endif
