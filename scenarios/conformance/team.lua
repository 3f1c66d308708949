-- Roles and team management: chapter ROLE of the requirement catalogue. The candidate belongs to another organisation:
-- what they may here, they may by an invitation that they accepted.

local OF_ORGANISATION = { "organisation_administrator", "organisation_coordinator", "organisation_reporter" }

-- Give the candidate the role, look that it is there, and take it away again.
local function give_and_take(requirement, who, candidate, role, at)
  local options = { at = at }
  local invitation = who:attempt("invite", role, options)
  check(requirement, invitation ~= nil, ("the %s cannot invite a %s"):format(who.label, role))
  if not invitation then
    return
  end
  candidate:accept(invitation)
  candidate:cannot { "accept", invitation, requirement = requirement, as = "hidden", because = "an invitation is taken once" }
  check(requirement, who:attempt("remove_role", candidate, role, options) ~= nil, ("the %s cannot remove a %s"):format(who.label, role))
end

return checks {
  { "organisation-roles", "Who may invite and remove those who administer, coordinate and report",
    requirements = { "ROLE-02", "ROLE-03", "ROLE-04", "ROLE-05", "ROLE-15" },
    proven_by = { ["deny=1:organisation_administrator"] = { "ROLE-02" }, ["deny=3:organisation_administrator"] = { "ROLE-03" },
      ["deny=3:organisation_coordinator"] = { "ROLE-05" }, ["grant=4:organisation_reporter"] = { "ROLE-04" },
      ["open-organisations"] = { "ROLE-15" } },
    invariants = { ["ROLE-15"] = { "INV-09" } },
    people = { administrator = "organisation_administrator", coordinator = "organisation_coordinator",
      reporter = "organisation_reporter", head = "clinic_administrator", nurse = "team_member", candidate = "outsider" },
    examine = function(s)
      s.candidate:cannot { "clinics", s.clinic.organisation, requirement = "ROLE-15", as = "hidden", because = "they have no role here" }
      for i, role in ipairs(OF_ORGANISATION) do
        give_and_take(("ROLE-0%d"):format(1 + i), s.administrator, s.candidate, role)
        for _, who in ipairs { s.reporter, s.head, s.nurse } do
          who:cannot { "invite", role, requirement = ("ROLE-0%d"):format(1 + i), because = ("%s invites nobody there"):format(who.label) }
        end
      end
      give_and_take("ROLE-05", s.coordinator, s.candidate, "organisation_coordinator")
      give_and_take("ROLE-05", s.coordinator, s.candidate, "organisation_reporter")
      s.coordinator:cannot { "invite", "organisation_administrator", requirement = "ROLE-05", as = "forbidden",
        because = "a coordinator makes no administrators" }
      s.coordinator:cannot { "remove_role", s.administrator, "organisation_administrator", requirement = "ROLE-05", as = "forbidden",
        because = "a coordinator removes no administrators" }
      s.administrator:cannot { "remove_role", s.administrator, "organisation_administrator", requirement = "ROLE-02", as = "conflict",
        because = "it is their own, and the last one" }
      s.candidate:cannot { "clinics", s.clinic.organisation, requirement = "ROLE-15", as = "hidden", because = "every role was taken from them" }
    end },

  { "team", "Administrators and clerks manage a clinic's team, each below their own rank; team members do not",
    requirements = { "ROLE-06", "ROLE-07", "ROLE-08", "ROLE-09", "ROLE-14" },
    proven_by = { ["grant=6:team_member"] = { "ROLE-09", "ROLE-14" }, ["deny=6:clinic_clerk"] = { "ROLE-08" },
      ["deny=6:clinic_administrator"] = { "ROLE-07" }, ["deny=6:organisation_administrator"] = { "ROLE-06" },
      ["promote"] = { "ROLE-08" } },
    people = { administrator = "organisation_administrator", head = "clinic_administrator", clerk = "clinic_clerk",
      nurse = "team_member", candidate = "outsider", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.administrator:clinics()
      give_and_take("ROLE-06", s.administrator, s.candidate, "team_member", s.clinic)
      give_and_take("ROLE-06", s.administrator, s.candidate, "clinic_administrator", s.partner)
      give_and_take("ROLE-07", s.head, s.candidate, "clinic_clerk", s.clinic)
      give_and_take("ROLE-08", s.clerk, s.candidate, "team_member", s.clinic)
      s.clerk:cannot { "invite", "clinic_administrator", { at = s.clinic }, requirement = "ROLE-08", as = "forbidden",
        because = "nobody gives more than they have" }
      s.clerk:cannot { "remove_role", s.head, "clinic_administrator", { at = s.clinic }, requirement = "ROLE-08", as = "forbidden",
        because = "a clerk removes no administrator" }
      s.clerk:cannot { "remove_role", s.clerk, "clinic_clerk", { at = s.clinic }, requirement = "ROLE-08",
        because = "nobody changes their own role" }
      s.nurse:cannot { "invite", "team_member", { at = s.clinic }, requirement = "ROLE-09", as = "forbidden", because = "a team member invites nobody" }
      s.nurse:cannot { "members", s.clinic, requirement = "ROLE-09", as = "forbidden", because = "a team member manages nobody" }
      s.nurse:cannot { "remove_role", s.clerk, "clinic_clerk", { at = s.clinic }, requirement = "ROLE-09", as = "forbidden",
        because = "a team member removes nobody" }
      s.head:cannot { "invite", "team_member", { at = s.partner }, requirement = "ROLE-07", because = "it is another clinic" }

      s.candidate:accept(s.administrator:invite("team_member", { at = s.partner }))
      s.candidate:cannot { "members", s.partner, requirement = "ROLE-14", because = "a team member there" }
      s.candidate:cannot { "settings", s.clinic, requirement = "ROLE-14", because = "nothing here" }
    end },

  { "seven-roles", "Each of the seven roles can be given, and who has it can learn it",
    requirements = { "ROLE-01" }, proven_by = { ["deny=4:organisation_administrator"] = { "ROLE-01" } },
    people = { administrator = "organisation_administrator", nurse = "team_member", candidate = "outsider" },
    examine = function(s)
      s.administrator:clinics()
      local places = { [s.clinic] = { "clinic_administrator", "clinic_clerk", "team_member" }, [s.partner] = { "service_referrer" } }
      local function take(role, at)
        local invitation = s.administrator:attempt("invite", role, { at = at })
        check("ROLE-01", invitation ~= nil and s.candidate:accept(invitation).role == role, ("nobody can be made %s"):format(role))
      end
      for _, role in ipairs(OF_ORGANISATION) do take(role) end
      for _, role in ipairs(places[s.clinic]) do take(role, s.clinic) end
      take("service_referrer", s.partner)
      for _, place in ipairs { s.clinic, s.partner } do
        for _, role in ipairs(places[place]) do
          local found = false
          for _, member in ipairs(s.administrator:members(place)) do
            found = found or (member.user.id == s.candidate.account.id and member.role == role)
          end
          check("ROLE-01", found, ("the %s is not listed as a member"):format(role))
        end
      end
    end },

  { "at-once", "Who loses a role is out at once, with what they had open",
    requirements = { "ROLE-16" }, proven_by = { ["keep-access"] = { "ROLE-16" } },
    people = { head = "clinic_administrator", nurse = "team_member", other = "team_member", patient = "patient", second = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.other:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.nurse:join(card)
      s.patient:expect("space", { state = "in_call", within = "5s" })
      s.head:remove_role(s.nurse, "team_member", { at = s.clinic })
      s.nurse:expect("board_ended", { within = "2s", requirement = "ROLE-16" })
      s.patient:expect("space", { state = "on_hold", within = "2s", requirement = "ROLE-16" })
      s.nurse:cannot { "join", card, requirement = "ROLE-16", because = "they have no role here any more" }
      s.nurse:cannot { "subscribe", s.clinic, requirement = "ROLE-16", because = "they have no role here any more" }
      s.second:enter()
      s.other:card_of(s.second, { state = "waiting", within = "5s" })
      check("ROLE-16", s.nurse:shows(s.second) == nil, "who lost the role is still told of new patients")
      check("ROLE-16", s.other:attempt("join", s.patient) ~= nil, "a colleague cannot go on with the patient")
    end },

  { "per-member", "What is denied to one member is denied to them alone",
    requirements = { "ROLE-10" }, proven_by = { ["forget-denial"] = { "ROLE-10" } },
    people = { head = "clinic_administrator", nurse = "team_member", other = "team_member", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.other:sign_on()
      s.patient:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      s.head:deny(s.nurse, "team_member", { "join_call" }, { at = s.clinic })
      s.nurse:cannot { "join", card, requirement = "ROLE-10", as = "forbidden", because = "it was denied to them" }
      check("ROLE-10", s.other:attempt("join", card) ~= nil, "what was denied to one is denied to another, too")
      s.head:cannot { "deny", s.nurse, "team_member", { "fly" }, { at = s.clinic }, requirement = "ROLE-10", because = "there is no such permission" }
      s.head:deny(s.nurse, "team_member", {}, { at = s.clinic })
      check("ROLE-10", s.nurse:attempt("join", card) ~= nil, "what was given back is still denied")
    end },

  { "referrer-role", "Service referrer is a role on top of another one, elsewhere in the organisation",
    requirements = { "TR-03" }, proven_by = { ["lone-referrer"] = { "TR-03" } },
    people = { head = { "clinic_administrator", at = "partner" }, administrator = "organisation_administrator", candidate = "outsider" },
    examine = function(s)
      s.administrator:clinics()
      local invitation = s.head:invite("service_referrer", { at = s.partner })
      s.candidate:cannot { "accept", invitation, requirement = "TR-03", as = "conflict", because = "they have nothing to refer from" }
      s.candidate:accept(s.administrator:invite("team_member", { at = s.clinic }))
      check("TR-03", s.candidate:attempt("accept", invitation) ~= nil, "a team member cannot become a referrer to another clinic")
    end },
}
