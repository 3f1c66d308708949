-- Verbs about group rooms: watching the waiting room, coming in, letting in, ending; talking and listening.

local acts = core.prelude("acts")
local actors = core.prelude("actors")
local board = core.prelude("board")
local callers = core.prelude("callers")
local calls = core.prelude("calls")
local failure = core.prelude("failure")
local groups = core.prelude("groups")
local media = core.prelude("media")
local permission = core.prelude("permission")
local staff = core.prelude("staff")
local target = core.prelude("target")
local values = core.prelude("values")

local verbs = actors.verbs()

-- ---- the room itself ----

-- me:rooms([clinic]) → list of { id =, name =, kind =, link =, … }; the session's room learns its id of it.
function verbs.rooms(me, clinic)
  local list = acts.act(me, "rooms", { clinic = (clinic or me.clinic).id })
  for _, one in ipairs(list) do
    for _, room in ipairs((clinic or me.clinic).rooms or {}) do
      if room.link == one.link then room.id = one.id end
    end
  end
  return list
end

local function id_of(me, room)
  if not room.id then
    me:rooms()
  end
  return room.id or failure.raise(me, ("the platform does not list the room '%s'"):format(room.name))
end

-- me:watch_room(room): who waits in front of it, from now on.
function verbs.watch_room(me, room)
  local id = id_of(me, room)
  return acts.act(me, "watch_room", { room = id }, {
    accepted = function(result)
      acts.need(me, result, { sequence = "number", cards = "table" })
      board.subscribed(me, id, result.sequence)
      staff.list_cards(me, id, result.cards)
    end,
  })
end

-- me:enter_meeting(room, { name =, link = }): a guest comes into a meeting room by its link, and is in at once.
function verbs.enter_meeting(me, room, options)
  options = options or {}
  me.name = options.name or me.name
  local opened = core.due()
  callers.connect(me)
  local result = acts.act(me, "enter", { link = options.link or room.link or "unknown", name = me.name }, {
    before = function(due) groups.joining(me, room, due) end,
    accepted = function(result, at, due)
      acts.need(me, result, { participant = "string", call = "string", participants = "table" })
      actors.record(me, "m.join_accepted", at - due, "role=" .. me.role)
      actors.known_as(me, result.participant)
      groups.joined(me, at)
    end,
    refused = function() groups.refused(me) end,
  })
  if options.media ~= false then
    media.open(me, opened)
  end
  return result
end

-- me:leave_meeting(): a guest goes.
function verbs.leave_meeting(me)
  local result = acts.act(me, "hang_up", {}, { accepted = function(_, at) calls.left(me, at, "leave") end })
  me:disconnect()
  return result
end

-- me:open_room(room): come in; the first one begins the session.
function verbs.open_room(me, room)
  return acts.act(me, "open_room", { room = room.id or "unknown" }, {
    before = function(due)
      if not me.is_caller then groups.joining(me, room, due) end
    end,
    accepted = function(_, at, due)
      actors.record(me, "m.join_accepted", at - due, "role=" .. me.role)
      if groups.of(me) then
        groups.joined(me, at)
        media.catch_up(me)
      end
    end,
    refused = function()
      if not me.is_caller then groups.refused(me) end
    end,
  })
end

-- ---- letting in ----

local function is_let_in(me, caller, at, due)
  actors.record(me, "m.join_accepted", at - due, "role=" .. me.role)
  groups.joined(caller, at)
  media.catch_up(caller)
  staff.record_wait(caller, me:shows(caller) or {}, at)
end

-- me:admit(card): one who waits comes in.
function verbs.admit(me, card)
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, "admit", card, {}, { cause = "joined", metric = "m.join_state" }, {
    before = function(due)
      if caller and me.call and me.call.room == caller.room then
        groups.joining(caller, me.call.room, due)
        staff.expect_state(caller, "in_call", "m.join_state", due)
      end
    end,
    accepted = function(_, at, due)
      if caller then is_let_in(me, caller, at, due) end
    end,
    refused = function()
      if caller then
        groups.refused(caller)
        staff.unexpect_state(caller)
      end
    end,
  })
end

local WAITS = { waiting = true, on_hold = true }

