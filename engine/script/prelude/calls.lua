-- Who is in a call with whom, and therefore who may hear and see whom. Permission is given when a join
-- is asked for, because media may overtake the answer, and taken back when the platform has accepted
-- its end (or has refused the join). What the engine receives against it is a violation.

local actors = core.prelude("actors")
local failure = core.prelude("failure")
local jobs = core.prelude("jobs")

local calls = {}

local SILENCE_WATCH_US = 1000000 -- how long after a hold forbidden packets are looked for

local CLOSED_SENDERS_MAX = 5000

-- Number of a sender → actor. Those who closed are remembered for a while by what names them.
local senders = {}
local closed_senders, closed_first, closed_last = {}, 1, 0

local function remember_closed(number, actor)
  senders[number] = {
    label = actor.label, is_caller = actor.is_caller, joined_at = actor.joined_at,
    session = actor.session and { index = actor.session.index },
  }
  closed_last = closed_last + 1
  closed_senders[closed_last] = number
  if closed_last - closed_first >= CLOSED_SENDERS_MAX then
    senders[closed_senders[closed_first]] = nil
    closed_senders[closed_first] = nil
    closed_first = closed_first + 1
  end
end

-- ---- calls ----

-- A call: { caller =, members = { actor → true }, asking = { actor → true } (joins on their way) }.
local function call_of(caller)
  if not caller.call then
    caller.call = { caller = caller, members = {}, asking = {} }
  end
  return caller.call
end

local function list_without(set, me)
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
  return list_without(call.members, me)
end

