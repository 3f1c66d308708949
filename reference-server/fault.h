/* Named deliberate misbehaviours: the proof that the judge can say no. One list, used by
 * `--fault list`, the parser and the places that misbehave. */
#ifndef CASELOAD_FAULT_H
#define CASELOAD_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* X(id, name, what it breaks, requirement (or rule of a protocol) it must make fail) */
#define FAULT_LIST(X)                                                                              \
    X(LEAK_MEDIA, "leak-media", "one media packet a second reaches a waiting patient", "WA-24")    \
    X(LEAK_SHARE, "leak-one-in", "one packet in N (leak-one-in=N; 100000) reaches who waits",      \
      "WA-24")                                                                                     \
    X(SEND_WHILE_WAITING, "accept-waiting-media",                                                  \
      "media of a waiting patient reaches staff in a call", "WA-13")                               \
    X(SHOW_CARD, "show-card", "a patient is told of another patient's card", "WA-08")              \
    X(KEEP_CARD, "keep-card", "the source clinic keeps the card after a transfer", "TR-08")        \
    X(KEEP_SPACE, "keep-space", "an ended space still answers", "WA-05")                           \
    X(GHOST_CARD, "ghost-card", "the card of a caller who left stays", "WA-28")                    \
    X(SEVENTH, "seventh-participant", "the cap of six participants is not kept", "WA-15")          \
    X(TWENTY_FIRST, "twenty-first-participant",                                                    \
      "the cap of twenty participants of a group room is one too high", "GR-01")                   \
    X(STILL_STAGE, "tiles-ignore-speech", "who speaks in a large call is not shown", "GR-01")      \
    X(FOURTH_VOICE, "leak-audio-beyond-three",                                                     \
      "in a large call more than the three loudest others are heard", "GR-01")                     \
    X(IGNORE_PLI, "ignore-pli", "key frame requests of receivers are not passed on", "SES-27")     \
    X(NO_KEY_REQUEST, "no-key-request",                                                            \
      "no key frame is asked for when a slot gets another source", "WA-12")                        \
    X(SKEW_REPORTS, "skew-reports", "sender reports tell a time of sound that is 100 ms late",     \
      "RFC3550")                                                                                   \
    X(IGNORE_CONSENT, "ignore-consent", "consent checks are not answered after three seconds",     \
      "RFC7675")                                                                                   \
    X(IGNORE_FEEDBACK, "ignore-feedback", "what receivers tell of their paths lowers nothing",     \
      "WA-16")                                                                                     \
    X(DROP_EVENTS, "drop-events", "every fifth dashboard event is lost", "WA-27")                  \
    X(TELL_OTHERS, "open-dashboard", "staff of any clinic may subscribe to any dashboard",         \
      "WA-10")                                                                                     \
    X(PATIENT_ACTS, "patient-acts", "a patient may use staff operations", "WA-03")                 \
    X(STAY_IN_CALL, "media-on-hold", "media goes on after the caller was put on hold", "WA-13")    \
    X(SHORT_BOARD, "short-board",                                                                  \
      "the list of cards that a dashboard begins with misses the last", "WA-10")                   \
    X(SILENT_ADMISSION, "silent-admission", "every third caller who is admitted is not told",      \
      "WA-12")                                                                                     \
    X(STICK_TO_TOP, "stick-to-top-layer",                                                          \
      "a receiver gets the largest picture whatever its budget is", "media")                       \
    X(BREAK_PICTURE_ID, "break-picture-id",                                                        \
      "frames that are left out leave gaps in the PictureIDs", "RFC7741")                          \
    X(LOSE_MEDIA, "lose-media", "every 25th packet of each RTP stream is lost, both ways",         \
      "media")                                                                                     \
    X(KEEP_ACCESS, "keep-access", "who lost a role keeps the dashboards and calls that are open",  \
      "ROLE-16")                                                                                   \
    X(OPEN_ORGANISATIONS, "open-organisations", "any account may read any organisation",           \
      "ROLE-15")                                                                                   \
    X(FORGET_SETTINGS, "forget-settings", "what is set for a clinic is accepted and not kept",     \
      "ORG-08")                                                                                    \
    X(NO_FILTER_DOWN, "no-filter-down", "what an organisation sets does not reach its clinics",    \
      "ORG-11")                                                                                    \
    X(PROMOTE, "promote", "who manages a team gives and takes any role there", "ROLE-08")          \
    X(FORGET_DENIAL, "forget-denial", "a member may what was denied to them", "ROLE-10")           \
    X(LONE_REFERRER, "lone-referrer", "somebody without another role becomes service referrer",    \
      "TR-03")                                                                                     \
    X(ANY_TARGET, "any-target", "a caller may be sent to any clinic of the organisation", "TR-02") \
    X(OPEN_ROOMS, "open-rooms", "any account may come into any room", "UR-02")                     \
    X(ANY_ROOM, "any-room", "a room or link that there is not leads to another one", "MR-02")      \
    X(ONE_ROOM, "one-room", "who comes into a room comes into the clinic's first one", "MR-03")    \
    X(VANISHING_ROOMS, "vanishing-rooms", "a room is gone when everybody has left it", "MR-01")    \
    X(SHORT_ROOM_LIST, "short-room-list", "the list of a clinic's rooms misses the last", "MR-14") \
    X(DEAD_ROOM_LINKS, "dead-room-links", "the links of rooms lead nowhere", "MR-09")              \
    X(KEEP_ROOM_LINK, "keep-room-link", "a room's link that was replaced goes on working",         \
      "UR-05")                                                                                     \
    X(SILENT_GUEST, "silent-guest", "who is in a meeting is not told that a guest has come",       \
      "MR-10")                                                                                     \
    X(PUBLIC_USER_ROOMS, "public-user-rooms",                                                      \
      "who waits at a user room stands on the clinic's dashboard", "UR-10")                        \
    X(FORGET_OWNER, "forget-owner", "a user room does not bear its owner's name", "UR-07")         \
    X(NAMELESS_CARDS, "nameless-cards", "cards do not show who the caller said to be", "SES-02")   \
    X(ADMIT_FIRST, "admit-first", "not the chosen one is let in, but who has waited longest",      \
      "SES-03")                                                                                    \
    X(HOLD_ENDS, "hold-ends", "who is put on hold is sent away", "SES-07")                         \
    X(SECOND_AREA, "second-area", "a clinic may be given another waiting area", "ORG-06")          \
    X(TELL_EXISTENCE, "tell-existence", "what somebody may not know of is forbidden, not hidden",  \
      "ROLE-19")                                                                                   \
    X(GUESSABLE_LINKS, "guessable-links", "new links are counted", "MSG-08")                       \
    X(CHATTY_ERRORS, "chatty-errors", "a refusal names a patient", "PRV-03")                       \
    X(FORGET_DETAILS, "forget-details", "what the caller entered does not travel along", "TR-09")  \
    X(UNMARKED_TRANSFER, "unmarked-transfer", "who was transferred looks as if they had entered",  \
      "TR-13")                                                                                     \
    X(KEEP_TOKEN, "keep-token", "a token goes on working after its owner signed out", "ROLE-17")   \
    X(TELL_EVERYBODY, "tell-everybody", "somebody who is in no call is told who is in one",        \
      "WA-22")                                                                                     \
    X(REPORT_NAMES, "report-names", "a report names who waits", "PRV-03")                          \
    X(ANSWER_EARLY, "answer-early", "what is said to be done is written a moment later",           \
      "durability")                                                                                \
    X(GRANT, "grant", "a role may what it may not: grant=ROW:ROLE, a cell of matrix B.2",          \
      "ROLE-01")                                                                                   \
    X(DENY, "deny", "a role may not what it may: deny=ROW:ROLE", "ROLE-01")