-- Our own people who wait in front of a room, as its waiting room shows it.
local function waiting_for(me, room)
  local list = {}
  for _, card in pairs(me.board) do
    local caller = card.clinic == room.id and WAITS[card.state] and staff.caller_of(me, card)
    if caller and caller.room == room then
      list[#list + 1] = caller
    end
  end
  table.sort(list, function(a, b) return a.label < b.label end)
  return list
end

-- me:admit_all(room): everybody who waits comes in, as far as there is room → list of them.
function verbs.admit_all(me, room)
  local waiting, watches, admitted = waiting_for(me, room), {}, {}
  acts.act(me, "admit_all", { room = room.id or "unknown" }, {
    before = function(due)
      for _, caller in ipairs(waiting) do
        groups.joining(caller, room, due)
        staff.expect_state(caller, "in_call", "m.join_state", due)
        watches[caller] = acts.watch(me, room.id, caller.space,
          { cause = "joined", metric = "m.join_state", due = due, act = "admit_all" })
      end
    end,
    accepted = function(result, at, due)
      acts.need(me, result, { admitted = "table" })
      local let_in = {}
      for _, id in ipairs(result.admitted) do let_in[id] = true end
      for _, caller in ipairs(waiting) do
        if let_in[caller._card_id] then
          is_let_in(me, caller, at, due)
          admitted[#admitted + 1] = caller
        else
          groups.refused(caller)
          staff.unexpect_state(caller)
          board.refused(watches[caller])
        end
      end
    end,
    refused = function()
      for _, caller in ipairs(waiting) do
        groups.refused(caller)
        staff.unexpect_state(caller)
        board.refused(watches[caller])
      end
    end,
  })
  return admitted
end

-- ---- leaving and ending ----

local function staff_in(group)
  local count = 0
  for actor in pairs(group.members) do
    if not actor.is_caller then count = count + 1 end
  end
  return count
end

-- me:leave_room(room): the last member of staff to leave puts everybody back.
function verbs.leave_room(me, room)
  return acts.act(me, "leave_room", { room = room.id or "unknown" }, {
    accepted = function(_, at)
      local last = room.call and staff_in(room.call) == 1
      calls.left(me, at, last and "hold" or "leave")
      if last then
        for _, caller in ipairs(calls.list_without(room.call.members)) do
          caller.waiting_since = at
        end
        groups.emptied(room, at, "hold")
      end
    end,
  })
end

-- me:end_room(room): the session is over for everybody in it.
function verbs.end_room(me, room)
  local people = room.call and calls.list_without(room.call.members, me) or {}
  return acts.act(me, "end_room", { room = room.id or "unknown" }, {
    before = function(due)
      for _, caller in ipairs(people) do
        if caller.is_caller then staff.expect_state(caller, "ended", "m.end_gone", due) end
      end
    end,
    accepted = function(_, at) groups.emptied(room, at, "end") end,
    refused = function()
      for _, caller in ipairs(people) do staff.unexpect_state(caller) end
    end,
  })
end

-- ---- talking and listening ----

-- me:talks(true): sound goes out, as it does at first; me:talks(false): silence.
function verbs.talks(me, talks)
  me._listens = not talks
  me._talks_since = talks and core.now() or nil
  if me.media then
    me.media:talk(talks)
  end
end

local function is_chosen(me, other)
  local chosen, mode = me._chosen, core.config.media
  return chosen ~= nil and chosen.audio[other] ~= nil and (mode ~= "full" or chosen.video[other] ~= nil)
end

local function is_attended(me, other)
  local pair = me.pairs[other.media:sender()]
  return pair and is_chosen(me, other) and pair.audio and (core.config.media ~= "full" or pair.video)
end

-- me:attends(speaker, { within =, requirement = }): the platform's choice for me holds the picture and the sound of
-- who talks, and they have come.
function verbs.attends(me, other, filter)
  local limit, from = actors.limit_us(filter), core.due()
  me.step = "see and hear " .. other.label .. " talk"
  local function is_in() return me.media and other.media and permission.is_given(me, other) end
  while is_in() and not is_attended(me, other) and core.due() - from < limit do
    actors.wait_for(me, "media", {}, limit - (core.due() - from))
  end
  if not is_in() then
    return -- no media in this run, or one of the two has left
  end
  local seen = is_attended(me, other)
  if seen and other._talks_since then
    local pair = me.pairs[other.media:sender()]
    local came = math.max(pair.audio, pair.video or 0)
    actors.record(me, "tile.speaker", math.max(0, came - other._talks_since), "role=" .. me.role)
  end
  return actors.check_in_time(me, filter.requirement, seen and true or false, limit,
    ("%s talks and is not seen and heard within %s"):format(other.label, values.text_of_us(limit)))
end

local function count_of(set)
  local count = 0
  for _ in pairs(set) do count = count + 1 end
  return count
end

-- me:gets_the_declared(requirement): as many pictures and voices as the platform declares for a call of this size,
-- no more and no fewer.
function verbs.gets_the_declared(me, requirement)
  local declared = target.driver().selection
  local group, chosen = groups.of(me), me._chosen
  if not (declared and group and chosen and me.media) then
    return
  end
  local others = #calls.list_without(group.members, me)
  local video, audio = others, others
  if others + 1 > declared.above then
    video, audio = math.min(others, declared.video), math.min(others, declared.audio)
  end
  local pictures, voices = count_of(chosen.video) + chosen.withheld, count_of(chosen.audio)
  actors.check(me, requirement, voices == audio, ("is sent the sound of %d of %d others; declared: %d"):format(
    voices, others, audio))
  if core.config.media == "full" then
    actors.check(me, requirement, pictures == video,
      ("is sent the picture of %d of %d others; declared: %d"):format(pictures, others, video))
  end
end

return {}
