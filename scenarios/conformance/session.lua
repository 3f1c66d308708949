-- Host-led sessions: chapter SES of the requirement catalogue, in group rooms (the waiting room in front of a session) and in
-- consultations of the waiting area.

local SOON = "5s"

-- A group room with its session running, whose waiting room the host watches.
local function open_session(s, host, name)
  local room = s.head:add_room(s.clinic, { kind = "group", name = name or "Session" })
  host:sign_on { watch = false }
  host:watch_room(room)
  host:open_room(room)
  return room
end

local function come_and_wait(room, people)
  for _, who in ipairs(people) do who:enter { room = room } end
end

local function is_alone(who)
  return who.state == "waiting" and #who:look().participants == 1
end

return checks {
  { "waiting-room", "Who comes to a session waits, knowing and sending nothing, until the host lets them in",
    requirements = { "SES-01", "WA-24" }, proven_by = { ["leak-media"] = { "SES-01", "WA-24" } }, media = true,
    invariants = { ["SES-01"] = { "INV-29" } },
    people = { head = "clinic_administrator", host = "team_member", first = "patient", second = "patient" },
    examine = function(s)
      local room = open_session(s, s.host)
      come_and_wait(room, { s.first })
      s.host:card_of(s.first, { state = "waiting", within = SOON, requirement = "SES-01" })
      s.host:admit(s.host:shows(s.first))
      s.first:expect("space", { state = "in_call", within = SOON })
      come_and_wait(room, { s.second })
      s.second:hears_nothing { requirement = "SES-01", because = "they have not been let in", allow = function(event)
        return event.type == "media_send" or event.type == "media_slots"
      end }
      s.host:chat(s.first, "for those who are in")
      sleep("3s")
      check("SES-01", is_alone(s.second), "who waits is shown who is in the session")
      check("SES-01", s.second:forbidden_packets() == 0, "media of the session reached who waits")
      check("WA-24", s.second:forbidden_packets() == 0 and s.first:forbidden_packets() == 0, "media crossed between who waits and who does not")
    end },

  { "who-waits", "The host sees who waits, as they said they are, and staff correct it for all to see",
    requirements = { "SES-02", "PRV-05" }, proven_by = { ["nameless-cards"] = { "SES-02", "PRV-05" } },
    people = { nurse = "team_member", doctor = "team_member", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.doctor:sign_on()
      s.patient:enter { name = "Robin Waiting", details = { born = "1970-01-01" } }
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = SOON })
      check("SES-02", card.name == "Robin Waiting" and card.details.born == "1970-01-01", "the card does not carry what the patient entered")
      s.patient:cannot { "update", s.patient, { name = "Somebody Else" }, requirement = "SES-02", because = "staff verify who it is" }
      s.nurse:update(card, { name = "Robin Verified", details = { born = "1970-01-02" } })
      local seen = s.doctor:expect("card", { of = s.patient, cause = "updated", within = SOON, requirement = "SES-02" }).card
      check("PRV-05", seen.name == "Robin Verified" and seen.details.born == "1970-01-02", "who was verified is not on every dashboard")
      check("PRV-05", s.doctor:attempt("join", card) ~= nil, "who was verified cannot be seen")
    end },

  { "one-by-one", "The host lets in the one who was chosen, and nobody else",
    requirements = { "SES-03" }, proven_by = { ["admit-first"] = { "SES-03" } },
    people = { head = "clinic_administrator", host = "team_member", first = "patient", second = "patient", third = "patient" },
    examine = function(s)
      local room = open_session(s, s.host)
      come_and_wait(room, { s.first, s.second, s.third })
      local card = s.host:card_of(s.second, { state = "waiting", within = SOON })
      s.host:attempt("admit", card)
      sleep("300ms")
      check("SES-03", s.second.state == "in_call", "who was chosen is not in")
      check("SES-03", is_alone(s.first) and is_alone(s.third), "somebody came in who was not chosen")
    end },

  { "all-at-once", "One act lets in all who wait, and not who comes after it",
    requirements = { "SES-04" }, proven_by = { ["silent-admission"] = { "SES-04" } },
    people = { head = "clinic_administrator", host = "team_member", members = { "patient", count = 4 }, late = "patient" },
    examine = function(s)
      local room = open_session(s, s.host)
      come_and_wait(room, s.members)
      for _, member in ipairs(s.members) do
        s.host:card_of(member, { state = "waiting", within = SOON })
      end
      local admitted = s.host:admit_all(room)
      check("SES-04", #admitted == 4, ("of 4 who wait %d were let in"):format(#admitted))
      for _, member in ipairs(s.members) do
        check("SES-04", member.state == "in_call" or member:expect("space", { state = "in_call", within = "2s", requirement = "SES-04" }) ~= nil,
          "who was let in was not told")
      end
      come_and_wait(room, { s.late })
      check("SES-04", is_alone(s.late), "who came afterwards was let in, too")
    end },

  { "who-admits", "Nobody but who runs the session lets anybody in",
    requirements = { "SES-05", "SES-09" }, proven_by = { ["patient-acts"] = { "SES-05", "SES-09" } },
    people = { head = "clinic_administrator", host = "team_member", other = "team_member", inside = "patient", waiting = "patient" },
    examine = function(s)
      local room = open_session(s, s.host)
      open_session(s, s.other, "Another session")
      come_and_wait(room, { s.inside, s.waiting })
      s.host:admit(s.host:card_of(s.inside, { within = SOON }))
      s.inside:expect("space", { state = "in_call", within = SOON })
      s.host:card_of(s.waiting, { within = SOON })
      s.inside:cannot { "admit", s.waiting, requirement = "SES-05", because = "they are a patient" }
      s.waiting:cannot { "admit", s.waiting, requirement = "SES-05", because = "they wait themselves" }
      s.other:cannot { "admit", s.waiting, requirement = "SES-05", because = "they host another session" }
      check("SES-05", is_alone(s.waiting), "somebody moved who was not let in by the host")
      s.inside:cannot { "end_room", room, requirement = "SES-09", because = "participants manage nobody" }
      s.inside:cannot { "remove", s.waiting, "other", requirement = "SES-09", because = "participants manage nobody" }
      s.host:remove(s.inside, "other")
      s.inside:expect("space", { state = "ended", within = SOON, requirement = "SES-09" })
      s.host:expect("participants", { excludes = s.inside, within = SOON, requirement = "SES-09" })
    end },

  { "put-back", "Who is put back to the waiting room sees and hears nothing, and can be let in again",
    requirements = { "SES-06", "WA-13" }, proven_by = { ["media-on-hold"] = { "SES-06", "WA-13" } }, media = true,
    people = { doctor = "team_member", patient = "patient" },
    examine = function(s)
      s.doctor:sign_on()
      s.patient:enter()
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = SOON })
      s.doctor:join(card)
      s.patient:sees(s.doctor, { within = SOON })
      s.doctor:hold(card)
      s.patient:expect("space", { state = "on_hold", within = SOON, requirement = "SES-06" })
      sleep("3s")
      check("SES-06", s.patient:forbidden_packets() == 0, "media still reaches who was put back")
      check("SES-06", s.doctor:forbidden_packets() == 0, "media of who was put back still reaches others")
      check("WA-13", s.patient:forbidden_packets() == 0 and s.doctor:forbidden_packets() == 0, "media flows with nobody joined")
      s.doctor:join(card)
      s.patient:expect("space", { state = "in_call", within = SOON, requirement = "SES-06" })
    end },

  { "step-out", "The provider leaves and comes back, others come in turn, and it stays one session",
    requirements = { "SES-07", "SES-08" }, proven_by = { ["hold-ends"] = { "SES-07", "SES-08" } },
    invariants = { ["SES-07"] = { "INV-28" } },
    people = { nurse = "team_member", doctor = "team_member", pharmacist = "team_member", patient = "patient" },
    examine = function(s)
      for _, who in ipairs { s.nurse, s.doctor, s.pharmacist } do who:sign_on() end
      s.patient:enter()
      local space = s.patient.space
      local function visited_by(who, requirement, go)
        local joined = who:attempt("join", s.patient)
        check(requirement, joined ~= nil and s.patient.space == space, ("the %s cannot go on with the patient"):format(who.label))
        if joined then
          who:attempt(go, s.patient)
          sleep("200ms")
          check(requirement, s.patient.state == "on_hold" and #s.patient:look().participants == 1, "the patient is not on hold, alone, in between")
        end
      end
      s.doctor:card_of(s.patient, { state = "waiting", within = SOON })
      visited_by(s.doctor, "SES-07", "hold")
      visited_by(s.doctor, "SES-07", "leave")
      for _, who in ipairs { s.nurse, s.doctor, s.pharmacist } do visited_by(who, "SES-08", "leave") end
    end },

  { "invites", "The provider invites one more into a running session; a patient cannot",
    requirements = { "SES-17" }, proven_by = { ["dead-room-links"] = { "SES-17" }, ["patient-acts"] = { "SES-17" } },
    people = { head = "clinic_administrator", host = "team_member", patient = "patient", relative = "patient" },
    examine = function(s)
      local room = open_session(s, s.host)
      local came = s.patient:attempt("enter", { room = room })
      check("SES-17", came ~= nil, "nobody can come by the session's link")
      if not came then
        return
      end
      s.host:admit(s.host:card_of(s.patient, { within = SOON }))
      s.patient:expect("space", { state = "in_call", within = SOON })
      s.patient:cannot { "rooms", s.clinic, requirement = "SES-17", because = "a patient hands out no links" }
      s.relative:enter { room = room }
      check("SES-17", is_alone(s.relative), "who is invited does not wait")
      s.host:admit(s.host:card_of(s.relative, { within = SOON }))
      s.relative:expect("space", { state = "in_call", within = SOON, requirement = "SES-17" })
      s.host:expect("participants", { includes = s.relative, within = SOON, requirement = "SES-17" })
    end },

  { "apart", "Two sessions at once are apart: media, people, messages",
    requirements = { "SES-22" }, proven_by = { ["one-room"] = { "SES-22" } },
    invariants = { ["SES-22"] = { "INV-30" } },
    people = { head = "clinic_administrator", one = "team_member", two = "team_member", first = "patient", second = "patient" },
    examine = function(s)
      for _, pair in ipairs { { s.one, s.first, "One" }, { s.two, s.second, "Two" } } do
        local room = open_session(s, pair[1], pair[3])
        come_and_wait(room, { pair[2] })
        local let_in = pair[1]:attempt("admit", pair[1]:card_of(pair[2], { within = SOON }))
        check("SES-22", let_in ~= nil, "who came to one session cannot be let into it")
        if not let_in then
          return
        end
        pair[2]:expect("space", { state = "in_call", within = SOON })
        check("SES-22", #pair[2]:look().participants == 2, "somebody of another session is in this one")
      end
      s.one:chat(s.first, "for session one")
      s.first:expect("chat", { text = "for session one", within = SOON })
      s.second:hears_nothing { requirement = "SES-22", because = "it is another session" }
      s.one:chat(s.first, "once more for session one")
      s.first:expect("chat", { text = "once more for session one", within = SOON })
      sleep("3s")
      check("SES-22", s.first:forbidden_packets() == 0 and s.second:forbidden_packets() == 0, "media crossed between the sessions")
    end },

  { "one-step", "Joining takes one step: the link",
    requirements = { "SES-23" },
    people = { nurse = "team_member", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      local entry = s.patient:enter()
      check("SES-23", entry.state == "waiting", ("opening the link leads to '%s'"):format(entry.state))
      s.patient:is_connected { within = SOON }
      check("SES-23", s.nurse:attempt("join", s.nurse:card_of(s.patient, { within = SOON })) ~= nil, "more than the link is needed")
    end },

  { "encrypted", "Nothing goes unencrypted: neither pages nor connections nor media",
    requirements = { "WA-25", "SES-26" },
    people = { nurse = "team_member", patient = "patient" },
    examine = function(s)
      local status = s.patient:open_plain()
      for _, requirement in ipairs { "WA-25", "SES-26" } do
        check(requirement, status == nil or status == 0 or (status >= 300 and status < 500), ("the platform answers unencrypted with %s"):format(tostring(status)))
      end
      s.nurse:sign_on()
      s.patient:enter()
      s.patient:is_connected { within = SOON } -- and every answer promised DTLS-SRTP, which the engine looks at
    end },

  { "fan-out", "Everybody who watches a waiting area is told what happens in it, in order",
    requirements = { "WA-27" }, proven_by = { ["drop-events"] = { "WA-27" } },
    people = { doctor = "team_member", watchers = { "team_member", count = 3 }, patient = "patient" },
    examine = function(s)
      s.doctor:sign_on()
      for _, who in ipairs(s.watchers) do who:sign_on { media = false } end
      s.patient:enter()
      local card = s.doctor:card_of(s.patient, { state = "waiting", within = SOON })
      s.doctor:join(card)
      s.doctor:hold(card)
      s.doctor:join(card)
      s.doctor:end_call(card)
      for _, who in ipairs(s.watchers) do
        for _, cause in ipairs { "entered", "joined", "held", "joined" } do
          who:expect("card", { of = s.patient, cause = cause, within = SOON, requirement = "WA-27" })
        end
        who:expect("card_gone", { of = s.patient, cause = "ended", within = SOON, requirement = "WA-27" })
      end
    end },
}
