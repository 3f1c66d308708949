/* Settings of clinics and organisations as JSON: in the administration's answers, in its requests
 * (where any part may be left out), in the store, and to whom they are for. */
#ifndef CASELOAD_SERVER_SETTINGS_JSON_H
#define CASELOAD_SERVER_SETTINGS_JSON_H

#include <jansson.h>

#include "common/base/status.h"
#include "reference-server/domain/clinic_settings.h"

#define MEMBER_NAME_SIZE 64

/* What a call of the clinic offers: {"call_interface": {…}, "add_ons": {…}}. */
json_t *settings_of_call(const struct clinic_settings *settings);
/* {"label", "waiting_area": {"open", "welcome", "music"}, "call_interface": {…}, "add_ons": {…}} */
json_t *settings_of_clinic(const struct clinic_settings *settings);
/* {"call_interface": {…}, "call_interface_locked", "report": {"durations"}} */
json_t *settings_of_organisation(const struct organisation_settings *settings);

/* Change what the members of `json` name; other members than those above, unless `name`, are
 * refused. INVALID (also: `json` is no object): nothing is changed, and `ret_member` names the
 * culprit. */
MUST_CHECK enum status settings_change_clinic(const json_t *json, struct clinic_settings *settings,
                                              char ret_member[MEMBER_NAME_SIZE]);
MUST_CHECK enum status settings_change_organisation(const json_t *json,
                                                    struct organisation_settings *settings,
                                                    char ret_member[MEMBER_NAME_SIZE]);

#endif
