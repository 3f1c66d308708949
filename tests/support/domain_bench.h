/* One small hospital for the tests of the reference server's domain: an organisation with clinics
 * A, B and C and one person of every role, a second organisation, ids that count, hand-set time. */
#ifndef CASELOAD_TEST_DOMAIN_BENCH_H
#define CASELOAD_TEST_DOMAIN_BENCH_H

#include "reference-server/domain/call.h"
#include "reference-server/domain/caller.h"
#include "reference-server/domain/card.h"
#include "reference-server/domain/chat.h"
#include "reference-server/domain/domain.h"
#include "reference-server/domain/room.h"
#include "reference-server/domain/staff.h"
#include "reference-server/domain/transfer.h"

#define BENCH_GRACE_US 10000000

/* X(field, roles in A, B, C, of organisation 1) as letters of the matrix, "" for none. */
#define BENCH_STAFF(X)                                                                             \
    X(nurse, "TM", "", "", "")         /* of A */                                                  \
    X(doctor, "TM", "", "", "")        /* of A */                                                  \
    X(doctor_both, "TM", "TM", "", "") /* of A and B */                                            \
    X(doctor_other, "", "TM", "", "")  /* of B */                                                  \
    X(clerk, "CC", "", "", "")                                                                     \
    X(clinic_admin, "CA", "", "", "")                                                              \
    X(referrer, "TM", "SR", "", "") /* of A, may send to B */                                      \
    X(only_referrer, "SR", "", "", "")                                                             \
    X(org_admin, "", "", "", "OA")                                                                 \
    X(org_coordinator, "", "", "", "OC")                                                           \
    X(org_reporter, "", "", "", "OR")                                                              \
    X(stranger, "", "", "", "") /* administrator of the other organisation */

struct domain_bench {
    struct domain *domain;
    struct outcome outcome; /* of the last command */
    int64_t now_us;
    unsigned ids_made;
    unsigned tokens_made;
    struct clinic *a, *b, *c, *foreign;
    struct room *room;             /* of A */
    struct participant *extra[64]; /* by bench_staff_like */
    size_t extra_count;
#define X(field, ...) struct participant *field;
    BENCH_STAFF(X)
#undef X
};

void domain_bench_init(struct domain_bench *bench);
void domain_bench_finish(struct domain_bench *bench);

/* One more room; `owner` of a user room. */
struct room *bench_add_room(struct domain_bench *bench, const struct clinic *clinic,
                            enum room_kind kind, const struct user *owner, const char *link);
/* A caller in the clinic, with `bench` itself standing for the connection. */
struct participant *bench_enter(struct domain_bench *bench, struct clinic *clinic,
                                const char *name);
struct participant *bench_enter_area(struct domain_bench *bench, struct area *area,
                                     const char *name);
/* The staff member joins the caller's card; the test fails unless that works. */
void bench_join(struct domain_bench *bench, struct participant *staff,
                const struct participant *caller);
/* One more connection of the same user; lost at the latest by domain_bench_finish. */
struct participant *bench_staff_like(struct domain_bench *bench, const struct participant *like);
void bench_lose_staff(struct domain_bench *bench, struct participant *staff);

/* Text of the last outcome, one word per effect in order, for comparison: "card:joined",
 * "removed:left", "space:in_call:joined", "call:TO" with TO caller or staff, "chat:TO",
 * "message", "visit:ended". Static memory. */
const char *bench_effects(const struct domain_bench *bench);

/* Commands by pointer instead of text, with the outcome cleared before. */
enum status bench_do_join(struct domain_bench *bench, struct participant *actor, const char *card);
enum status bench_do_leave(struct domain_bench *bench, struct participant *actor, const char *card);
enum status bench_do_hold(struct domain_bench *bench, struct participant *actor, const char *card);
enum status bench_do_end(struct domain_bench *bench, struct participant *actor, const char *card);
enum status bench_do_remove(struct domain_bench *bench, struct participant *actor,
                            const char *card);
enum status bench_do_transfer(struct domain_bench *bench, struct participant *actor,
                              const char *card, const struct clinic *clinic);
enum status bench_do_return(struct domain_bench *bench, const struct clinic *clinic,
                            struct token_key token, struct participant **ret_caller);

#endif
