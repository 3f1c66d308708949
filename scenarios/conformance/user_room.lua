-- User rooms: chapter UR of the requirement catalogue.

local on_duty = require("lib.checking").on_duty
local SOON = "5s"

-- The owner's room, made for them, as they see it.
local function make_room(s, owner)
  local made = s.head:add_room(s.clinic, { kind = "user", name = "A room", owner = owner })
  for _, room in ipairs(owner:rooms(s.clinic)) do
    if room.id == made.id then return room end
  end
  return made
end

-- The patient comes by the link and is let in by the owner → whether that works.
local function receives(requirement, owner, room, patient)
  local entry = patient:attempt("enter", { room = room })
  check(requirement, entry ~= nil, ("%s cannot come by the room's link"):format(patient.label))
  if entry then
    owner:admit(owner:card_of(patient, { within = SOON }))
    patient:expect("space", { state = "in_call", within = SOON, requirement = requirement })
  end
  return entry ~= nil
end

return checks {
  { "user-room", "A user room is permanent, private, and bears its owner's name",
    requirements = { "UR-01", "UR-07", "UR-08", "UR-09" },
    proven_by = { ["vanishing-rooms"] = { "UR-01" }, ["forget-owner"] = { "UR-07" }, ["short-room-list"] = { "UR-08" } },
    people = { head = "clinic_administrator", owner = "team_member", nurse = "team_member" },
    examine = function(s)
      on_duty { s.owner, s.nurse }
      local room = make_room(s, s.owner)
      local seen
      for _, one in ipairs(s.owner:rooms(s.clinic)) do
        seen = one.id == room.id and one or seen
      end
      check("UR-08", seen ~= nil and seen.kind == "user", "the room is not in its owner's list")
      check("UR-07", room.name == s.owner.name, ("the room is called '%s', its owner '%s'"):format(room.name, s.owner.name))
      check("UR-09", room.for_consultations == false, "the room is recommended for consultations")
      reading("UR-08", #s.nurse:rooms(s.clinic) == 0, "a colleague is shown the room (reading 7)")
      for _ = 1, 2 do
        check("UR-01", s.owner:attempt("open_room", room) ~= nil, "the room is not there for its owner")
        if s.owner.call then
          s.owner:leave_room(room)
        end
        sleep("100ms")
      end
    end },

  { "owner-only", "Nobody but the owner opens, watches or manages a user room",
    requirements = { "UR-02", "UR-05" },
    proven_by = { ["open-rooms"] = { "UR-02", "UR-05" }, ["keep-room-link"] = { "UR-05" } },
    invariants = { ["UR-05"] = { "INV-25" } },
    people = { head = "clinic_administrator", administrator = "organisation_administrator", owner = "team_member",
      colleague = "team_member", stranger = "outsider", patient = "patient", second = "patient" },
    examine = function(s)
      on_duty { s.head, s.administrator, s.owner, s.colleague, s.stranger }
      local room = make_room(s, s.owner)
      local old_link = room.link
      s.owner:watch_room(room)
      s.owner:open_room(room)
      for _, who in ipairs { s.colleague, s.head, s.administrator } do
        who:cannot { "open_room", room, requirement = "UR-02", because = "it is somebody else's" }
        who:cannot { "watch_room", room, requirement = "UR-02", because = "it is somebody else's" }
      end
      s.stranger:cannot { "open_room", room, requirement = "UR-05", as = "hidden", because = "they were not invited" }
      s.colleague:cannot { "open_room", room, requirement = "UR-05", as = "hidden", because = "they were not invited" }
      s.colleague:cannot { "renew_link", room, requirement = "UR-05", because = "it is somebody else's" }
      local link = s.owner:renew_link(room)
      s.patient:cannot { "enter", { link = old_link, room = room }, requirement = "UR-05", as = "hidden", because = "the link was replaced" }
      room.link = link
      check("UR-05", s.second:attempt("enter", { room = room }) ~= nil, "the new link leads nowhere")
    end },

  { "made-by-administrators", "Administrators make user rooms for those who need one; nobody makes their own",
    requirements = { "UR-03" }, proven_by = { ["deny=27:clinic_administrator"] = { "UR-03" }, ["grant=27:team_member"] = { "UR-03" } },
    people = { head = "clinic_administrator", owner = "team_member", colleague = "team_member", clerk = "clinic_clerk" },
    examine = function(s)
      local function room_of(owner) return { kind = "user", name = "A room", owner = owner } end
      s.colleague:cannot { "add_room", s.clinic, room_of(s.colleague), requirement = "UR-03", as = "forbidden", because = "nobody makes their own" }
      s.colleague:cannot { "add_room", s.clinic, room_of(s.owner), requirement = "UR-03", as = "forbidden", because = "a team member adds no room" }
      s.clerk:cannot { "add_room", s.clinic, room_of(s.owner), requirement = "UR-03", as = "forbidden", because = "a clerk adds no room" }
      local made = s.head:attempt("add_room", s.clinic, room_of(s.owner))
      check("UR-03", made ~= nil and made.owner.id == s.owner.account.id, "a clinic administrator cannot make a room for a member")
    end },

  { "invitation", "Each user room has a link of its own, by which who is invited comes to its owner",
    requirements = { "UR-06" }, proven_by = { ["dead-room-links"] = { "UR-06" } },
    people = { head = "clinic_administrator", owner = "team_member", other = "team_member", patient = "patient", client = "patient", },
    examine = function(s)
      on_duty { s.owner, s.other }
      local room, others = make_room(s, s.owner), make_room(s, s.other)
      check("UR-06", room.link ~= nil and room.link ~= others.link, "two user rooms share a link")
      for _, one in ipairs { { s.owner, room }, { s.other, others } } do
        one[1]:watch_room(one[2])
        one[1]:open_room(one[2])
      end
      if receives("UR-06", s.owner, room, s.patient) then
        s.patient:sees(s.owner, { within = SOON, requirement = "UR-06" })
        check("UR-06", s.other:shows(s.patient) == nil, "another owner is shown who came by this link")
      end
      if receives("UR-06", s.other, others, s.client) then
        check("UR-06", s.owner:shows(s.client) == nil, "another owner is shown who came by this link")
      end
    end },

  { "less-visible", "Who is in a user room stands on no dashboard and reaches no other staff",
    requirements = { "UR-10", "UR-11" }, proven_by = { ["public-user-rooms"] = { "UR-10" } },
    invariants = { ["UR-10"] = { "INV-26" } },
    people = { head = "clinic_administrator", owner = "team_member", nurse = "team_member", clerk = "clinic_clerk", patient = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.clerk:sign_on()
      on_duty { s.owner }
      local room = make_room(s, s.owner)
      s.owner:watch_room(room)
      s.owner:open_room(room)
      local rule = { requirement = "UR-10", because = "it is a private room" }
      s.nurse:hears_nothing(rule)
      s.clerk:hears_nothing(rule)
      receives("UR-10", s.owner, room, s.patient)
      s.owner:cannot { "transfer", s.patient, s.partner, requirement = "UR-11", as = "conflict", because = "a user room has no transfer" }
      s.owner:cannot { "join", s.patient, requirement = "UR-11", because = "a user room lets in, it is not joined" }
      s.owner:end_call(s.patient)
      s.patient:expect("space", { state = "ended", within = SOON })
      sleep("300ms")
      check("UR-10", rule.heard == 0 and s.nurse:shows(s.patient) == nil, "other staff learned of who is in a user room")
    end },
}
