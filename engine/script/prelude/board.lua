-- Waiting-area dashboards, seen by all who watch them at once: every event must reach every observer, in
-- order, and in which time. An observer is a member of staff who subscribed to a clinic.

local actors = core.prelude("actors")
local jobs = core.prelude("jobs")

local board = {}

local SWEEP_EVERY_US = 1000000

local observers = {} -- clinic id → { actor → true }
local events = {}    -- clinic id → { number of the event → who saw it when }
local watches = {}   -- clinic id → list of acts whose event observers must see

local STATES_AFTER = { -- WA-18: which states may follow which
  waiting = { waiting = true, in_call = true },
  in_call = { in_call = true, on_hold = true, waiting = true },
  on_hold = { on_hold = true, in_call = true, waiting = true },
}

local function is_observer(actor, clinic)
  return observers[clinic] ~= nil and observers[clinic][actor] == true
end

-- ---- every event, at every observer ----

-- Who has to see event `number` of a clinic: all who subscribed before it.
local function expected_observers(clinic, number)
  local expected = {}
  for actor in pairs(observers[clinic] or {}) do
    if actor._since[clinic] < number then
      expected[actor] = true
    end
  end
  return expected
end

local function note_arrival(actor, event)
  local clinic, number = event.clinic, event.sequence
  events[clinic] = events[clinic] or {}
  local seen = events[clinic][number]
  if not seen then
    seen = { first = event.at, count = 0, missing = expected_observers(clinic, number) }
    events[clinic][number] = seen
  end
  seen.missing[actor] = nil
  seen.last = event.at
  seen.count = seen.count + 1
  if not next(seen.missing) then
    events[clinic][number] = nil
    if seen.count > 1 then
      core.record("m.fanout", seen.last - seen.first)
    end
  end
end

local function check_order(actor, event)
  local last = actor.subscribed[event.clinic]
  actor.subscribed[event.clinic] = event.sequence
  if event.sequence ~= last + 1 then
    actors.check(actor, "WA-27", false, ("dashboard event %d came after %d: %s"):format(
      event.sequence, last, event.sequence > last and "events are missing" or "out of order"))
  end
end

local function check_state(actor, card, cause)
  local before = actor.board[card.id]
  if before and cause ~= "listed" and not (STATES_AFTER[before.state] or {})[card.state] then
    actors.check(actor, "WA-18", false, ("a card went from %s to %s (%s)"):format(before.state,
      card.state, cause))
  elseif not before and cause == "entered" and card.state ~= "waiting" then
    actors.check(actor, "WA-18", false, ("a new card is %s, not waiting"):format(card.state))
  end
end

-- ---- acts whose event must be seen ----

-- Before an act is sent: whoever watches `clinic` now must see its event. `key` finds it: card id,
-- space or name. options: cause, gone (a card_gone event), metric, due (nil: known later),
-- caller (whose card it is, so that the card is known from then on).
function board.watch(clinic, key, options)
  local watch = {
    clinic = clinic, key = key, cause = options.cause, gone = options.gone, metric = options.metric,
    due = options.due, missing = {}, arrivals = {}, until_us = core.now() + core.config.timeout_us,
    act = options.act, session = options.session, caller = options.caller,
  }
  for actor in pairs(observers[clinic] or {}) do
    watch.missing[actor] = true
  end
  if next(watch.missing) then
    watches[clinic] = watches[clinic] or {}
    table.insert(watches[clinic], watch)
  end
  return watch
end

local function remove_watch(watch)
  for i, other in ipairs(watches[watch.clinic] or {}) do
    if other == watch then
      table.remove(watches[watch.clinic], i)
      return
    end
  end
end

