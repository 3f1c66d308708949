-- Sessions in group rooms: who is in them follows the acts of our own people. A group is a call
-- { room =, members =, asking =, known = } of calls.lua; who is in it may hear and see all others, or as many as
-- the platform chooses in a large one (permission.lua).

local calls = core.prelude("calls")
local permission = core.prelude("permission")

local groups = {}

-- How long lists may be on their way that name those with whom somebody was in a group, after they left it.
local ON_ITS_WAY = 2e6 -- µs

-- The session in a room; `known`: ids of all who were ever let in, since lists that are on their way may name
-- somebody who has just left.
local function group_of(room)
  if not room.call then
    room.call = { room = room, members = {}, asking = {}, known = {} }
  end
  return room.call
end

-- The group that this actor is in or was let into; nil: none.
function groups.of(actor)
  return actor.call and actor.call.room and actor.call or nil
end

-- `actor` is about to be in: may hear and see everybody who is, or is about to be.
function groups.joining(actor, room, due)
  local group, now = group_of(room), core.now()
  actor.call, actor._group_known = group, group.known
  for _, other in ipairs(calls.others_due(group, actor)) do
    permission.give(actor, other, "m.join_media", due, now)
  end
  group.asking[actor], actor._join_due = true, due
  if actor.participant then group.known[actor.participant] = true end
end

function groups.joined(actor, at)
  local group = actor.call
  group.asking[actor] = nil
  group.members[actor] = true
  calls.note_joined(actor, at)
end

function groups.refused(actor)
  local group, now = actor.call, core.now()
  if not group or group.members[actor] then
    return
  end
  group.asking[actor] = nil
  for _, other in ipairs(calls.others_due(group, actor)) do
    permission.take(actor, other, now, "refused")
  end
  calls.out(actor)
end

-- One is put back to the waiting room, or sent away.
function groups.put_back(actor, at, why)
  local group = groups.of(actor)
  if not group then
    return
  end
  local others = calls.list_without(group.members, actor)
  calls.left(actor, at, why)
  calls.out(actor)
  if why == "hold" and #others > 0 then
    others[#others + 1] = actor
    permission.watch_silence(others)
  end
end

-- The session is over, or nobody of the staff is left: everybody is out.
function groups.emptied(room, at, why)
  local group = room.call
  if not group then
    return
  end
  for _, actor in ipairs(calls.list_without(group.members)) do
    calls.left(actor, at, why)
    calls.out(actor)
  end
  room.call = nil
end

-- May this actor know of the participant with that id? Also for a moment after the group, and for as long as this
-- generator itself was late to read: what is on its way was said when they were together.
function groups.knows(actor, participant)
  local known = actor._group_known
  if not known or not known[participant] then
    return false
  end
  return groups.of(actor) ~= nil or core.now() <= (actor._call_left_at or 0) + ON_ITS_WAY + core.late()
end

return groups