#define FAULT_LOSES_EVERY 25
/* By how much answer-early delays what the administration writes. */
#define FAULT_WRITES_LATE_US 300000

enum fault {
#define X(id, name, meaning, requirement) FAULT_##id,
    FAULT_LIST(X)
#undef X
        FAULT_COUNT
};

#define FAULT_LEAKS_ONE_IN 100000
#define FAULT_CELLS_MAX 8

/* FAULT_COUNT when there is none of that name. */
enum fault fault_by_name(const char *name);
const char *fault_name(enum fault fault);
const char *fault_meaning(enum fault fault);
const char *fault_requirement(enum fault fault);
/* Set once at start, before any thread; read anywhere. */
void fault_switch_on(enum fault fault);
/* The same for what --fault says: a name, leak-one-in=N with N from 1 on, grant=ROW:ROLE or
 * deny=ROW:ROLE (up to FAULT_CELLS_MAX of them). FAULT_COUNT, and nothing is switched on: it is
 * none of these. */
enum fault fault_switch_on_text(const char *text);
bool fault_is_on(enum fault fault);
/* Does lose-media take the RTP packet of this sequence number? */
bool fault_loses(uint16_t sequence);
/* leak-one-in's N. */
uint32_t fault_leaks_one_in(void);
/* What a cell of the permission matrix (row, enum role) says, which says `granted` without grant
 * and deny. */
bool fault_turns_cell(int row, unsigned role, bool granted);
/* All off again, for tests in one process. */
void fault_reset(void);

#endif
