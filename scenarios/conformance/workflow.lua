-- Whole workflows (part D of the requirement document), step by step; at load they are stories of their own.

local SOON = "5s"

-- `who` joins the patient, is seen and heard, and the platform says so; false: it was refused.
local function joins(requirement, who, patient)
  local joined = who:attempt("join", patient)
  check(requirement, joined ~= nil, ("the %s cannot join the patient"):format(who.label))
  if joined then
    patient:sees(who, { within = SOON })
    who:sees(patient, { within = SOON })
  end
  return joined ~= nil
end

local function ends(requirement, who, patient)
  who:end_call(patient)
  patient:expect("space", { state = "ended", within = SOON, requirement = requirement })
  check(requirement, patient:attempt("look") == nil, "the space is still there after the end")
end

return checks {
  { "tele-triage", "W1: a nurse sees the patient first, marks them urgent, a doctor takes over in the same session",
    requirements = { "WF-01" }, proven_by = { ["deny=20:team_member"] = { "WF-01" } },
    people = { nurse = "team_member", doctor = "team_member", patient = "patient", other = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.doctor:sign_on()
      s.patient:enter { details = { complaint = "Chest pain" } }
      s.other:enter()
      s.nurse:card_of(s.patient, { state = "waiting", within = SOON, requirement = "WF-01" })
      if not joins("WF-01", s.nurse, s.patient) then
        return
      end
      s.nurse:note(s.patient, { priority = "urgent", note = "For the doctor" })
      local card = s.doctor:expect("card", { of = s.patient, cause = "noted", within = SOON }).card
      check("WF-01", card.priority == "urgent", "the doctor does not see that it is urgent")
      if joins("WF-01", s.doctor, s.patient) then
        s.nurse:leave(s.patient)
        check("WF-01", s.patient.state == "in_call", "the session broke when the nurse left")
        ends("WF-01", s.doctor, s.patient)
      end
      check("WF-01", s.other.state == "waiting" and #s.other:look().participants == 1, "another patient was drawn in")
    end },

  { "check-in", "W3: the reception checks who it is and what they entered, the provider sees them after that",
    requirements = { "WF-03" }, proven_by = { ["deny=20:clinic_clerk"] = { "WF-03" } },
    people = { clerk = "clinic_clerk", doctor = "team_member", patient = "patient", wrong = "patient" },
    examine = function(s)
      s.clerk:sign_on()
      s.doctor:sign_on()
      s.patient:enter { name = "Misspelt" }
      s.wrong:enter()
      s.clerk:card_of(s.patient, { state = "waiting", within = SOON, requirement = "WF-03" })
      if joins("WF-03", s.clerk, s.patient) then
        s.clerk:update(s.patient, { name = "Well Spelt" })
        s.clerk:hold(s.patient)
        s.patient:expect("space", { state = "on_hold", within = SOON, requirement = "WF-03" })
        if joins("WF-03", s.doctor, s.patient) then
          ends("WF-03", s.doctor, s.patient)
        end
      end
      s.clerk:remove(s.clerk:card_of(s.wrong, { within = SOON }), "wrong_person")
      s.wrong:expect("space", { state = "ended", within = SOON, requirement = "WF-03" })
    end },

  { "virtual-clinic", "W4: an organisation makes a clinic with its team and rooms, and it works at once",
    requirements = { "WF-04", "ORG-19", "ORG-03", "ORG-18" }, proven_by = { ["deny=5:organisation_administrator"] = { "WF-04", "ORG-03" } },
    people = { administrator = "organisation_administrator", head = "outsider", doctor = "outsider", patient = "patient" },
    examine = function(s)
      local function lacking(what)
        for _, requirement in ipairs { "WF-04", "ORG-19", "ORG-03", "ORG-18" } do check(requirement, false, what) end
      end
      s.administrator:clinics()
      local clinic = s.administrator:attempt("add_clinic", { name = "Tele-dermatology", label = "Dermatology" })
      if not clinic then
        return lacking("the organisation's administrator cannot make a clinic")
      end
      s.administrator:configure(clinic, { waiting_area = { welcome = "Welcome" } })
      s.head:accept(s.administrator:invite("clinic_administrator", { at = clinic }))
      s.doctor:accept(s.head:invite("team_member", { at = clinic }))
      local board = s.head:add_room(clinic, { kind = "meeting", name = "Board" })
      s.head:add_room(clinic, { kind = "group", name = "Group" })
      s.doctor:sign_on { watch = false }
      s.doctor:subscribe(clinic)
      local rooms = s.doctor:rooms(clinic)
      check("WF-04", #rooms == 2 and rooms[1].id == board.id, "the new clinic's rooms are not there for its team")
      local listed
      for _, one in ipairs(s.administrator:clinics()) do
        listed = one.id == clinic.id and one or listed
      end
      check("ORG-18", listed ~= nil and s.doctor:settings(clinic).link ~= nil and #rooms == 2,
        "the directory does not lead from the organisation to the clinic, its waiting area and its rooms")
      local entry = s.patient:enter { link = clinic.link }
      check("ORG-03", entry.state == "waiting", "the new clinic takes no patients")
      s.doctor:card_of(s.patient, { state = "waiting", within = SOON })
      check("WF-04", s.doctor:attempt("join", s.patient) ~= nil, "the new clinic's team cannot see its patients")
      check("ORG-19", s.patient:expect("space", { state = "in_call", within = SOON }) ~= nil, "the workflow does not run on the new clinic")
      s.doctor:end_call(s.patient)
    end },

  { "virtual-visit", "W5: one patient, one provider: wait, be seen, be lost and come back, end",
    requirements = { "WF-05", "SES-30" }, proven_by = { ["deny=20:team_member"] = { "WF-05", "SES-30" } },
    people = { doctor = "team_member", patient = "patient" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      s.doctor:card_of(s.patient, { state = "waiting", within = SOON, requirement = "WF-05" })
      check("SES-30", s.patient.state == "waiting", "the patient does not wait")
      if not (joins("WF-05", s.doctor, s.patient)) then
        check("SES-30", false, "a one-to-one visit does not come about")
        return
      end
      s.doctor:chat(s.patient, "Good morning")
      s.patient:expect("chat", { text = "Good morning", within = SOON, requirement = "SES-30" })
      s.patient:drop()
      s.doctor:expect("card", { of = s.patient, cause = "dropped", within = SOON })
      local back = s.patient:come_back()
      check("WF-05", back.state == "in_call", "who was lost does not come back into the visit")
      s.patient:sees(s.doctor, { within = SOON, requirement = "SES-30" })
      ends("WF-05", s.doctor, s.patient)
    end },

  { "team-visit", "W3 and W5: scheduling staff, a nurse and a doctor serve one patient together",
    requirements = { "WF-08" }, proven_by = { ["deny=20:clinic_clerk"] = { "WF-08" } },
    people = { clerk = "clinic_clerk", nurse = "team_member", doctor = "team_member", patient = "patient" },
    examine = function(s)
      for _, who in ipairs { s.clerk, s.nurse, s.doctor } do who:sign_on() end
      s.patient:enter()
      s.clerk:card_of(s.patient, { state = "waiting", within = SOON })
      for _, who in ipairs { s.clerk, s.nurse, s.doctor } do
        if not joins("WF-08", who, s.patient) then
          return
        end
      end
      check("WF-08", #s.patient:look().participants == 4, "they are not all with the patient")
      s.clerk:leave(s.patient)
      s.nurse:leave(s.patient)
      ends("WF-08", s.doctor, s.patient)
    end },

  { "bedside", "W6: at a shared bedside device, with family let in and put back, and nothing left for the next patient",
    requirements = { "WF-06" }, proven_by = { ["vanishing-rooms"] = { "WF-06" } },
    people = { head = "clinic_administrator", doctor = "team_member", pharmacist = "team_member", bedside = "patient", family = "patient",
      next_bedside = "patient" },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "group", name = "Ward round" })
      for _, who in ipairs { s.doctor, s.pharmacist } do
        who:sign_on { watch = false }
        who:watch_room(room)
      end
      s.doctor:open_room(room)
      for _, who in ipairs { s.bedside, s.family } do
        who:enter { room = room }
        s.doctor:admit(s.doctor:card_of(who, { within = SOON }))
        who:expect("space", { state = "in_call", within = SOON, requirement = "WF-06" })
      end
      s.doctor:hold(s.family)
      s.family:expect("space", { state = "on_hold", within = SOON, requirement = "WF-06" })
      s.doctor:admit(s.family)
      s.family:expect("space", { state = "in_call", within = SOON, requirement = "WF-06" })
      s.pharmacist:open_room(room)
      s.doctor:leave_room(room)
      check("WF-06", s.bedside.state == "in_call", "the session ended when the doctor left it to the pharmacist")
      local old = s.bedside.space
      s.pharmacist:end_room(room)
      s.bedside:expect("space", { state = "ended", within = SOON, requirement = "WF-06" })
      check("WF-06", s.next_bedside:attempt("enter", { room = room }) ~= nil, "the device cannot be used for the next patient")
      if s.next_bedside.state ~= "waiting" then
        return
      end
      check("WF-06", s.next_bedside:attempt("look", old) == nil, "the next patient gets at the space of the one before")
      check("WF-06", #s.next_bedside:look().participants == 1, "the next patient finds somebody in their space")
    end },

  { "rural", "W7: over a satellite link, sent on to the specialist's clinic by a local nurse, lost and back",
    requirements = { "WF-07" }, proven_by = { ["deny=30:team_member"] = { "WF-07" } },
    people = { nurse = "team_member", specialist = { "team_member", at = "partner" }, patient = "patient" }, within = "90s",
    examine = function(s)
      s.nurse:sign_on()
      s.specialist:sign_on()
      s.patient:network("satellite")
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = SOON })
      local sent = s.nurse:attempt("transfer", card, s.partner)
      check("WF-07", sent ~= nil, "the local nurse cannot send the patient on")
      if not sent then
        return
      end
      s.specialist:card_of(s.patient, { state = "waiting", within = SOON, requirement = "WF-07" })
      s.specialist:join(s.patient)
      s.patient:sees(s.specialist, { within = "20s", requirement = "WF-07" })
      s.patient:drop()
      s.specialist:expect("card", { of = s.patient, cause = "dropped", within = SOON })
      check("WF-07", s.patient:come_back().state == "in_call", "who was lost does not come back to the specialist")
      s.specialist:end_call(s.patient)
      s.patient:expect("space", { state = "ended", within = SOON, requirement = "WF-07" })
    end },
}
