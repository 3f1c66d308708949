-- Meeting rooms and group rooms: chapters MR and GR of the requirement catalogue.

local checking = require "lib.checking"

local changed, on_duty = checking.changed, checking.on_duty
local SOON = "5s"

-- A room of the clinic's, as somebody's list shows it; nil: it does not.
local function listed(who, clinic, room)
  for _, one in ipairs(who:rooms(clinic)) do
    if one.id == room.id then return one end
  end
  return nil
end

-- Each of these comes in; who cannot is told of under the requirement.
local function all_come_in(requirement, people, room)
  for _, who in ipairs(people) do
    check(requirement, who:attempt("open_room", room) ~= nil, ("the %s cannot come into the room"):format(who.label))
  end
end

return checks {
  { "meeting-room", "A meeting room is made once, and is there whether or not anybody is in it",
    requirements = { "MR-01", "MR-02", "MR-14", "MR-15" },
    proven_by = { ["vanishing-rooms"] = { "MR-01" }, ["any-room"] = { "MR-02" }, ["short-room-list"] = { "MR-14" } },
    invariants = { ["MR-01"] = { "INV-20" } },
    people = { head = "clinic_administrator", doctor = "team_member", stranger = "outsider", patient = "patient", guest = "guest" },
    examine = function(s)
      on_duty { s.doctor, s.stranger }
      s.patient:enter()
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Tumour board" })
      s.doctor:cannot { "open_room", { id = "RoomThatNobodyMade00", name = "none" }, requirement = "MR-02", as = "hidden",
        because = "nobody made this room" }
      check("MR-02", #s.doctor:rooms(s.clinic) <= 1, "trying a room made one")
      local seen = listed(s.doctor, s.clinic, room)
      check("MR-14", seen ~= nil and seen.kind == "meeting" and seen.name == "Tumour board", "the room is not listed to a member")
      check("MR-15", seen == nil or seen.for_consultations == false, "the room is offered for consultations")
      s.stranger:cannot { "rooms", s.clinic, requirement = "MR-14", as = "hidden", because = "they work elsewhere" }
      s.patient:cannot { "rooms", s.clinic, requirement = "MR-14", because = "a patient sees no list of rooms" }
      s.doctor:open_room(room)
      s.doctor:leave_room(room)
      sleep("100ms")
      check("MR-01", s.doctor:attempt("open_room", room) ~= nil, "the room cannot be used again by its id")
      if s.doctor.call then
        s.doctor:leave_room(room)
      end
      check("MR-01", s.guest:attempt("enter_meeting", room) ~= nil, "the room cannot be used again by its link")
    end },

  { "several-rooms", "A clinic has several meeting rooms, in use at once and apart",
    requirements = { "MR-03" }, proven_by = { ["one-room"] = { "MR-03" }, ["short-room-list"] = { "MR-03" } },
    people = { head = "clinic_administrator", one = "team_member", two = "team_member", three = "team_member", four = "team_member" },
    examine = function(s)
      local staff, rooms = { s.one, s.two, s.three, s.four }, {}
      on_duty(staff)
      for i = 1, 10 do
        rooms[i] = s.head:add_room(s.clinic, { kind = "meeting", name = "Meeting room " .. i })
      end
      check("MR-03", #s.one:rooms(s.clinic) == 10, ("of 10 rooms %d are listed"):format(#s.one:rooms(s.clinic)))
      for i, who in ipairs(staff) do
        local joined = who:open_room(rooms[i])
        check("MR-03", #joined.participants == 1, ("%d people are in a room that only one has entered"):format(#joined.participants))
      end
      for i, who in ipairs(staff) do
        local seen = listed(who, s.clinic, rooms[i])
        check("MR-03", seen ~= nil and seen.participants == 1, "the list does not tell how many are in a room")
      end
    end },

  { "meeting", "Providers, an administrator and a guest meet, and see and hear each other",
    requirements = { "MR-06", "MR-07", "MR-16" },
    proven_by = { ["deny=23:team_member"] = { "MR-06", "MR-16" }, ["deny=23:clinic_administrator"] = { "MR-07" } },
    people = { head = "clinic_administrator", one = "team_member", two = "team_member", guest = "guest" },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Case conference" })
      on_duty { s.head, s.one, s.two }
      all_come_in("MR-06", { s.one, s.two }, room)
      all_come_in("MR-07", { s.head }, room)
      check("MR-16", s.guest:attempt("enter_meeting", room) ~= nil, "a specialist from elsewhere cannot take part")
      local met = s.one.call and s.two.call and s.head.call
      check("MR-16", met ~= nil, "the team cannot meet")
      if met then
        for _, pair in ipairs { { s.one, s.two, "MR-06" }, { s.two, s.one, "MR-06" }, { s.one, s.head, "MR-07" },
          { s.head, s.two, "MR-07" }, { s.guest, s.one, "MR-16" }, { s.two, s.guest, "MR-16" } } do
          pair[1]:sees(pair[2], { within = SOON, requirement = pair[3] })
        end
      end
    end },

  { "team-only", "Who is not of the clinic's team comes into no room of it",
    requirements = { "MR-08", "GR-03" }, proven_by = { ["open-rooms"] = { "MR-08", "GR-03" } },
    invariants = { ["MR-08"] = { "INV-21" } },
    people = { head = "clinic_administrator", stranger = "outsider", colleague = { "team_member", at = "partner" }, nobody = "anonymous",
      doctor = "team_member" },
    examine = function(s)
      on_duty { s.stranger, s.colleague, s.doctor }
      for kind, requirement in pairs { meeting = "MR-08", group = "GR-03" } do
        local room = s.head:add_room(s.clinic, { kind = kind, name = "The team's" })
        s.stranger:cannot { "open_room", room, requirement = requirement, as = "hidden", because = "another organisation's" }
        s.colleague:cannot { "open_room", room, requirement = requirement, because = "another clinic's team" }
        if not s.nobody.connection then
          s.nobody:connect()
        end
        s.nobody:cannot { "open_room", room, requirement = requirement, because = "they have not signed in" }
        check(requirement, s.doctor:attempt("open_room", room) ~= nil, "a member of the team cannot come in")
        if s.doctor.call then
          s.doctor:leave_room(room)
        end
      end
    end },

  { "access-by-administrator", "Administrators give and take access to meeting rooms, member by member",
    requirements = { "MR-05" }, proven_by = { ["forget-denial"] = { "MR-05" } },
    people = { head = "clinic_administrator", doctor = "team_member", nurse = "team_member" },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      on_duty { s.doctor, s.nurse }
      s.head:deny(s.nurse, "team_member", { "use_meeting_room" }, { at = s.clinic })
      s.nurse:cannot { "open_room", room, requirement = "MR-05", as = "forbidden", because = "access was not given to them" }
      check("MR-05", s.doctor:attempt("open_room", room) ~= nil, "what was taken from one was taken from another, too")
      s.head:deny(s.nurse, "team_member", {}, { at = s.clinic })
      check("MR-05", s.nurse:attempt("open_room", room) ~= nil, "access that was given is not there")
      s.head:deny(s.nurse, "team_member", { "use_meeting_room" }, { at = s.clinic })
      s.doctor:expect("participants", { excludes = s.nurse, within = SOON })
      s.nurse:cannot { "open_room", room, requirement = "MR-05", as = "forbidden", because = "access was taken from them" }
    end },

  { "guest-link", "Who has the guest link comes in, also while others meet, and everybody in the room is told",
    requirements = { "MR-09", "MR-10" },
    proven_by = { ["dead-room-links"] = { "MR-09", "MR-10" }, ["any-room"] = { "MR-09" }, ["silent-guest"] = { "MR-10" } },
    people = { head = "clinic_administrator", doctor = "team_member", nurse = "team_member", guest = "guest", other = "guest" },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      s.other:cannot { "enter_meeting", { link = changed(room.link), name = "none" }, requirement = "MR-09", as = "hidden",
        because = "no room has this link" }
      on_duty { s.doctor, s.nurse }
      s.doctor:open_room(room)
      s.nurse:open_room(room)
      local entered = s.guest:attempt("enter_meeting", room, { name = "Dr Away" })
      check("MR-09", entered ~= nil and s.guest.account == nil, "who has the link and no account cannot come in")
      check("MR-10", entered ~= nil, "who has the link cannot come into a running meeting")
      if not entered then
        return
      end
      for _, who in ipairs { s.doctor, s.nurse } do
        who:expect("participants", { includes = s.guest, within = SOON, requirement = "MR-10", where = function(event)
          for _, one in ipairs(event.participants) do
            if one.kind == "guest" and one.name == "Dr Away" then return true end
          end
          return false
        end })
      end
    end },

  { "no-patients", "A patient gets into no meeting room",
    requirements = { "MR-11" }, proven_by = { ["patient-acts"] = { "MR-11" } },
    invariants = { ["MR-11"] = { "INV-23" } },
    people = { head = "clinic_administrator", doctor = "team_member", patient = "patient" },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      on_duty { s.doctor }
      s.doctor:open_room(room)
      s.patient:enter()
      s.patient:cannot { "rooms", s.clinic, requirement = "MR-11", because = "meeting rooms are not for patients" }
      s.patient:cannot { "open_room", room, requirement = "MR-11", because = "meeting rooms are not for patients" }
      s.patient:cannot { "authenticate", s.patient.token, requirement = "MR-11", because = "an entry is no account" }
      local card = listed(s.doctor, s.clinic, room)
      check("MR-11", card ~= nil and card.participants == 1, "somebody else is in the meeting")
    end },

  { "seven", "A meeting room takes six, whoever the seventh is; a group room takes seven",
    requirements = { "MR-12", "GR-02" }, proven_by = { ["seventh-participant"] = { "MR-12", "GR-02" } },
    invariants = { ["MR-12"] = { "INV-22" } },
    people = { head = "clinic_administrator", staff = { "team_member", count = 6 }, guest = "guest", late = "guest" },
    examine = function(s)
      local meeting = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      local group = s.head:add_room(s.clinic, { kind = "group", name = "Group" })
      for _, who in ipairs(s.staff) do who:sign_on { watch = false, media = false } end
      s.head:sign_on { watch = false, media = false }
      for i = 1, 5 do s.staff[i]:open_room(meeting) end
      s.guest:enter_meeting(meeting, { media = false })
      s.staff[6]:cannot { "open_room", meeting, requirement = "MR-12", as = "capacity", because = "six are in it" }
      s.late:cannot { "enter_meeting", meeting, { media = false }, requirement = "MR-12", as = "capacity", because = "six are in it" }
      s.staff[6]:cannot { "open_room", meeting, requirement = "GR-02", as = "capacity", because = "more than six need a group room" }
      check("MR-12", listed(s.head, s.clinic, meeting).participants == 6, "those who are in the meeting were disturbed")
      for i = 1, 5 do s.staff[i]:leave_room(meeting) end
      for _, who in ipairs(s.staff) do who:open_room(group) end
      check("GR-02", s.head:attempt("open_room", group) ~= nil, "a group room does not take seven")
    end },

  { "little-bandwidth", "Who has little bandwidth degrades alone",
    requirements = { "WA-16", "MR-13" }, media = true,
    people = { head = "clinic_administrator", one = "team_member", two = "team_member", weak = "team_member", patient = "patient" },
    examine = function(s)
      local function undisturbed(requirement)
        s.one:sees(s.two, { within = SOON, requirement = requirement })
        s.two:sees(s.one, { within = SOON, requirement = requirement })
        sleep("4s")
        for _, pair in ipairs { { s.one, s.two }, { s.two, s.one } } do
          local gap = pair[1]:longest_gap(pair[2]) or 0
          check(requirement, gap < 1, ("with a weak third the %s saw the %s freeze for %.1f s"):format(pair[1].label, pair[2].label, gap))
        end
      end
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      s.weak:network("weak-mobile")
      on_duty { s.weak }
      for _, who in ipairs { s.one, s.two } do who:sign_on() end
      all_come_in("MR-13", { s.weak, s.one, s.two }, room)
      undisturbed("MR-13")
      for _, who in ipairs { s.weak, s.one, s.two } do who:leave_room(room) end
      s.patient:network("weak-mobile")
      s.patient:enter()
      s.one:card_of(s.patient, { state = "waiting", within = SOON })
      for _, who in ipairs { s.one, s.two } do who:join(s.patient) end
      undisturbed("WA-16")
    end },

  { "twenty", "A group room takes twenty, and not one more",
    requirements = { "GR-01" }, proven_by = { ["twenty-first-participant"] = { "GR-01" } },
    invariants = { ["GR-01"] = { "INV-24" } },
    people = { head = "clinic_administrator", host = "team_member", members = { "patient", count = 20 } },
    examine = function(s)
      local room = s.head:add_room(s.clinic, { kind = "group", name = "Group" })
      s.host:sign_on { watch = false, media = false }
      s.host:watch_room(room)
      s.host:open_room(room)
      for _, member in ipairs(s.members) do member:enter { room = room, media = false } end
      for i = 1, 19 do
        s.host:admit(s.host:card_of(s.members[i], { within = SOON }))
      end
      s.host:cannot { "admit", s.members[20], requirement = "GR-01", as = "capacity", because = "twenty are in the room" }
      check("GR-01", listed(s.host, s.clinic, room).participants == 20, "the room does not hold twenty")
    end },

  { "group-room", "Group rooms stand beside the others; guests and patients come by invitation",
    requirements = { "GR-05", "GR-06" }, proven_by = { ["short-room-list"] = { "GR-05" }, ["dead-room-links"] = { "GR-06" } },
    people = { head = "clinic_administrator", host = "team_member", member = "patient", other = "patient" },
    examine = function(s)
      s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      local room = s.head:add_room(s.clinic, { kind = "group", name = "Thursday group" })
      s.host:sign_on()
      local seen = listed(s.host, s.clinic, room)
      check("GR-05", seen ~= nil and seen.kind == "group", "the group room is not listed with its kind")
      s.host:watch_room(room)
      s.host:open_room(room)
      s.other:enter()
      local entry = s.member:attempt("enter", { room = room })
      check("GR-06", entry ~= nil and entry.state == "waiting", "who is invited cannot come")
      if entry then
        s.host:admit(s.host:card_of(s.member, { within = SOON }))
        s.member:expect("space", { state = "in_call", within = SOON, requirement = "GR-06" })
        s.member:sees(s.host, { within = SOON, requirement = "GR-06" })
      end
      s.host:cannot { "admit", s.other, requirement = "GR-06", because = "they came by the clinic's link" }
      check("GR-06", s.other.state == "waiting" and #s.other:look().participants == 1, "who was not invited is in the group")
    end },
}