function calls.staff_in(caller)
  local list = {}
  for _, actor in ipairs(caller.call and others_in(caller.call, caller) or {}) do
    list[#list + 1] = actor
  end
  return list
end

function calls.is_in(actor, caller)
  return caller.call ~= nil and caller.call.members[actor] == true
end

-- ---- permission, one direction at a time ----

local function resolve_silence(receiver, pair)
  local ended_at = pair.silence_from
  pair.silence_from = nil
  if not ended_at or not receiver.media then
    return
  end
  local received = receiver.media:received(pair.number)
  local last = received and received.last_forbidden_us or 0
  core.record("m.hold_silence", last > ended_at and last - ended_at or 0,
    receiver.is_caller and "at=caller" or "at=staff")
end

local function permit(receiver, sender, measure, due, at)
  if not receiver.media or not sender.media then
    return
  end
  local number = sender.media:sender()
  local pair = receiver.pairs[number]
  if pair then
    resolve_silence(receiver, pair)
    if pair.permitted then
      return
    end
  end
  receiver.pairs[number] = {
    number = number, sender = sender, permitted = true, measure = measure, due = due, since = at,
  }
  receiver.media:permit(sender.media, true, at)
end

local PROMISE_US = 2000000 -- a pair permitted for so long has heard and seen each other

-- The ledger: who was joined with somebody for a while was promised their media.
local function settle_promise(receiver, pair, at)
  local session = receiver.session
  local broken_off = session ~= nil and session.outcome ~= "completed"
  local short = at - pair.since < PROMISE_US or broken_off
  local why = broken_off and "the session was broken off" or "together for less than 2 s"
  local function promise(name, seen)
    core.promise(name, 1, seen and 1 or 0, not seen and short and 1 or 0, why)
  end
  promise("audio after a join", pair.audio)
  if core.config.media == "full" then
    promise("video after a join", pair.video)
  end
end

-- `why` is what ended it: "hold", "leave", "end", "transfer", "refused". After a hold, silence is measured.
local function forbid(receiver, sender, at, why)
  local number = receiver.media and sender.media and sender.media:sender()
  local pair = number and receiver.pairs[number]
  if not pair or not pair.permitted then
    return
  end
  pair.permitted, pair.ended_by = false, why
  if why ~= "refused" then
    settle_promise(receiver, pair, at)
  end
  if why == "hold" then
    pair.silence_from = at
  end
  receiver.media:permit(sender.media, false, at)
end

local function permit_both(a, b, measure, due, at)
  permit(a, b, measure, due, at)
  permit(b, a, measure, due, at)
end

local function forbid_both(a, b, at, why)
  forbid(a, b, at, why)
  forbid(b, a, at, why)
end

-- After a hold: look once more when anything forbidden would have come.
local function watch_silence(people)
  jobs.start({}, function()
    core.park(SILENCE_WATCH_US)
    for _, receiver in ipairs(people) do
      for _, pair in pairs(receiver.pairs) do
        resolve_silence(receiver, pair)
      end
    end
  end)
end

-- ---- what happens in calls ----

-- A member of staff asks to join `caller`; due is when the join was due.
function calls.joining(staff, caller, due)
  local call, now = call_of(caller), core.now()
  permit_both(staff, caller, "m.join_media", due, now)
  for _, set in ipairs({ call.members, call.asking }) do
    for _, other in ipairs(list_without(set, staff)) do
      permit_both(staff, other, "m.join_media", due, now)
    end
  end
  call.asking[staff] = true
end

local function note_joined(actor, at)
  actor.joined_at = at
  actor._first = {}
end

function calls.joined(staff, caller, at)
  local call = call_of(caller)
  if not next(call.members) then
    note_joined(caller, at)
  end
  call.members[caller] = true
  call.members[staff] = true
  call.asking[staff] = nil
  staff.call = call
  note_joined(staff, at)
  for _, actor in ipairs({ staff, caller }) do
    calls.catch_up(actor)
  end
end

function calls.join_refused(staff, caller)
  if calls.is_in(staff, caller) then
    return
  end
  local call, now = call_of(caller), core.now()
  call.asking[staff] = nil
  forbid_both(staff, caller, now, "refused")
  for _, set in ipairs({ call.members, call.asking }) do
    for _, other in ipairs(list_without(set, staff)) do
      forbid_both(staff, other, now, "refused")
    end
  end
end

-- One member leaves (or was lost); the others go on.
function calls.left(actor, at, why)
  local call = actor.call
  if not call or not call.members[actor] then
    return
  end
  for _, other in ipairs(others_in(call, actor)) do
    forbid_both(actor, other, at, why or "leave")
  end
  call.members[actor] = nil
  actor.joined_at = nil
  if not actor.is_caller then
    actor.call = nil
  end
end

-- Hold, end, removal: nobody is in it any more.
function calls.emptied(caller, at, why)
  local people = others_in(call_of(caller))
  for i, one in ipairs(people) do
    for j = i + 1, #people do
      forbid_both(one, people[j], at, why)
    end
    one.joined_at = nil
    if not one.is_caller then
      one.call = nil
    end
  end
  caller.call = nil
  if why == "hold" and #people > 1 then
    watch_silence(people)
  end
end

-- The caller and the actor leave; other staff stay among themselves.
function calls.transferred(actor, caller, at)
  calls.left(actor, at, "transfer")
  calls.left(caller, at, "transfer")
  caller.call = nil
end

-- A caller who dropped comes back into the call that staff kept open.
function calls.returning(caller, due)
  for _, staff in ipairs(calls.staff_in(caller)) do
    permit_both(caller, staff, "m.rejoin_media", due, core.now())
  end
end

function calls.returned(caller, at)
  call_of(caller).members[caller] = true
  note_joined(caller, at)
  calls.catch_up(caller)
end

-- The media of `actor` is about to be opened while they are in a call already.
function calls.media_ready(actor, due)
  senders[actor.media:sender()] = actor
  if actor.is_caller and actor.call and next(actor.call.members) then
    calls.returning(actor, due)
  end
end

-- ---- what the media tells ----

local MEASURED = { -- event → metric per participant, kind of m.join_media
  first_rtp = { metric = "connect.first_rtp" },
  first_audio = { metric = "connect.first_audio", kind = "audio" },
  first_frame = { metric = "connect.first_frame", kind = "video" },
  first_decoded = {},
}

local function note_session(actor, name, value)
  local session = actor.session
  if session then
    session:note_measure(name, value)
  end
end

-- Measures that count from the join's acceptance wait for it when media was faster than the answer.
local function record_first(actor, event, at)
  local row = MEASURED[event]
  if not row.metric or not actor.joined_at or actor._first[event] then
    return
  end
  actor._first[event] = true
  core.record(row.metric, math.max(0, at - actor.joined_at), "role=" .. actor.role)
end

function calls.catch_up(actor)
  local early = actor._early
  actor._early = nil
  for _, one in ipairs(early or {}) do
    record_first(actor, one.event, one.at)
  end
end

local function first(actor, event, number, at)
  local pair = actor.pairs[number]
  if not pair or not pair.permitted then
    return
  end
  local row, value = MEASURED[event], math.max(0, at - pair.due)
  if row.kind and not pair[row.kind] then
    pair[row.kind] = at
    core.record(pair.measure, value, "kind=" .. row.kind, "role=" .. actor.role)
    note_session(actor, pair.measure:sub(3), value)
  elseif event == "first_decoded" then
    core.record("m.join_decoded", value, "role=" .. actor.role)
  end
  if actor.joined_at then
    record_first(actor, event, at)
  else
    actor._early = actor._early or {}
    table.insert(actor._early, { event = event, at = at })
  end
  actors.receive(actor, { type = "media", from = pair.sender, at = at })
end

-- Who has not been joined by staff at that time waits.
local function waited(actor, at)
  local in_call = actor.call and actor.call.members and actor.call.members[actor]
  return actor.is_caller and (not in_call or (actor.joined_at ~= nil and at < actor.joined_at))
end

local ENDED = { -- what ended the permission → requirement, how to say it
  hold = { "WA-13", "media after the hold" },
  leave = { "WA-11", "media of somebody who has left" },
  ["end"] = { "WA-05", "media after the end" },
  transfer = { "TR-08", "media across a transfer" },
  refused = { "WA-15", "media after a join that was refused" },
}

-- Which requirement a packet of `sender` (nil: unknown) breaks, and how to say it.
local function violated(receiver, sender, number, at)
  local pair = receiver.pairs[number]
  if not sender then
    return "WA-24", "media of somebody unknown"
  elseif pair and ENDED[pair.ended_by] then
    return table.unpack(ENDED[pair.ended_by])
  elseif receiver.is_caller and sender.is_caller then
    return "WA-24", "media of another caller"
  elseif waited(receiver, at) and (sender.session or {}).index ~= (receiver.session or {}).index then
    return "WA-24", "media of another session while waiting"
  elseif waited(receiver, at) then
    return "WA-13", "media of staff while waiting"
  elseif waited(sender, at) then
    return "WA-13", "media of a caller who waits"
  end
  return "WA-11", "media of somebody who is in another call"
end

local function forbidden(actor, number, at)
  local sender = senders[number]
  local requirement, what = violated(actor, sender, number, at)
  actor._violations = actor._violations + 1
  actors.check(actor, requirement, false, ("received %s (%s%s)"):format(what,
    sender and sender.label or "sender " .. number,
    sender and sender.session and " of session " .. sender.session.index or ""))
end

-- Called by C: something happened to the media of `actor`.
function calls.media_event(actor, event, number, text, at)
  if MEASURED[event] then
    first(actor, event, number, at)
  elseif event == "forbidden" then
    forbidden(actor, number, at)
  elseif event == "connected" then
    actor._media_connected = true
    actors.trace(actor, "media connected", at)
    actors.receive(actor, { type = "media_connected", at = at })
  elseif event == "lost" or event == "failed" then
    local problem = ("media %s: %s"):format(event == "lost" and "was lost" or "never connected", text)
    actors.trace(actor, problem, at)
    if actor._on_media_problem then
      actor._on_media_problem(problem)
    end
  end
end

-- Has `me` heard and seen `other` since the two were joined, as far as this run has media?
function calls.has_media_from(me, other)
  local pair = me.media and other.media and me.pairs[other.media:sender()]
  if not pair then
    return false
  end
  local mode = core.config.media
  return (mode ~= "full" or pair.video ~= nil) and pair.audio ~= nil
end

-- The platform said who feeds which slot.
function calls.slots(actor, slots)
  for _, slot in ipairs(slots) do
    local source = slot.participant and actors.find(slot.participant)
    actor.media:slot(slot.mid, source and source.media)
  end
end

-- The media of `actor` is being closed: nobody expects anything of it any more.
function calls.close_media(actor)
  if not actor.media then
    return
  end
  local now = core.now()
  for _, pair in pairs(actor.pairs) do
    resolve_silence(actor, pair)
    if pair.permitted and pair.sender.media then
      forbid_both(actor, pair.sender, now, "leave")
    end
    local back = pair.sender.media and pair.sender.pairs[actor.media:sender()]
    if back then
      resolve_silence(pair.sender, back)
    end
  end
  if actor.is_caller and actor._violations == 0 then
    actors.check(actor, "WA-24", true, "")
  end
  remember_closed(actor.media:sender(), actor)
  actor.media:close()
  actor.media = nil
  actor._media_connected = nil
end

function calls.forget(actor)
  calls.close_media(actor)
  if actor.call and not actor.is_caller then
    actor.call.members[actor] = nil
  end
  actor.call = nil
end

return calls
