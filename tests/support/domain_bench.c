#include "tests/support/domain_bench.h"

#include <assert.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANISATION_1 "organisation-0000001"
#define ORGANISATION_2 "organisation-0000002"

static enum status make_counted_id(void *arg, struct id *ret_id)
{
    unsigned *count = arg;
    snprintf(ret_id->text, sizeof ret_id->text, "id%018u", ++*count);
    return STATUS_OK;
}

static enum role role_of(const char *letters)
{
    static const char known[ROLE_COUNT][3] = {"OA", "OC", "OR", "CA", "CC", "TM", "SR"};
    unsigned role = 0;
    while (role < ROLE_COUNT && strcmp(known[role], letters) != 0)
        role++;
    assert(role < ROLE_COUNT);
    return (enum role)role;
}

static struct clinic *add_clinic(struct domain_bench *bench, const char *organisation,
                                 const char *name, const char *link)
{
    struct directory *directory = &bench->domain->directory;
    struct id id;
    ck_assert_int_eq(make_counted_id(&bench->ids_made, &id), STATUS_OK);
    ck_assert_int_eq(directory_add_clinic(directory, id.text, organisation, name, link), STATUS_OK);
    return directory_clinic_by_id(directory, id.text);
}

struct room *bench_add_room(struct domain_bench *bench, const struct clinic *clinic,
                            enum room_kind kind, const struct user *owner, const char *link)
{
    struct directory *directory = &bench->domain->directory;
    struct id id;
    ck_assert_int_eq(make_counted_id(&bench->ids_made, &id), STATUS_OK);
    const struct new_room room = {.id = id.text,
                                  .clinic_id = clinic->id.text,
                                  .name = kind == ROOM_GROUP ? "Group room" : "Some room",
                                  .link = link,
                                  .kind = kind,
                                  .owner_id = owner ? owner->id.text : NULL};
    ck_assert_int_eq(directory_add_room(directory, &room), STATUS_OK);
    return directory_room_by_id(directory, id.text);
}

static void add_role(struct domain_bench *bench, const char *user_id, const char *letters,
                     const char *organisation, const struct clinic *clinic)
{
    if (!*letters)
        return;
    ck_assert_int_eq(directory_add_membership(&bench->domain->directory, user_id, organisation,
                                              clinic ? clinic->id.text : NULL, role_of(letters), 0),
                     STATUS_OK);
}

static struct user *add_user(struct domain_bench *bench, const char *name)
{
    struct id id;
    ck_assert_int_eq(make_counted_id(&bench->ids_made, &id), STATUS_OK);
    ck_assert_int_eq(directory_add_user(&bench->domain->directory, id.text, name, name, "no hash"),
                     STATUS_OK);
    return directory_user_by_id(&bench->domain->directory, id.text);
}

