-- Organisations, clinics and their configuration: chapter ORG of the requirement catalogue.

local OUTSIDE = "it is another organisation's"

local function has(list, id)
  for _, one in ipairs(list) do
    if one.id == id then return true end
  end
  return false
end

return checks {
  { "directory", "Who belongs to an organisation sees its clinics, and nobody else does",
    requirements = { "ORG-01", "ORG-02", "ORG-16", "ORG-17" },
    proven_by = { ["deny=15:organisation_administrator"] = { "ORG-01" }, ["deny=15:organisation_coordinator"] = { "ORG-16" },
      ["grant=16:organisation_reporter"] = { "ORG-17" }, ["open-organisations"] = { "ORG-02" } },
    people = { administrator = "organisation_administrator", coordinator = "organisation_coordinator",
      reporter = "organisation_reporter", nurse = "team_member", outsider = "outsider" },
    examine = function(s)
      s.nurse:sign_on()
      for _, one in ipairs { { s.administrator, "ORG-01" }, { s.coordinator, "ORG-16" }, { s.reporter, "ORG-17" } } do
        local who, requirement = table.unpack(one)
        local list = who:clinics()
        check(requirement, #list == 2 and has(list, s.clinic.id) and has(list, s.partner.id),
          ("the %s sees %d of the organisation's two clinics"):format(who.label, #list))
      end
      check("ORG-02", s.administrator:settings(s.clinic).organisation == s.clinic.organisation,
        "a clinic names another organisation than the one it is listed in")
      s.reporter:cannot { "settings", s.clinic, requirement = "ORG-17", as = "forbidden", because = "a reporter enters no clinic" }
      s.administrator:cannot { "add_clinic", { name = "Nowhere", organisation = "no-organisation-has-this-id" },
        requirement = "ORG-01", as = "hidden", because = "there is no such organisation" }
      s.outsider:cannot { "clinics", s.clinic.organisation, requirement = "ORG-02", as = "hidden", because = OUTSIDE }
      s.outsider:cannot { "settings", s.clinic, requirement = "ORG-02", as = "hidden", because = OUTSIDE }
    end },

  { "create", "Administrators and coordinators create clinics, each with its waiting area; nobody else does",
    requirements = { "ORG-05", "ORG-14" },
    proven_by = { ["grant=5:organisation_reporter"] = { "ORG-14" }, ["deny=5:organisation_coordinator"] = { "ORG-14" } },
    people = { administrator = "organisation_administrator", coordinator = "organisation_coordinator",
      reporter = "organisation_reporter", head = "clinic_administrator", clerk = "clinic_clerk", nurse = "team_member",
      outsider = "outsider", patient = "patient" },
    examine = function(s)
      for _, who in ipairs { s.administrator, s.coordinator } do
        local made = who:attempt("add_clinic", { name = "Renal of " .. who.label, label = "Nephrology" })
        check("ORG-14", made ~= nil, ("the %s cannot create a clinic"):format(who.label))
        if made then
          check("ORG-14", has(s.administrator:clinics(), made.id), "a clinic that was created is not listed")
          check("ORG-05", s.patient:open_link { link = made.link } == 200, "the link of a new clinic leads nowhere")
        end
      end
      local before = #s.administrator:clinics()
      for _, who in ipairs { s.reporter, s.head, s.clerk, s.nurse, s.outsider } do
        who:cannot { "add_clinic", { name = "Unwanted" }, requirement = "ORG-14", because = ("%s creates no clinics"):format(who.label) }
      end
      check("ORG-14", #s.administrator:clinics() == before, "a refused creation left a clinic behind")
    end },

  { "configure", "A clinic is configured by its administrator and the organisation's, and by nobody else",
    requirements = { "ORG-04", "ORG-08", "ORG-09", "ORG-10", "ORG-12", "ORG-13", "ORG-15", "ROLE-11", "ROLE-12" },
    proven_by = { ["deny=8:clinic_administrator"] = { "ORG-08" }, ["deny=9:organisation_coordinator"] = { "ORG-15" },
      ["grant=8:clinic_clerk"] = { "ROLE-11" }, ["grant=10:team_member"] = { "ROLE-11" },
      ["grant=9:organisation_reporter"] = { "ROLE-12" }, ["forget-settings"] = { "ORG-04", "ORG-09", "ORG-10", "ORG-12", "ORG-13" } },
    people = { head = "clinic_administrator", coordinator = "organisation_coordinator", reporter = "organisation_reporter",
      clerk = "clinic_clerk", nurse = "team_member", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      local set = s.head:attempt("configure", s.clinic, { label = "Physiotherapy", waiting_area = { welcome = "Bring your card.", music = true } })
      check("ORG-08", set ~= nil, "the clinic's administrator cannot configure its waiting area")
      if not set then fail("the clinic was not configured") end
      s.head:configure(s.clinic, { call_interface = { raise_hand = true } })
      s.head:configure(s.clinic, { add_ons = { whiteboard = true } })
      local seen = s.head:settings(s.clinic)
      check("ORG-04", seen.label == "Physiotherapy", "the clinic's label is not what was set")
      local other = s.coordinator:settings(s.partner)
      check("ORG-09", not other.call_interface.raise_hand, "another clinic's call interface changed along")
      check("ORG-10", not other.add_ons.whiteboard, "another clinic's add-ons changed along")
      local entry = s.patient:enter()
      check("ORG-13", entry.clinic.welcome == "Bring your card.", "who waits is not shown what the clinic set")
      local call = s.nurse:join(s.nurse:card_of(s.patient, { state = "waiting", within = "5s" }))
      check("ORG-09", call.call_interface.raise_hand == true, "a new call does not have the clinic's call interface")
      check("ORG-10", call.add_ons.whiteboard == true, "a new call does not have the clinic's add-ons")
      s.nurse:end_call(s.patient)

      local changed = s.coordinator:attempt("configure", s.clinic, { call_interface = { full_screen = true } })
      check("ORG-15", changed ~= nil, "the organisation's coordinator cannot configure a clinic")
      s.head:configure(s.clinic, { name = "Renamed" })
      check("ORG-12", s.head:settings(s.clinic).name == "Renamed", "the clinic's name is not what was set")
      s.head:configure(s.clinic, { name = s.clinic.name })
      for _, one in ipairs { { s.clerk, "ROLE-11" }, { s.nurse, "ROLE-11" }, { s.reporter, "ROLE-12" } } do
        local who, requirement = table.unpack(one)
        for _, settings in ipairs { { waiting_area = { open = false } }, { call_interface = { raise_hand = false } }, { add_ons = { whiteboard = false } } } do
          who:cannot { "configure", s.clinic, settings, requirement = requirement, as = "forbidden",
            because = ("%s configures nothing"):format(who.label) }
        end
      end
    end },

  { "one-area", "A clinic has one waiting area, and nobody can give it another",
    requirements = { "ORG-06", "WA-26", "WA-02" }, proven_by = { ["second-area"] = { "ORG-06" } },
    invariants = { ["ORG-06"] = { "INV-10" } },
    people = { administrator = "organisation_administrator", coordinator = "organisation_coordinator", head = "clinic_administrator",
      clerk = "clinic_clerk", nurse = "team_member", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      local status = s.patient:open_link { headers = { Origin = "https://hospital.example", Referer = "https://hospital.example/visit" } }
      check("WA-02", status == 200, ("opened from another site the clinic's link answers %d"):format(status))
      local entry = s.patient:enter()
      check("WA-02", entry.state == "waiting", "the link leads elsewhere than to the waiting area")
      for _, who in ipairs { s.administrator, s.coordinator, s.head, s.clerk, s.nurse } do
        who:cannot { "add_room", s.clinic, { kind = "waiting_area", name = "Second" }, requirement = "ORG-06", because = "there is one already" }
      end
      check("ORG-06", #s.nurse:rooms(s.clinic) == 0 and s.patient.state == "waiting", "the first waiting area changed")
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      check("WA-26", s.nurse:attempt("join", card) ~= nil and s.nurse:attempt("hold", card) ~= nil and
        s.nurse:attempt("transfer_targets", card) ~= nil, "the waiting area has no queue, hold or transfer")
    end },

  { "closed", "A waiting area that was closed takes nobody in, until it is opened again",
    requirements = { "ORG-08" },
    people = { head = "clinic_administrator", nurse = "team_member", first = "patient", second = "patient",
      colleague = { "clinic_administrator", at = "partner" } },
    examine = function(s)
      s.nurse:sign_on()
      s.first:enter()
      local card = s.nurse:card_of(s.first, { state = "waiting", within = "5s" })
      s.head:configure(s.clinic, { waiting_area = { open = false } })
      s.second:cannot { "enter", requirement = "ORG-08", as = "conflict", because = "the waiting area is closed" }
      s.colleague:configure(s.partner, { waiting_area = { open = false } })
      s.nurse:cannot { "transfer", card, s.partner, requirement = "ORG-08", as = "conflict", because = "that waiting area is closed" }
      check("ORG-08", s.nurse:shows(s.first) ~= nil, "who waited already is gone from the closed waiting area")
      s.head:configure(s.clinic, { waiting_area = { open = true } })
      check("ORG-08", s.second:attempt("enter") ~= nil, "the opened waiting area takes nobody in")
    end },

  { "filter-down", "What the organisation sets for calls reaches all its clinics, and only two roles set it",
    requirements = { "ORG-11", "ROLE-13" },
    proven_by = { ["grant=11:organisation_reporter"] = { "ROLE-13" }, ["deny=11:organisation_coordinator"] = { "ROLE-13" },
      ["no-filter-down"] = { "ORG-11" } },
    people = { administrator = "organisation_administrator", coordinator = "organisation_coordinator",
      reporter = "organisation_reporter", head = "clinic_administrator", clerk = "clinic_clerk", nurse = "team_member" },
    examine = function(s)
      s.administrator:clinics()
      s.administrator:configure_organisation { call_interface = { background_blur = true, raise_hand = false }, call_interface_locked = true }
      for _, clinic in ipairs { s.clinic, s.partner } do
        check("ORG-11", s.administrator:settings(clinic).call_interface.background_blur == true,
          ("'%s' does not have the organisation's call interface"):format(clinic.name))
      end
      s.head:cannot { "configure", s.clinic, { call_interface = { raise_hand = true } }, requirement = "ORG-11", as = "conflict",
        because = "the organisation has locked it" }
      check("ROLE-13", s.coordinator:attempt("configure_organisation", { call_interface_locked = false }) ~= nil,
        "the coordinator cannot change the organisation's call interface")
      for _, who in ipairs { s.reporter, s.head, s.clerk, s.nurse } do
        who:cannot { "configure_organisation", { call_interface = { raise_hand = true } }, requirement = "ROLE-13",
          because = ("%s configures no organisation"):format(who.label) }
      end
      check("ROLE-13", s.administrator:organisation_settings().call_interface.raise_hand == false,
        "a refused change of the call interface was made")
    end },
}