-- m.enter_card tells how long the first, the median and the last observer took; others tell each.
local function record_watch(watch)
  table.sort(watch.arrivals)
  local count = #watch.arrivals
  if watch.metric == "m.enter_card" and count > 0 then
    local picks = { first = 1, median = (count + 1) // 2, last = count }
    for name, place in pairs(picks) do
      actors.record(watch, watch.metric, math.max(0, watch.arrivals[place] - watch.due), "observer=" .. name)
    end
  elseif watch.metric then
    for _, at in ipairs(watch.arrivals) do
      actors.record(watch, watch.metric, math.max(0, at - watch.due), "at=observer")
    end
  end
end

local function complete(watch)
  if watch.due and not next(watch.missing) and not watch.done then
    watch.done = true
    remove_watch(watch)
    record_watch(watch)
    core.promise("dashboard events of acts", #watch.arrivals, #watch.arrivals)
    core.check("WA-27", "PASS")
  end
end

-- The moment from which it counts is known now (for m.enter_card: entry was confirmed).
function board.accepted(watch, due)
  if watch then
    watch.due = watch.due or due
    complete(watch)
  end
end

-- The act was refused: nobody need see anything.
function board.refused(watch)
  if watch then
    watch.done = true
    remove_watch(watch)
  end
end

-- A session was broken off: what it had asked for may never have happened.
function board.forget_session(session)
  for _, list in pairs(watches) do
    for _, watch in ipairs({ table.unpack(list) }) do
      if watch.session == session then
        board.refused(watch)
      end
    end
  end
end

local function is_about(watch, event)
  if watch.cause ~= event.cause or (watch.gone or false) ~= (event.type == "card_gone") then
    return false
  end
  local card = event.card or {}
  return watch.key == event.card_id or watch.key == card.id or watch.key == card.space
    or watch.key == card.name
end

local function tell_watches(actor, event)
  for _, watch in ipairs(watches[event.clinic] or {}) do
    if watch.missing[actor] and is_about(watch, event) then
      watch.missing[actor] = nil
      table.insert(watch.arrivals, event.at)
      if watch.caller and event.card then
        watch.caller._card_id = event.card.id -- events of the card's end name nothing else
      end
      complete(watch)
      return
    end
  end
end

-- ---- events as they come ----

-- A card event reached an observer (also the cards that a subscription lists).
function board.event(actor, event)
  if event.cause ~= "listed" then
    if not is_observer(actor, event.clinic) then
      return
    end
    check_order(actor, event)
    note_arrival(actor, event)
    tell_watches(actor, event)
  end
  if event.type == "card_gone" then
    actor.board[event.card_id] = nil
  else
    check_state(actor, event.card, event.cause)
    actor.board[event.card.id] = event.card
  end
  if actor._watches_board then
    actors.receive(actor, { type = "board", at = event.at })
  end
end

-- ---- subscribing ----

function board.subscribed(actor, clinic, sequence)
  actor._since = actor._since or {}
  actor._since[clinic] = sequence
  actor.subscribed[clinic] = sequence
  observers[clinic] = observers[clinic] or {}
  observers[clinic][actor] = true
end

-- The actor watches no more: nothing is expected of them.
function board.unsubscribed(actor, clinic)
  if not is_observer(actor, clinic) then
    return
  end
  observers[clinic][actor] = nil
  actor.subscribed[clinic] = nil
  for number, seen in pairs(events[clinic] or {}) do
    seen.missing[actor] = nil
    if not next(seen.missing) then
      events[clinic][number] = nil
    end
  end
  for _, watch in ipairs({ table.unpack(watches[clinic] or {}) }) do
    watch.missing[actor] = nil
    complete(watch)
  end
end

function board.forget(actor)
  for clinic in pairs(actor.subscribed) do
    board.unsubscribed(actor, clinic)
  end
end

-- ---- what never came ----

local function name_missing(missing)
  local labels = {}
  for actor in pairs(missing) do
    labels[#labels + 1] = actor.label
      .. (actor.session and " of session " .. actor.session.index or "")
  end
  table.sort(labels)
  return table.concat(labels, ", ")
end

local function count_of(set)
  local count = 0
  for _ in pairs(set) do
    count = count + 1
  end
  return count
end

local function sweep_watches(now)
  for _, list in pairs(watches) do
    for _, watch in ipairs({ table.unpack(list) }) do
      if now > watch.until_us then
        watch.done = true
        remove_watch(watch)
        core.promise("dashboard events of acts", #watch.arrivals + count_of(watch.missing),
          #watch.arrivals)
        actors.check_in_time(nil, "WA-27", false, core.config.timeout_us,
          ("after '%s' the dashboard event '%s' never reached %s"):format(watch.act, watch.cause,
            name_missing(watch.missing)))
      end
    end
  end
end

local function sweep_events(now)
  for clinic, list in pairs(events) do
    for number, seen in pairs(list) do
      if now > seen.first + core.config.timeout_us then
        list[number] = nil
        for actor in pairs(seen.missing) do
          if actor.subscribed[clinic] < number then -- else the gap was told already
            actors.check_in_time(actor, "WA-27", false, core.config.timeout_us,
              ("dashboard event %d never came; others have it"):format(number))
          end
        end
      end
    end
  end
end

-- The run is over: what is missing for a while will not come any more.
function board.finish()
  local later = core.now() + core.config.timeout_us - SWEEP_EVERY_US
  sweep_watches(later)
  sweep_events(later)
end

-- Look for what is overdue, once a second, as long as the run lasts.
function board.start()
  jobs.start({}, function()
    while true do
      core.park(SWEEP_EVERY_US)
      local now = core.now()
      sweep_watches(now)
      sweep_events(now)
    end
  end)
end

return board
