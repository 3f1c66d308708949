-- Transfer between waiting areas, and the service referrer: chapter TR of the requirement catalogue. A member of the own
-- clinic's team is service referrer of the partner clinic, and nothing at the clinic elsewhere.

return checks {
  { "referral", "A referrer sends a waiting patient to the other clinic: there only, on the same session, seen as a transfer",
    requirements = { "TR-05", "TR-08", "TR-10", "TR-13" }, proven_by = { ["keep-card"] = { "TR-08" } },
    people = { patient = "patient", nurse = "team_member", doctor = { "team_member", at = "partner" } },
    examine = function(s)
      s.nurse:sign_on()
      s.doctor:sign_on()
      s.patient:enter { details = { reason = "Rash" } }
      local space = s.patient.space
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.nurse:transfer(card, s.partner)
      s.nurse:expect("card_gone", { of = s.patient, cause = "transferred", within = "5s", requirement = "TR-08" })
      local told = s.patient:expect("space", { state = "waiting", reason = "transferred", within = "5s", requirement = "TR-10" })
      check("TR-10", told.clinic_name == s.partner.name and s.patient.space == space,
        "after the transfer the patient waits somewhere else, or in another space")
      local arrived = s.doctor:card_of(s.patient, { state = "waiting", within = "5s", requirement = "TR-05" })
      check("TR-13", arrived.transferred_from ~= nil and arrived.transferred_from.name == s.clinic.name,
        "the arrival is not shown as a transfer from the other clinic")
      s.nurse:cannot { "join", card, requirement = "TR-08", because = "the patient waits elsewhere now" }
      check("TR-05", s.doctor:attempt("join", arrived) ~= nil, "staff of the target clinic cannot join who was sent to them")
    end },

  { "details", "What was entered and noted travels along",
    requirements = { "TR-09" },
    people = { patient = "patient", clerk = "clinic_clerk", doctor = { "team_member", at = "partner" } },
    examine = function(s)
      s.clerk:sign_on()
      s.doctor:sign_on()
      s.patient:enter { details = { reason = "Rash" } }
      local card = s.clerk:card_of(s.patient, { state = "waiting", within = "5s" })
      s.clerk:update(card, { details = { reason = "Rash", checked = "yes" } })
      s.clerk:transfer(card, s.partner)
      local arrived = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      check("TR-09", type(arrived.details) == "table" and arrived.details.reason == "Rash" and arrived.details.checked == "yes",
        "what the source clinic took and checked did not travel along")
    end },

  { "no-grant", "Only clinics with a grant are offered; a refused transfer leaves the patient where they are",
    requirements = { "TR-07" },
    people = { patient = "patient", nurse = "team_member" },
    examine = function(s)
      s.nurse:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      for _, target in ipairs(s.nurse:transfer_targets(card)) do
        check("TR-07", target.name == s.partner.name, ("'%s' is offered as a target"):format(target.name))
      end
      s.nurse:cannot { "transfer", card, { id = "no-clinic-has-this-id" }, requirement = "TR-07", as = "hidden",
        because = "there is no such clinic" }
      local seen = s.nurse:shows(s.patient)
      check("TR-07", seen ~= nil and seen.state == "waiting" and seen.clinic == s.clinic.id, "a refused transfer moved the patient")
    end },

  { "referrer-outside", "A referrer sees nothing of the clinic they refer to",
    requirements = { "TR-04" },
    people = { patient = "patient", nurse = "team_member", doctor = { "team_member", at = "partner" } },
    examine = function(s)
      s.nurse:sign_on()
      s.doctor:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.nurse:cannot { "subscribe", s.partner, requirement = "TR-04", because = "a referrer has no dashboard there" }
      s.nurse:transfer(card, s.partner)
      local arrived = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      for _, act in ipairs { { "join", arrived }, { "note", arrived, { priority = "urgent" } }, { "remove", arrived, "other" } } do
        act.requirement, act.because = "TR-04", "the patient waits where the referrer has no access"
        s.nurse:cannot(act)
      end
    end },
}
