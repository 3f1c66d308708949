-- The waiting area and the patient's own space: chapter WA of the requirement catalogue.

local changed = require("lib.checking").changed

-- What who waits may be told: of their own space and media.
local function is_own(event)
  return event.type == "space" or event.type == "media_send" or event.type == "media_slots" or event.type == "participants"
end

return checks {
  { "clinic-link", "The clinic's link leads to its waiting area; a changed one leads nowhere",
    requirements = { "WA-01" }, proven_by = { ["any-room"] = { "WA-01" } },
    people = { patient = "patient", stranger = "patient", doctor = "team_member" },
    examine = function(s)
      s.doctor:sign_on()
      local entry = s.patient:enter()
      check("WA-01", entry.state == "waiting", ("the clinic's link leads to '%s'"):format(entry.state))
      s.doctor:card_of(s.patient, { state = "waiting", within = "5s", requirement = "WA-01" })
      s.stranger:cannot { "enter", { link = changed(s.clinic.link) }, requirement = "WA-01", as = "hidden",
        because = "no clinic has this link" }
      check("WA-01", s.doctor:shows(s.stranger) == nil, "who came by a link of nobody has a card")
      local status = s.stranger:open_link { link = changed(s.clinic.link) }
      check("WA-01", status == 404, ("the page of a link of nobody answers %d"):format(status))
    end },

  { "no-account", "A patient enters without an account, and with what the entry gave can do no staff work",
    requirements = { "WA-03" }, proven_by = { ["patient-acts"] = { "WA-03" } },
    people = { patient = "patient", other = "patient", doctor = "team_member" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      s.other:enter()
      s.doctor:card_of(s.other, { state = "waiting", within = "5s" })
      check("WA-03", s.patient.account == nil and s.patient.state == "waiting", "a patient without an account does not wait")
      s.patient:cannot { "authenticate", s.patient.token, requirement = "WA-03", because = "an entry is no sign-in" }
      local staff_work = {
        { "subscribe" }, { "join", s.other }, { "note", s.other, { priority = "urgent" } }, { "update", s.other, { name = "X" } },
        { "remove", s.other, "other" }, { "transfer", s.other, s.partner }, { "transfer_targets", s.other },
      }
      for _, act in ipairs(staff_work) do
        act.requirement, act.because = "WA-03", "a patient does no staff work"
        s.patient:cannot(act)
      end
      local card = s.doctor:shows(s.other)
      check("WA-03", card ~= nil and card.state == "waiting" and card.priority == "none", "a patient changed another one's card")
    end },

  { "own-space", "Each entry makes a fresh space, in which the patient is alone",
    requirements = { "WA-04", "WA-07", "WA-11" },
    people = { first = "patient", second = "patient", third = "patient" },
    examine = function(s)
      local spaces = {}
      for _, patient in ipairs { s.first, s.second, s.third } do
        patient:enter()
        check("WA-07", not spaces[patient.space], "two patients got one space")
        spaces[patient.space] = true
      end
      for _, patient in ipairs { s.first, s.second, s.third } do
        local room = patient:look()
        check("WA-11", #room.participants == 1 and room.participants[1].participant == patient.participant,
          ("who waits sees %d people in their space"):format(#room.participants))
      end
    end },

  { "foreign-space", "Another patient's space answers like one that does not exist",
    requirements = { "WA-09" }, proven_by = { ["tell-existence"] = { "WA-09" } },
    people = { patient = "patient", other = "patient" },
    examine = function(s)
      s.patient:enter()
      s.other:enter()
      s.patient:cannot { "look", s.other.space, requirement = "WA-09", as = "hidden", because = "it is somebody else's" }
      s.patient:cannot { "look", "no-space-has-this-id", requirement = "WA-09", as = "hidden", because = "there is none" }
    end },

  { "several", "Several patients wait at once: staff see all of them, no patient another one",
    requirements = { "WA-06", "WA-08", "WA-10" },
    proven_by = { ["show-card"] = { "WA-08" }, ["short-board"] = { "WA-10" } },
    invariants = { ["WA-08"] = { "INV-12" } },
    people = { first = "patient", second = "patient", third = "patient", nurse = "team_member" },
    examine = function(s)
      s.nurse:sign_on()
      s.first:enter()
      local rule = { requirement = "WA-08", because = "others are no business of theirs", allow = is_own }
      s.first:hears_nothing(rule)
      s.second:enter()
      s.third:enter()
      for _, patient in ipairs { s.first, s.second, s.third } do
        local card = s.nurse:card_of(patient, { state = "waiting", within = "5s", requirement = "WA-10" })
        check("WA-06", card.clinic == s.clinic.id, "one of several patients waits elsewhere")
      end
      s.nurse:unsubscribe()
      s.nurse:subscribe()
      for _, patient in ipairs { s.first, s.second, s.third } do
        check("WA-10", s.nurse:shows(patient) ~= nil, "who comes on duty does not see everybody who waits")
      end
      s.nurse:note(s.nurse:shows(s.second), { priority = "urgent" })
      s.third:hang_up()
      s.nurse:expect("card_gone", { of = s.third, cause = "left", within = "5s" })
      check("WA-08", rule.heard == 0, "a patient was told something of another one")
    end },

  { "many-wait", "As many wait as come, each on the dashboard",
    requirements = { "INV-14" }, proven_by = { ["short-board"] = { "INV-14" } },
    people = { nurse = "team_member", patients = { "patient", count = 20 } },
    examine = function(s)
      for _, patient in ipairs(s.patients) do
        check("INV-14", patient:attempt("enter", { media = false }) ~= nil, ("%s was not taken in"):format(patient.label))
      end
      s.nurse:sign_on()
      for _, patient in ipairs(s.patients) do
        check("INV-14", s.nurse:shows(patient) ~= nil, ("%s waits and is not listed"):format(patient.label))
      end
    end },

  { "other-clinic", "What happens in one clinic's waiting area reaches no other clinic",
    requirements = { "ORG-07" }, proven_by = { ["open-dashboard"] = { "ORG-07" } },
    invariants = { ["ORG-07"] = { "INV-11", "INV-17" } },
    people = { patient = "patient", nurse = "team_member", colleague = { "team_member", at = "partner" } },
    examine = function(s)
      s.nurse:sign_on()
      s.colleague:sign_on()
      local rule = { requirement = "ORG-07", because = "it is another clinic's patient" }
      s.colleague:hears_nothing(rule)
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.nurse:note(card, { priority = "urgent" })
      s.colleague:cannot { "subscribe", s.clinic, requirement = "ORG-07", because = "they work elsewhere" }
      s.colleague:cannot { "join", card, requirement = "ORG-07", because = "they work elsewhere" }
      s.patient:hang_up()
      s.nurse:expect("card_gone", { of = s.patient, cause = "left", within = "5s" })
      check("ORG-07", rule.heard == 0 and s.colleague:shows(s.patient) == nil, "another clinic was told of the patient")
    end },

  { "begin", "The consultation begins when staff join by the dashboard, in the space where the patient waited",
    requirements = { "WA-12", "WA-13", "WA-14", "WA-23" },
    proven_by = { ["silent-admission"] = { "WA-12" }, ["deny=20:clinic_clerk"] = { "WA-23" } },
    invariants = { ["WA-12"] = { "INV-13" } },
    people = { first = "patient", second = "patient", third = "patient", nurse = "team_member", clerk = "clinic_clerk" },
    examine = function(s)
      s.nurse:sign_on()
      s.clerk:sign_on()
      for i, patient in ipairs { s.first, s.second, s.third } do
        patient:enter()
        local who, space = i == 2 and s.clerk or s.nurse, patient.space
        local card = who:card_of(patient, { state = "waiting", within = "5s" })
        check("WA-13", patient.state == "waiting" and #patient:look().participants == 1, "somebody is with the patient before staff joined")
        local joined = who:attempt("join", card)
        check("WA-23", joined ~= nil, ("the %s cannot conduct a consultation"):format(who.label))
        if joined then
          patient:expect("space", { state = "in_call", within = "5s", requirement = "WA-12" })
          local room = patient:look()
          check("WA-14", patient.space == space and #room.participants == 2, "the consultation is not in the space where the patient waited")
          who:end_call(card)
        end
      end
    end },

  { "any-caller", "The clinic's link also serves who is no patient",
    requirements = { "WA-21" }, proven_by = { ["nameless-cards"] = { "WA-21" } },
    people = { interpreter = "patient", nurse = "team_member" },
    examine = function(s)
      s.nurse:sign_on()
      s.interpreter:enter { details = { kind = "Interpreter, French" } }
      local card = s.nurse:card_of(s.interpreter, { state = "waiting", within = "5s", requirement = "WA-21" })
      check("WA-21", card.details.kind == "Interpreter, French", "staff do not see what kind of caller it is")
      check("WA-21", s.nurse:attempt("join", card) ~= nil, "staff cannot join a caller who is no patient")
    end },

  { "signed-in", "Staff work needs an account",
    requirements = { "ROLE-17" }, proven_by = { ["keep-token"] = { "ROLE-17" } },
    people = { stranger = "patient", leaver = "team_member", patient = "patient", nurse = "team_member" },
    examine = function(s)
      s.nurse:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.leaver:sign_on { watch = false, media = false }
      local token = s.leaver.account.token
      s.leaver:sign_out()
      s.stranger:cannot { "authenticate", token, requirement = "ROLE-17", as = "unauthenticated", because = "its owner has signed out" }
      s.stranger:cannot { "authenticate", "no-token-of-anybody", requirement = "ROLE-17", as = "unauthenticated", because = "nobody has this token" }
      for _, act in ipairs { { "subscribe", s.clinic }, { "join", card }, { "note", card, { priority = "urgent" } }, { "remove", card, "other" } } do
        act.requirement, act.as, act.because = "ROLE-17", "unauthenticated", "they have not signed in"
        s.stranger:cannot(act)
      end
      local shown = s.nurse:shows(s.patient)
      check("ROLE-17", s.patient.account == nil and shown ~= nil and shown.state == "waiting", "who did not sign in changed something")
    end },

  { "end", "When the consultation is over the space is gone, for everybody",
    requirements = { "WA-05" }, proven_by = { ["keep-space"] = { "WA-05" } },
    invariants = { ["WA-05"] = { "INV-15" } },
    people = { patient = "patient", doctor = "team_member" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      s.doctor:join(card)
      s.patient:expect("space", { state = "in_call", within = "5s" })
      s.doctor:end_call(card)
      s.patient:expect("space", { state = "ended", within = "5s", requirement = "WA-05" })
      s.doctor:expect("card_gone", { of = s.patient, cause = "ended", within = "5s", requirement = "WA-05" })
      s.patient:cannot { "look", s.patient.space, requirement = "WA-05", because = "it is over" }
      s.patient:cannot { "come_back", requirement = "WA-05", as = "gone", because = "the consultation has ended" }
      s.doctor:cannot { "join", card, requirement = "WA-05", because = "nobody is there any more" }
      s.doctor:unsubscribe()
      s.doctor:subscribe()
      check("WA-05", s.doctor:shows(s.patient) == nil, "the ended consultation is still listed")
    end },

  { "flow", "A card goes from waiting to seen to over, and no other way",
    requirements = { "WA-18" }, proven_by = { ["hold-ends"] = { "WA-18" } },
    people = { patient = "patient", doctor = "team_member" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      s.doctor:cannot { "hold", card, requirement = "WA-18", as = "conflict", because = "who waits is in no call" }
      s.doctor:cannot { "end_call", card, requirement = "WA-18", as = "conflict", because = "no consultation has begun" }
      s.doctor:join(card)
      s.doctor:hold(card)
      s.doctor:card_of(s.patient, { state = "on_hold", within = "5s", requirement = "WA-18" })
      s.doctor:cannot { "hold", card, requirement = "WA-18", as = "conflict", because = "who is on hold is in no call" }
      s.doctor:join(card)
      s.doctor:end_call(card)
      s.doctor:cannot { "hold", card, requirement = "WA-18", because = "it is over" }
      s.doctor:cannot { "join", card, requirement = "WA-18", because = "who has left cannot be seen again" }
    end },

  { "six", "A consultation takes six people, and not a seventh",
    requirements = { "WA-15" }, proven_by = { ["seventh-participant"] = { "WA-15" } },
    invariants = { ["WA-15"] = { "INV-16" } },
    people = { patient = "patient", one = "team_member", two = "team_member", three = "clinic_clerk", four = "team_member",
      five = "clinic_administrator", six = "team_member" },
    examine = function(s)
      s.patient:enter()
      local staff = { s.one, s.two, s.three, s.four, s.five }
      for _, member in ipairs(staff) do
        member:sign_on()
        member:join(member:card_of(s.patient, { within = "5s" }))
      end
      s.six:sign_on()
      s.six:cannot { "join", s.patient, requirement = "WA-15", as = "capacity", because = "six are in the call already" }
      s.five:leave(s.patient)
      local joined = s.six:attempt("join", s.patient)
      check("WA-15", joined ~= nil, "a place that became free is not given")
    end },

  { "left", "Who goes before being seen leaves no card behind",
    requirements = { "WA-28" }, proven_by = { ["ghost-card"] = { "WA-28" } },
    people = { patient = "patient", doctor = "team_member" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      s.patient:hang_up()
      s.doctor:expect("card_gone", { of = s.patient, cause = "left", within = "5s", requirement = "WA-28" })
      s.doctor:cannot { "join", card, requirement = "WA-28", because = "the patient is gone" }
      s.doctor:unsubscribe()
      s.doctor:subscribe()
      check("WA-28", s.doctor:shows(s.patient) == nil, "the card of a patient who left is still listed")
    end },
}
