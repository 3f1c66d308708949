/* The RTCP that a transport sends: sender reports of its slots, receiver reports and feedback about
 * what it receives, requests for lost packets and key frames. */
#ifndef CASELOAD_TRANSPORT_REPORTS_H
#define CASELOAD_TRANSPORT_REPORTS_H

#include <stdbool.h>

#include "reference-server/media/media_terms.h"

struct outlet;
struct server_transport;

/* Every TRANSPORT_TICK_US on an open transport: feedback every second tick, reports every second,
 * a key frame request that was put off. */
void transport_reports_tick(struct server_transport *transport);
/* The sender report of one slot, now. False: its source's clock is not known yet. */
bool transport_reports_slot(struct outlet *outlet);
/* NACK for what is missing and due; a key frame request for what never came. True: more is
 * missing, ask again. */
bool transport_reports_ask_losses(struct server_transport *transport);
/* PLI to this participant, for one of its encodings. False: cannot be sent yet. */
bool transport_reports_ask_key_frame(struct server_transport *transport, unsigned encoding);

#endif
