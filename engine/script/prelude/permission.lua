-- Who may hear and see whom, one direction at a time. Permission is given when a join is asked for, because
-- media may overtake the answer, and taken back when the platform has accepted its end (or has refused the
-- join). What the engine receives against it is a violation.

local actors = core.prelude("actors")
local jobs = core.prelude("jobs")

local permission = {}

local SILENCE_WATCH_US = 1000000 -- how long after a hold forbidden packets are looked for
local PROMISE_US = 2000000       -- a pair permitted for so long has heard and seen each other
local CLOSED_SENDERS_MAX = 5000

-- ---- senders by number ----

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

function permission.open_sender(actor)
  senders[actor.media:sender()] = actor
end

-- The actor whose media carries this number, or what is left of them; nil for strangers.
function permission.sender(number)
  return senders[number]
end

-- ---- silence and promises ----

local function resolve_silence(receiver, pair)
  local ended_at = pair.silence_from
  pair.silence_from = nil
  if not ended_at or not receiver.media then
    return
  end
  local received = receiver.media:received(pair.number)
  local last = received and received.last_forbidden_us or 0
  actors.record(receiver, "m.hold_silence", last > ended_at and last - ended_at or 0,
    receiver.is_caller and "at=caller" or "at=staff")
end

-- The ledger: what was promised from `since` on, for a while, must have come.
local function settle(receiver, pair, kind, name, since, at)
  local session = receiver.session
  local broken_off = session ~= nil and session.outcome ~= "completed"
  local impaired = actors.was_impaired(receiver) or actors.was_impaired(pair.sender)
  local short = at - since < PROMISE_US or broken_off or impaired
  local why = broken_off and "the session was broken off" or impaired and "an emulated network may have lost it"
    or "together for less than 2 s"
  local seen = pair[kind] ~= nil
  core.promise(name, 1, seen and 1 or 0, not seen and short and 1 or 0, why)
end

-- Who was joined with somebody was promised their media.
local function settle_promise(receiver, pair, at)
  settle(receiver, pair, "audio", "audio after a join", pair.since, at)
  if core.config.media == "full" then
    settle(receiver, pair, "video", "video after a join", pair.since, at)
  end
end

-- ---- the platform's choice in a large call ----

local PROMISES = { audio = "audio of a voice", video = "video of a tile" }

-- One kind of a sender's media is chosen for this receiver from now on, or not any more: a promise of its own.
local function set_chosen(receiver, pair, kind, chosen, at)
  local since = pair.chosen[kind]
  if chosen == (since ~= nil) then
    return
  end
  if chosen then
    local with_the_join = not pair.was_chosen[kind] and at - pair.since < PROMISE_US
    pair.was_chosen[kind] = true
    pair.later[kind] = not with_the_join and at or nil
    pair[kind] = nil
  else
    settle(receiver, pair, kind, PROMISES[kind], since, at)
  end
  pair.chosen[kind] = chosen and at or nil
  receiver.media:choose(pair.sender.media, kind, chosen, at)
end

local function follow_pair(receiver, pair, at)
  local choice = receiver._chosen
  if not pair.chosen or not pair.permitted or not pair.sender.media or not choice then
    return
  end
  set_chosen(receiver, pair, "audio", choice.audio[pair.sender] == true, at)
  set_chosen(receiver, pair, "video", choice.video[pair.sender] == true, at)
end

-- The platform told anew whom it has chosen for this receiver (receiver._chosen).
function permission.follow_choice(receiver, at)
  for _, pair in pairs(receiver.pairs) do
    follow_pair(receiver, pair, at)
  end
end

function permission.is_given(receiver, sender)
  local pair = sender.media and receiver.pairs[sender.media:sender()]
  return pair ~= nil and pair.permitted
end

-- After a hold: look once more when anything forbidden would have come.
function permission.watch_silence(people)
  jobs.start({}, function()
    core.park(SILENCE_WATCH_US)
    for _, receiver in ipairs(people) do
      for _, pair in pairs(receiver.pairs) do
        resolve_silence(receiver, pair)
      end
    end
  end)
end

-- ---- giving and taking ----

-- In a group room the platform may have to choose: what it tells by its slots is what is expected.
local function is_group(receiver)
  return receiver.call ~= nil and receiver.call.room ~= nil
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
    before = pair and pair.ended_by,
  }
  pair = receiver.pairs[number]
  local by_choice = is_group(receiver)
  if by_choice then
    pair.chosen, pair.was_chosen, pair.later = {}, {}, {}
  end
  receiver.media:permit(sender.media, true, by_choice, at)
  follow_pair(receiver, pair, at)
end

-- `why` is what ended it: "hold", "leave", "end", "transfer", "refused". After a hold, silence is measured.
local function forbid(receiver, sender, at, why)
  local number = receiver.media and sender.media and sender.media:sender()
  local pair = number and receiver.pairs[number]
  if not pair or not pair.permitted then
    return
  end
  pair.permitted, pair.ended_by = false, why == "refused" and pair.before or why
  if pair.chosen then
    set_chosen(receiver, pair, "audio", false, at)
    set_chosen(receiver, pair, "video", false, at)
  elseif why ~= "refused" then
    settle_promise(receiver, pair, at)
  end
  if why == "hold" then
    pair.silence_from = at
  end
  receiver.media:permit(sender.media, false, pair.chosen ~= nil, at)
end

-- Both directions. `measure` and `due` are for the first picture and sound that come of it.
function permission.give(a, b, measure, due, at)
  permit(a, b, measure, due, at)
  permit(b, a, measure, due, at)
end

function permission.take(a, b, at, why)
  forbid(a, b, at, why)
  forbid(b, a, at, why)
end

-- The media of `actor` is about to close: nobody expects anything of it any more. `judge` has the last word on
-- what it received.
function permission.close_sender(actor, judge)
  local now, number = core.now(), actor.media:sender()
  for _, pair in pairs(actor.pairs) do
    resolve_silence(actor, pair)
    if pair.permitted and pair.sender.media then
      permission.take(actor, pair.sender, now, "leave")
    end
    local back = pair.sender.media and pair.sender.pairs[number]
    if back then
      resolve_silence(pair.sender, back)
    end
  end
  judge()
  if actor.is_caller and actor._violations == 0 then
    actors.check(actor, "WA-24", true, "")
  end
  remember_closed(number, actor)
end

return permission