void domain_bench_init(struct domain_bench *bench)
{
    *bench = (struct domain_bench){.now_us = 1000};
    bench->domain = domain_create(&(struct domain_config){
        .ids = {.make = make_counted_id, .arg = &bench->ids_made},
        .grace_us = BENCH_GRACE_US,
        .card_limit = 1000,
        .past_limit = 1000,
    });
    ck_assert_ptr_nonnull(bench->domain);
    struct directory *directory = &bench->domain->directory;
    ck_assert_int_eq(directory_add_organisation(directory, ORGANISATION_1, "One"), STATUS_OK);
    ck_assert_int_eq(directory_add_organisation(directory, ORGANISATION_2, "Two"), STATUS_OK);
    bench->a = add_clinic(bench, ORGANISATION_1, "Clinic A", "link-to-a");
    bench->b = add_clinic(bench, ORGANISATION_1, "Clinic B", "link-to-b");
    bench->c = add_clinic(bench, ORGANISATION_1, "Clinic C", "link-to-c");
    bench->foreign = add_clinic(bench, ORGANISATION_2, "Foreign", "link-to-foreign");
    bench->room = bench_add_room(bench, bench->a, ROOM_GROUP, NULL, "link-to-room");

    struct user *user;
#define X(field, in_a, in_b, in_c, of_organisation)                                                \
    user = add_user(bench, #field);                                                                \
    add_role(bench, user->id.text, in_a, ORGANISATION_1, bench->a);                                \
    add_role(bench, user->id.text, in_b, ORGANISATION_1, bench->b);                                \
    add_role(bench, user->id.text, in_c, ORGANISATION_1, bench->c);                                \
    add_role(bench, user->id.text, of_organisation, ORGANISATION_1, NULL);                         \
    ck_assert_int_eq(staff_arrive(bench->domain, user, bench, &bench->field), STATUS_OK);
    BENCH_STAFF(X)
#undef X
    add_role(bench, bench->stranger->user->id.text, "OA", ORGANISATION_2, NULL);
}

void domain_bench_finish(struct domain_bench *bench)
{
    while (bench->extra_count > 0)
        bench_lose_staff(bench, bench->extra[0]);
    outcome_clear(&bench->outcome);
#define X(field, ...) staff_detach(bench->domain, bench->field, bench->now_us, &bench->outcome);
    BENCH_STAFF(X)
#undef X
    domain_destroy(bench->domain);
}

struct participant *bench_enter(struct domain_bench *bench, struct clinic *clinic, const char *name)
{
    return bench_enter_area(bench, &clinic->area, name);
}

struct participant *bench_enter_area(struct domain_bench *bench, struct area *area,
                                     const char *name)
{
    struct details details = {.count = 1, .items = {{"reason", "headache"}}};
    struct entry entry = {.area = area, .name = name, .details = &details, .connection = bench};
    unsigned number = ++bench->tokens_made;
    memcpy(entry.token.bytes, &number, sizeof number);
    struct participant *caller = NULL;
    outcome_clear(&bench->outcome);
    ck_assert_int_eq(caller_enter(bench->domain, &entry, bench->now_us, &bench->outcome, &caller),
                     STATUS_OK);
    return caller;
}

void bench_join(struct domain_bench *bench, struct participant *staff,
                const struct participant *caller)
{
    ck_assert_int_eq(bench_do_join(bench, staff, caller->card->id.text), STATUS_OK);
}

struct participant *bench_staff_like(struct domain_bench *bench, const struct participant *like)
{
    struct participant *staff = NULL;
    assert(bench->extra_count < sizeof bench->extra / sizeof bench->extra[0]);
    ck_assert_int_eq(staff_arrive(bench->domain, like->user, bench, &staff), STATUS_OK);
    bench->extra[bench->extra_count++] = staff;
    return staff;
}

void bench_lose_staff(struct domain_bench *bench, struct participant *staff)
{
    size_t i = 0;
    while (bench->extra[i] != staff)
        i++;
    bench->extra[i] = bench->extra[--bench->extra_count];
    outcome_clear(&bench->outcome);
    staff_detach(bench->domain, staff, bench->now_us, &bench->outcome);
}

static void append_effect(const struct effect *effect, char *text, size_t size)
{
    size_t length = strlen(text);
    const char *gap = length ? " " : "";
    const char *to = effect->to ? participant_kind_name(effect->to->kind) : "";
    char *end = text + length;
    size -= length;
    switch (effect->kind) {
    case EFFECT_CARD_CHANGED:
        snprintf(end, size, "%scard:%s", gap, effect->cause);
        break;
    case EFFECT_CARD_REMOVED:
        snprintf(end, size, "%sremoved:%s", gap, effect->cause);
        break;
    case EFFECT_SPACE_CHANGED:
        snprintf(end, size, "%sspace:%s:%s", gap, caller_state_name(effect->state), effect->cause);
        break;
    case EFFECT_CALL_CHANGED:
        snprintf(end, size, "%scall:%s%s", gap, to, effect->to->call ? "" : ":out");
        break;
    case EFFECT_CHAT:
        snprintf(end, size, "%schat:%s", gap, to);
        break;
    case EFFECT_CARD_MESSAGE:
        snprintf(end, size, "%smessage", gap);
        break;
    case EFFECT_VISIT_ENDED:
        snprintf(end, size, "%svisit:%s", gap, effect->visit.cause);
        break;
    case EFFECT_KIND_COUNT:
        assert(false);
    }
}

const char *bench_effects(const struct domain_bench *bench)
{
    static char text[EFFECTS_MAX * 40];
    text[0] = '\0';
    for (size_t i = 0; i < bench->outcome.count; i++)
        append_effect(&bench->outcome.effects[i], text, sizeof text);
    return text;
}

enum status bench_do_join(struct domain_bench *bench, struct participant *actor, const char *card)
{
    struct call *call = NULL;
    outcome_clear(&bench->outcome);
    return call_join(bench->domain, actor, card, bench->now_us, &bench->outcome, &call);
}

enum status bench_do_leave(struct domain_bench *bench, struct participant *actor, const char *card)
{
    outcome_clear(&bench->outcome);
    return call_leave(bench->domain, actor, card, bench->now_us, &bench->outcome);
}

enum status bench_do_hold(struct domain_bench *bench, struct participant *actor, const char *card)
{
    outcome_clear(&bench->outcome);
    return call_hold(bench->domain, actor, card, bench->now_us, &bench->outcome);
}

enum status bench_do_end(struct domain_bench *bench, struct participant *actor, const char *card)
{
    outcome_clear(&bench->outcome);
    return call_end(bench->domain, actor, card, bench->now_us, &bench->outcome);
}

enum status bench_do_remove(struct domain_bench *bench, struct participant *actor, const char *card)
{
    outcome_clear(&bench->outcome);
    return card_remove(bench->domain, actor, card, bench->now_us, &bench->outcome);
}

enum status bench_do_transfer(struct domain_bench *bench, struct participant *actor,
                              const char *card, const struct clinic *clinic)
{
    outcome_clear(&bench->outcome);
    return card_transfer(bench->domain, actor, card, clinic->id.text, bench->now_us,
                         &bench->outcome);
}

enum status bench_do_return(struct domain_bench *bench, const struct clinic *clinic,
                            struct token_key token, struct participant **ret_caller)
{
    outcome_clear(&bench->outcome);
    return caller_return(bench->domain, &clinic->area, &token, bench, bench->now_us,
                         &bench->outcome, ret_caller);
}
