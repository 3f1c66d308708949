-- Verbs of callers: enter, wait, leave, lose the network, come back.

local acts = core.prelude("acts")
local actors = core.prelude("actors")
local board = core.prelude("board")
local calls = core.prelude("calls")
local media = core.prelude("media")
local target = core.prelude("target")

local verbs = actors.verbs()
local callers = {}

-- Spaces remembered, to find an id given twice: while they are somebody's, and after their end.
local LIVE_MAX, OVER_MAX = 200000, 10000

-- ---- spaces ----

local spaces, live_count = {}, 0 -- space id → its caller, false when it is over
local over, over_at = {}, 0 -- ids of those that are over, a ring

local function retire(space)
  over_at = over_at % OVER_MAX + 1
  if over[over_at] then
    spaces[over[over_at]] = nil
  end
  over[over_at] = space
  spaces[space] = false
  live_count = live_count - 1
end

local function note_space(me, space)
  local fresh = spaces[space] == nil
  actors.check(me, "WA-04", fresh, "the entry got a space that somebody had before")
  actors.check(me, "WA-07", fresh, "two callers share one space")
  if fresh and live_count < LIVE_MAX then
    spaces[space] = me
    live_count = live_count + 1
    me._spaces = me._spaces or {}
    table.insert(me._spaces, space)
  end
end

-- The session is over: the space stays known, its caller is not kept.
function callers.forget(me)
  callers.is_at(me, nil)
  for _, space in ipairs(me._spaces or {}) do
    retire(space)
  end
  me._spaces = nil
end

-- The caller of a space; nil when it is nobody of ours, or over.
function callers.of_space(space)
  return space and spaces[space] or nil
end

-- ---- who is at a clinic ----

local at_clinic = {} -- clinic → { caller → true }

-- The caller is at this clinic now; nil: at none any more.
function callers.is_at(me, clinic)
  local before = me._at_clinic
  if before then
    at_clinic[before][me] = nil
  end
  me._at_clinic = clinic
  if clinic then
    at_clinic[clinic] = at_clinic[clinic] or {}
    at_clinic[clinic][me] = true
  end
end

-- Our callers at a clinic, bystanders among them: caller → true. Whose visit is over may be there still.
function callers.at(clinic)
  return at_clinic[clinic] or {}
end

-- Where a caller waits or waited: the id of the room's waiting room, or of the clinic.
function callers.area_of(me)
  if me.room then
    return me.room.id
  end
  return me.clinic.id
end

-- ---- connections ----

function callers.connect(me)
  if not me.connection then
    target.driver().open(me)
  end
end

-- me:connect(): a bare connection that has not said who it is.
function verbs.connect(me)
  me.step = "connect"
  callers.connect(me)
end

-- ---- verbs ----

-- me:enter{ name =, details =, link =, room = }: open the clinic's link, or a group room's, and wait. Media
-- connects at once.
function verbs.enter(me, options)
  options = options or {}
  me.name = options.name or me.name
  me.details = options.details or me.details
  me.room = options.room
  local opened, watch = core.due(), nil
  callers.connect(me)
  local result = acts.act(me, "enter", {
    link = options.link or (me.room or me.clinic).link, name = me.name, details = me.details, token = options.token,
  }, {
    before = function()
      watch = acts.watch(me, callers.area_of(me), me.name, {
        cause = "entered", metric = "m.enter_card", act = "enter", caller = me,
      })
    end,
    accepted = function(result, at)
      acts.need(me, result, { space = "string", participant = "string", state = "string", token = "string" })
      actors.record(me, "m.link_waiting", at - opened)
      me.space, me.token, me.state = result.space, result.token, result.state
      me.waiting_since = at
      actors.known_as(me, result.participant)
      note_space(me, result.space)
      callers.is_at(me, me.room or me.clinic)
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  if options.media ~= false then
    media.open(me, opened)
  end
  return result
end

local function close_connection(me)
  media.close(me)
  actors.known_as(me, nil)
  if me.connection then
    target.driver().close(me)
  end
  me.connection, me._media_send, me._media_slots, me._participants = nil, nil, nil, nil
  me._chosen = nil
  me.inbox = {}
end

-- me:come_back(): enter again, over a new connection, with the token of the first entry: after a drop or
-- after leaving.
function verbs.come_back(me, options)
  options = options or {}
  local due, watch = core.due(), nil
  close_connection(me)
  callers.connect(me)
  local result = acts.act(me, "enter", {
    link = options.link or (me.room or me.clinic).link, name = me.name, token = options.token or me.token,
  }, {
    before = function()
      watch = acts.watch(me, callers.area_of(me), me.space, { cause = "returned", act = "come_back" })
    end,
    accepted = function(result, at)
      acts.need(me, result, { participant = "string", state = "string" })
      me.state, me._is_gone = result.state, nil
      actors.known_as(me, result.participant)
      if result.state == "in_call" then
        calls.returned(me, at)
        media.catch_up(me)
      end
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  if options.media ~= false then
    media.open(me, due, true)
  end
  return result
end

-- me:hang_up(): leave for good.
function verbs.hang_up(me)
  local waits, watch = me.state ~= "in_call", nil
  local result = acts.act(me, "hang_up", {}, {
    before = function()
      watch = acts.watch(me, callers.area_of(me), me._card_id or me.space, {
        cause = "left", gone = waits, act = "hang_up",
      })
    end,
    accepted = function(_, at)
      calls.left(me, at)
      me.state = "left"
      me._is_gone = waits
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  return result
end

-- Of staff nothing is expected until they sign on again.
local function drop_staff(me)
  board.forget(me)
  calls.left(me, core.now())
  target.driver().drop(me)
  me.connection = nil
  close_connection(me)
  me._was_dropped = true
end

-- me:drop(): the network is lost, in the middle of everything.
function verbs.drop(me)
  me.step = "drop"
  actors.trace(me, "→ drop")
  if not me.is_caller then
    drop_staff(me)
    return
  end
  local watch = acts.watch(me, callers.area_of(me), me._card_id or me.space, { cause = "dropped", act = "drop" })
  board.accepted(watch, core.now())
  calls.left(me, core.now())
  target.driver().drop(me)
  me.connection = nil
  close_connection(me)
end

-- me:disconnect(): close the connection properly, without leaving first.
function verbs.disconnect(me)
  me.step = "disconnect"
  board.forget(me)
  calls.left(me, core.now())
  close_connection(me)
end

-- me:look(space) → what the platform shows of it: { state =, participants = }.
function verbs.look(me, space)
  return acts.act(me, "look", { space = space or me.space })
end

-- me:open_link{ link =, headers = } → HTTP status of the page behind the clinic's link.
function verbs.open_link(me, options)
  options = options or {}
  return acts.act(me, "open_link", {
    link = options.link or me.clinic.link, headers = options.headers, url = options.url,
  })
end

-- me:open_plain() → HTTP status of the platform without encryption; nil when the run itself is plain.
function verbs.open_plain(me)
  return acts.act(me, "open_plain", {})
end

return callers
