-- Transfer between waiting areas, and the service referrer: chapter TR of the requirement catalogue. A member of the own
-- clinic's team is service referrer of the partner clinic, and nothing at the clinic elsewhere.

return checks {
  { "referral", "A referrer sends a waiting patient to the other clinic: there only, on the same session, seen as a transfer",
    requirements = { "TR-05", "TR-08", "TR-10", "TR-13" }, proven_by = { ["keep-card"] = { "TR-08" }, ["unmarked-transfer"] = { "TR-13" } },
    invariants = { ["TR-08"] = { "INV-18" } },
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

  -- Rows 31 and 32 of the clinic-side matrix. Administrators and coordinators of the organisation have access to every clinic of
  -- it: of them there is nothing to refuse.
  { "rows-31-32", "Into a clinic that they have no access to only service referrers send, from the waiting area and from a call",
    requirements = { "TR-02", "TR-05", "TR-06" },
    proven_by = { ["any-target"] = { "TR-02" }, ["deny=31:service_referrer"] = { "TR-05", "TR-06" } },
    people = { helper = "organisation_administrator", reporter = "organisation_reporter", head = "clinic_administrator",
      clerk = "clinic_clerk", member = "team_member", referrer = "team_member", patient = "patient" },
    examine = function(s)
      s.helper:clinics()
      for _, who in ipairs { s.head, s.clerk, s.member } do
        s.helper:remove_role(who, "service_referrer", { at = s.partner })
      end
      s.helper:sign_on()
      for _, who in ipairs { s.reporter, s.head, s.clerk, s.member, s.referrer } do who:sign_on { watch = who ~= s.reporter } end
      s.patient:enter()
      for _, from_call in ipairs { false, true } do
        local requirement = from_call and "TR-06" or "TR-05"
        s.referrer:card_of(s.patient, { state = "waiting", within = "5s" })
        s.reporter:cannot { "transfer", s.patient, s.partner, requirement = "TR-02", because = "a reporter sends nobody anywhere" }
        for _, who in ipairs { s.head, s.clerk, s.member } do
          if from_call then who:join(s.patient) end
          who:cannot { "transfer", s.patient, s.partner, requirement = "TR-02", because = "they have neither access nor a referrer's role there" }
          if from_call then who:leave(s.patient) end
        end
        if from_call then s.referrer:join(s.patient) end
        local sent = s.referrer:attempt("transfer", s.patient, s.partner)
        check(requirement, sent ~= nil, "a service referrer cannot send the patient on")
        if sent then s.helper:transfer(s.patient, s.clinic) end
      end
    end },

  { "details", "What was entered and noted travels along",
    requirements = { "TR-09", "TR-12" }, proven_by = { ["deny=30:clinic_clerk"] = { "TR-12" }, ["forget-details"] = { "TR-09" } },
    people = { patient = "patient", clerk = "clinic_clerk", doctor = { "team_member", at = "partner" } },
    examine = function(s)
      s.clerk:sign_on()
      s.doctor:sign_on()
      s.patient:enter { details = { reason = "Rash" } }
      local card = s.clerk:card_of(s.patient, { state = "waiting", within = "5s" })
      s.clerk:update(card, { details = { reason = "Rash", checked = "yes" } })
      local sent = s.clerk:attempt("transfer", card, s.partner)
      check("TR-12", sent ~= nil, "reception cannot refer a caller onward after checking the details")
      if not sent then fail("the patient was not transferred") end
      local arrived = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      check("TR-09", type(arrived.details) == "table" and arrived.details.reason == "Rash" and arrived.details.checked == "yes",
        "what the source clinic took and checked did not travel along")
    end },

  { "no-grant", "Only clinics with a grant are offered; a refused transfer leaves the patient where they are",
    requirements = { "TR-07" }, proven_by = { ["any-target"] = { "TR-07" } },
    people = { administrator = "organisation_administrator", patient = "patient", nurse = "team_member" },
    examine = function(s)
      s.administrator:add_clinic { name = "Without a grant" }
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

  { "own-clinics", "Who has access to two clinics transfers between them and goes on with the patient there",
    requirements = { "TR-01" }, proven_by = { ["deny=30:team_member"] = { "TR-01" } },
    people = { patient = "patient", second = "patient", third = "patient", nurse = "team_member", clerk = "clinic_clerk",
      head = "clinic_administrator", colleague = { "clinic_administrator", at = "partner" } },
    examine = function(s)
      for i, one in ipairs { { s.nurse, "team_member" }, { s.clerk, "clinic_clerk" }, { s.head, "clinic_administrator" } } do
        local who, role = table.unpack(one)
        local patient = ({ s.patient, s.second, s.third })[i]
        who:accept(s.colleague:invite(role, { at = s.partner }))
        who:sign_on()
        patient:enter()
        local card = who:card_of(patient, { state = "waiting", within = "5s" })
        local sent = who:attempt("transfer", card, s.partner)
        check("TR-01", sent ~= nil, ("a %s cannot transfer between their own clinics"):format(role))
        if sent then
          patient:expect("space", { state = "waiting", reason = "transferred", within = "5s" })
          check("TR-01", who:attempt("join", card) ~= nil, ("a %s cannot go on with the patient in their other clinic"):format(role))
        end
      end
      s.patient:cannot { "transfer", s.second, s.clinic, requirement = "TR-01", because = "a patient transfers nobody" }
    end },

  { "no-access", "To a clinic without access or grant nobody is transferred",
    requirements = { "TR-02" }, proven_by = { ["any-target"] = { "TR-02" } },
    people = { patient = "patient", nurse = "team_member", administrator = "organisation_administrator" },
    examine = function(s)
      local third = s.administrator:add_clinic { name = "Third of " .. s.clinic.name }
      s.nurse:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      for _, target in ipairs(s.nurse:transfer_targets(card)) do
        check("TR-02", target.id ~= third.id, "a clinic without access or grant is offered as a target")
      end
      s.nurse:cannot { "transfer", card, third, requirement = "TR-02", because = "they have nothing to do with that clinic" }
      local seen = s.nurse:shows(s.patient)
      check("TR-02", seen ~= nil and seen.state == "waiting" and seen.clinic == s.clinic.id, "a refused transfer changed the patient's card")
    end },

  { "from-call", "From a call the patient is sent on: the call is over for both, the other clinic has them",
    requirements = { "TR-06", "TR-11", "TR-14" },
    proven_by = { ["deny=30:team_member"] = { "TR-06", "TR-11" }, ["show-card"] = { "TR-14" } },
    people = { patient = "patient", other = { "patient", at = "partner" }, nurse = "team_member", doctor = { "team_member", at = "partner" } },
    examine = function(s)
      s.nurse:sign_on()
      s.doctor:sign_on()
      s.other:enter()
      local rule = { requirement = "TR-14", because = "who arrives is no business of theirs",
        allow = function(event) return not event.type:find("^card") end }
      s.other:hears_nothing(rule)
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.nurse:join(card)
      s.patient:expect("space", { state = "in_call", within = "5s" })
      local sent, refusal = s.nurse:attempt("transfer", card, s.partner)
      for _, requirement in ipairs { "TR-06", "TR-11" } do
        check(requirement, sent ~= nil, "who is in the call cannot send the patient on: " .. (refusal and refusal.message or ""))
      end
      if not sent then fail("the patient was not transferred") end
      s.patient:expect("space", { state = "waiting", reason = "transferred", within = "5s", requirement = "TR-06" })
      local arrived = s.doctor:card_of(s.patient, { state = "waiting", within = "5s" })
      check("TR-11", arrived.transferred_from ~= nil, "the other clinic does not see where the patient comes from")
      check("TR-06", #s.patient:look().participants == 1, "who sent the patient on is still with them")
      check("TR-14", rule.heard == 0, "a patient of the other clinic was told of the arrival")
    end },

  { "referrer-outside", "A referrer sees nothing of the clinic they refer to",
    requirements = { "TR-04" }, proven_by = { ["grant=17:service_referrer"] = { "TR-04" } },
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
