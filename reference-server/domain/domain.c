#include "reference-server/domain/domain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/domain/domain_private.h"
#include "reference-server/domain/past.h"
#include "reference-server/fault.h"

struct domain *domain_create(const struct domain_config *config)
{
    assert(config->ids.make && config->grace_us >= 0 && config->card_limit > 0);
    struct domain *domain = calloc(1, sizeof *domain);
    if (!domain)
        return NULL;
    domain->ids = config->ids;
    domain->grace_us = config->grace_us;
    domain->card_limit = config->card_limit;
    domain->past = past_create(config->past_limit);
    if (!domain->past) {
        free(domain);
        return NULL;
    }
    return domain;
}

static void end_all(struct domain *domain, struct area *area)
{
    struct outcome outcome;

    while (area->first_card) {
        outcome_clear(&outcome);
        area->first_card->caller->connection = NULL; /* nobody is told any more */
        card_end(domain, area->first_card, CALLER_GONE, "dropped", 0, &outcome);
    }
    outcome_clear(&outcome);
    if (area->room && area->room->call)
        call_dissolve(domain, area->room->call, &outcome);
}

void domain_destroy(struct domain *domain)
{
    if (!domain)
        return;
    for (size_t i = 0; i < domain->directory.clinic_count; i++)
        end_all(domain, &domain->directory.clinics[i]->area);
    for (size_t i = 0; i < domain->directory.room_count; i++)
        end_all(domain, &domain->directory.rooms[i]->area);
    key_table_finish(&domain->cards_by_id);
    key_table_finish(&domain->cards_by_space);
    key_table_finish(&domain->cards_by_token);
    past_destroy(domain->past);
    directory_finish(&domain->directory);
    free(domain);
}

int64_t domain_next_due_us(const struct domain *domain)
{
    return domain->grace_first ? domain->grace_first->grace_until_us : TIME_NEVER;
}

const char *participant_name(const struct participant *participant)
{
    if (participant->user)
        return participant->user->name;
    if (participant->name)
        return participant->name;
    return participant->card ? participant->card->name : "";
}

const char *participant_kind_name(enum participant_kind kind)
{
    static const char *const names[] = {[PARTICIPANT_CALLER] = "caller",
                                        [PARTICIPANT_STAFF] = "staff",
                                        [PARTICIPANT_GUEST] = "guest"};
    return names[kind];
}

static const char *const priority_names[PRIORITY_COUNT] = {
    [PRIORITY_NONE] = "none",
    [PRIORITY_ROUTINE] = "routine",
    [PRIORITY_URGENT] = "urgent",
};

const char *priority_name(enum priority priority)
{
    assert(priority < PRIORITY_COUNT);
    return priority_names[priority];
}

enum priority priority_by_name(const char *name)
{
    unsigned priority = 0;
    while (priority < PRIORITY_COUNT && strcmp(priority_names[priority], name) != 0)
        priority++;
    return (enum priority)priority;
}

bool actor_may(const struct participant *actor, enum act act, const struct clinic *clinic)
{
    if (actor->user)
        return user_may(actor->user, act, clinic);
    return fault_is_on(FAULT_PATIENT_ACTS) && permission_granted(act, ROLE_BIT(ROLE_TEAM_MEMBER));
}
