/* Reports: how many callers a clinic had, how many were seen, how long they waited. Never who. */
#include "common/base/clock.h"
#include "reference-server/admin/admin_private.h"
#include "reference-server/admin/named_json.h"
#include "reference-server/domain/domain.h"
#include "reference-server/fault.h"

static double seconds(int64_t us)
{
    return (double)us / US_PER_S;
}

static json_t *view_totals(const struct clinic_totals *totals, bool durations)
{
    json_t *view = json_pack("{s:I, s:I}", "visits", (json_int_t)totals->visits, "seen",
                             (json_int_t)totals->seen);
    if (view && durations) {
        json_object_set_new(view, "waited_s", json_real(seconds(totals->waited_us)));
        json_object_set_new(view, "consulted_s", json_real(seconds(totals->consulted_us)));
    }
    return view;
}

/* FAULT_REPORT_NAMES: those who are there now. */
static json_t *view_callers(const struct clinic *clinic)
{
    json_t *list = json_array();
    for (const struct card *card = clinic->area.first_card; card; card = card->next)
        json_array_append_new(list, json_string(card->name));
    return list;
}

static json_t *view_clinic_report(const struct clinic *clinic, bool durations)
{
    json_t *view = view_totals(&clinic->totals, durations);
    if (view)
        json_object_set_new(view, "clinic", view_clinic(clinic));
    if (view && fault_is_on(FAULT_REPORT_NAMES))
        json_object_set_new(view, "callers", view_callers(clinic));
    return view;
}

/* ---- of one clinic ---- */

enum status handle_clinic_report(struct exchange *exchange)
{
    return exchange_clinic(exchange, ACT_RUN_CLINIC_REPORT, &exchange->change.membership.clinic);
}

json_t *view_report_of_clinic(struct exchange *exchange)
{
    return view_clinic_report(exchange->change.membership.clinic, true);
}

/* ---- of an organisation ---- */

enum status handle_organisation_report(struct exchange *exchange)
{
    struct organisation **organisation = &exchange->change.membership.organisation;
    enum status status = exchange_organisation(exchange, organisation);
    if (status != STATUS_OK)
        return status;
    return user_may_in_organisation(exchange->user, ACT_RUN_ORGANISATION_REPORT, *organisation)
               ? STATUS_OK
               : STATUS_FORBIDDEN;
}

json_t *view_report_of_organisation(struct exchange *exchange)
{
    const struct organisation *organisation = exchange->change.membership.organisation;
    bool durations = !organisation->settings.report_without_durations;
    struct clinic_totals all = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < organisation->clinic_count; i++) {
        clinic_totals_sum(&all, &organisation->clinics[i]->totals);
        json_array_append_new(list, view_clinic_report(organisation->clinics[i], durations));
    }
    json_t *view = view_totals(&all, durations);
    if (!view) {
        json_decref(list);
        return NULL;
    }
    json_object_set_new(view, "organisation", view_named(&organisation->id, organisation->name));
    json_object_set_new(view, "clinics", list);
    return view;
}
