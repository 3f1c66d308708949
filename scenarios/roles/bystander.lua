-- Those whom it is no business of: one set per clinic, there from before the first session to the end.
-- They must hear nothing of anybody, and what they try must be refused.

local bystander = {}

-- Another patient of the same clinic. Sends media all the while, though nobody asked for it: the platform
-- has to drop it.
function bystander.waits_and_sends_media(me)
  me:enter { details = { reason = "Waits for another day" } }
  me:hears_nothing {
    requirement = "WA-08",
    because = "a waiting patient learns nothing of others",
    allow = function(event) return event.type == "space" and event.space == me.space end,
  }
  me:send_uninvited()
end

-- A member of staff of another clinic of the organisation.
function bystander.works_elsewhere(me, clinic)
  me:sign_on { media = false }
  me:cannot { "subscribe", clinic, requirement = "WA-10", because = "staff of another clinic" }
  me:hears_nothing { requirement = "WA-10", because = "staff of another clinic" }
end

-- Signed in, but without any role here.
function bystander.has_no_role_here(me, clinic)
  me:sign_on { watch = false, media = false }
  me:cannot { "subscribe", clinic, requirement = "WA-10", because = "signed in without a role here" }
  me:hears_nothing { requirement = "WA-10", because = "signed in without a role here" }
  local status = me:open_plain()
  check("WA-25", status ~= 200, "the platform answers over plain HTTP")
end

-- Runs the organisation's reports and enters no clinic.
function bystander.reports_only(me, clinic)
  me:sign_on { watch = false, media = false }
  me:cannot { "subscribe", clinic, requirement = "WA-10", because = "a reporter enters no clinic" }
  me:hears_nothing { requirement = "WA-10", because = "a reporter enters no clinic" }
end

-- The whole set, for a story's `bystanders`.
bystander.set = {
  other_patient = { role = "patient", play = bystander.waits_and_sends_media },
  other_clinic = { role = "team_member", at = "elsewhere", play = bystander.works_elsewhere },
  outsider = { role = "outsider", play = bystander.has_no_role_here },
  reporter = { role = "organisation_reporter", play = bystander.reports_only },
}

-- The other patient tries the space of a session's patient: it must look like one that does not exist.
function bystander.replays_space(me, patient)
  me:cannot { "look", patient.space, requirement = "WA-09", as = "hidden",
    because = "another patient's space" }
end

-- Somebody with a browser and no invitation (an `anonymous` actor of a session).
function bystander.tries_links(me, patient)
  me:cannot { "enter", { link = "no-such-link-here", name = "Nobody", media = false },
    requirement = "WA-01", as = "hidden", because = "no clinic has this link" }
  me:cannot { "enter", { link = me.clinic.link, name = "Nobody", token = "not-a-token-of-anybody",
    media = false }, requirement = "SES-15", as = "hidden", because = "nobody else gets the patient's place" }
  me:cannot { "authenticate", patient.token, requirement = "WA-03",
    because = "a patient's token is no sign-in" }
  check("WA-02", me:open_link { headers = { Referer = "https://health-service.example/" } } == 200,
    "the clinic's link does not open from the health service's own website")
  check("WA-01", me:open_link { link = "no-such-link-here" } == 404,
    "an unknown link is not answered like one that does not exist")
end

return bystander
