-- Who is in a call with whom: follows the acts of our own people, which are all there are, and gives and takes
-- the permission to hear and see accordingly.

local permission = core.prelude("permission")

local calls = {}

-- A call: { caller =, members = { actor → true }, asking = { actor → true } (joins on their way) }.
local function call_of(caller)
  if not caller.call then
    caller.call = { caller = caller, members = {}, asking = {} }
  end
  return caller.call
end

-- Actors of a set but `me`, in a fixed order.
function calls.list_without(set, me)
  local list = {}
  for actor in pairs(set) do
    if actor ~= me then
      list[#list + 1] = actor
    end
  end
  table.sort(list, function(a, b) return a.label < b.label end)
  return list
end

local function others_in(call, me)
  return calls.list_without(call.members, me)
end

-- Those but `me` who are in a call, or about to be.
function calls.others_due(call, me)
  local list = others_in(call, me)
  local asking = calls.list_without(call.asking, me)
  return table.move(asking, 1, #asking, #list + 1, list)
end

function calls.staff_in(caller)
  return caller.call and others_in(caller.call, caller) or {}
end

function calls.is_in(actor, caller)
  return caller.call ~= nil and caller.call.members[actor] == true
end

-- ---- joining ----

-- A member of staff asks to join `caller`; due is when the join was due.
function calls.joining(staff, caller, due)
  local call, now = call_of(caller), core.now()
  permission.give(staff, caller, "m.join_media", due, now)
  for _, other in ipairs(calls.others_due(call, staff)) do
    permission.give(staff, other, "m.join_media", due, now)
  end
  call.asking[staff], staff._join_due = true, due
end

function calls.note_joined(actor, at)
  actor.joined_at = at
  actor._first = {} -- what media.lua has recorded of the first packets since
end

-- The join was accepted at that time.
function calls.joined(staff, caller, at)
  local call = call_of(caller)
  if not next(call.members) then
    calls.note_joined(caller, at)
  end
  call.members[caller] = true
  call.members[staff] = true
  call.asking[staff] = nil
  staff.call = call
  calls.note_joined(staff, at)
end

function calls.join_refused(staff, caller)
  if calls.is_in(staff, caller) then
    return
  end
  local call, now = call_of(caller), core.now()
  call.asking[staff] = nil
  permission.take(staff, caller, now, "refused")
  for _, other in ipairs(calls.others_due(call, staff)) do
    permission.take(staff, other, now, "refused")
  end
end

-- ---- leaving ----

-- One member leaves (or was lost); the others go on.
function calls.left(actor, at, why)
  local call = actor.call
  if not call or not call.members[actor] then
    return
  end
  for _, other in ipairs(others_in(call, actor)) do
    permission.take(actor, other, at, why or "leave")
  end
  call.members[actor] = nil
  actor.joined_at = nil
  if not actor.is_caller then
    calls.out(actor)
  end
end

-- Hold, end, removal: nobody is in it any more.
function calls.emptied(caller, at, why)
  local people = others_in(call_of(caller))
  for i, one in ipairs(people) do
    for j = i + 1, #people do
      permission.take(one, people[j], at, why)
    end
    one.joined_at = nil
    if not one.is_caller then
      calls.out(one)
    end
  end
  calls.out(caller)
  if why == "hold" and #people > 1 then
    permission.watch_silence(people)
  end
end

-- The caller and the actor leave; other staff stay among themselves.
function calls.transferred(actor, caller, at)
  calls.left(actor, at, "transfer")
  calls.left(caller, at, "transfer")
  calls.out(caller)
end

-- ---- coming back ----

-- The actor's media opens. Who `returns` comes back into the call that others kept open; and whoever saw the card
-- before the platform's answer reached the caller may have asked for them by now, or even got them.
function calls.opening(actor, due, returns)
  local call, now = actor.call, core.now()
  for _, other in ipairs(call and calls.others_due(call, actor) or {}) do
    if returns and not call.asking[other] then
      permission.give(actor, other, "m.rejoin_media", due, now)
    else
      permission.give(actor, other, "m.join_media", math.max(actor._join_due or 0, other._join_due or 0), now)
    end
  end
end

function calls.returned(caller, at)
  call_of(caller).members[caller] = true
  calls.note_joined(caller, at)
end

-- In no call any more, since now.
function calls.out(actor)
  actor.call, actor._call_left_at = nil, core.now()
end

function calls.forget(actor)
  if actor.call and not actor.is_caller then
    actor.call.members[actor] = nil
  end
  calls.out(actor)
end

return calls
