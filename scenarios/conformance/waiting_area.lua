-- The waiting area and the patient's own space: chapter WA of the requirement catalogue.

-- A link that nobody was given: the same with its last letter changed.
local function changed(link)
  return link:sub(1, -2) .. (link:sub(-1) == "A" and "B" or "A")
end

return checks {
  { "clinic-link", "The clinic's link leads to its waiting area; a changed one leads nowhere",
    requirements = { "WA-01" },
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
    requirements = { "WA-09" },
    people = { patient = "patient", other = "patient" },
    examine = function(s)
      s.patient:enter()
      s.other:enter()
      s.patient:cannot { "look", s.other.space, requirement = "WA-09", as = "hidden", because = "it is somebody else's" }
      s.patient:cannot { "look", "no-space-has-this-id", requirement = "WA-09", as = "hidden", because = "there is none" }
    end },

  { "end", "When the consultation is over the space is gone, for everybody",
    requirements = { "WA-05" }, proven_by = { ["keep-space"] = { "WA-05" } },
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
    requirements = { "WA-18" },
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
