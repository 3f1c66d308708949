-- What an actor can do: me:verb(…). docs/scenario-language.md lists them for people who write stories.
-- Each act is timed from when it was due, may be refused, and tells calls.lua and board.lua what it
-- means for who may be heard and what observers must see.

local actors = core.prelude("actors")
local board = core.prelude("board")
local calls = core.prelude("calls")
local failure = core.prelude("failure")
local foreign = core.prelude("foreign")
local jobs = core.prelude("jobs")
local site = core.prelude("site")
local target = core.prelude("target")
local values = core.prelude("values")

local verbs = actors.verbs()

local SPACES_MAX = 200000 -- space ids remembered, to find one given twice

-- ---- one act ----

local function short(value)
  if type(value) == "table" then
    return tostring(value.name or value.label or value.id or "…")
  end
  return tostring(value)
end

local HIDDEN = { sdp = true, token = true, details = true } -- long or secret

local function describe(name, arguments)
  local parts = { name }
  for _, key in ipairs(values.sorted_keys(arguments)) do
    if not HIDDEN[key] then
      parts[#parts + 1] = key .. " " .. short(arguments[key])
    end
  end
  return table.concat(parts, ", ")
end

-- Ask the platform for one operation → its result. A refusal ends the session, unless the act is an
-- attempt (me:attempt, me:cannot). steps: before(due), accepted(result, at, due), refused().
local function act(me, name, arguments, steps)
  local operation = target.operation(me, name)
  local due = core.due()
  steps = steps or {}
  me.step = describe(name, arguments)
  actors.trace(me, "→ " .. me.step)
  if steps.before then
    steps.before(due)
  end
  local sent = core.now()
  local ok, result = pcall(operation, me, arguments)
  local at = core.due()
  if ok then
    actors.trace(me, ("← %s accepted after %s"):format(name, values.text_of_us(at - sent)), at)
    if steps.accepted then
      steps.accepted(result, at, due)
    end
    return result
  end
  if steps.refused then
    steps.refused()
  end
  if not failure.is_refusal(result) then
    error(result, 0)
  end
  actors.trace(me, ("← %s refused: %s"):format(name, result.message), at)
  result.sent, result.at = sent, at
  if jobs.current() and jobs.current().attempting then
    error(result, 0)
  end
  failure.raise(me, ("%s was refused: %s"):format(me.step, result.message))
end

-- Before an act: its event must reach every observer. Not of an act that must be refused.
local function watch_board(me, clinic, key, options)
  local job = jobs.current()
  if job and job.must_be_refused then
    return nil
  end
  options.session = me.session
  return board.watch(clinic, key, options)
end

-- What the platform answered must have these fields: { space = "string" }.
local function need(me, result, fields)
  for name, kind in pairs(fields) do
    if type(result) ~= "table" or type(result[name]) ~= kind then
      failure.raise(me, ("%s: the answer has no %s"):format(me.step, name))
    end
  end
end

-- me:attempt("join", card) → result, or nil and the refusal { class =, message =, data = }.
function verbs.attempt(me, name, ...)
  local verb = verbs[name]
  if not verb then
    error(("unknown verb '%s'"):format(tostring(name)), 2)
  end
  local job = jobs.current()
  local before = job.attempting
  job.attempting = true
  local results = table.pack(pcall(verb, me, ...))
  job.attempting = before
  if results[1] then
    return results[2] == nil and true or results[2]
  end
  if failure.is_refusal(results[2]) then
    return nil, results[2]
  end
  error(results[2], 0)
end

local REFUSALS = {
  forbidden = true, hidden = true, capacity = true, conflict = true, gone = true,
  unauthenticated = true, protocol = true,
}

-- me:cannot{ "join", card, requirement = "WA-12", as = "hidden", because = "…" }: the act must be refused,
-- by name of a class; m.refuse is measured. → true when it was.
function verbs.cannot(me, what)
  local requirement = what.requirement or error("cannot: requirement = \"…\" is missing", 2)
  local name = what[1]
  local job = jobs.current()
  job.must_be_refused = true
  local result, refusal = me:attempt(table.unpack(what))
  job.must_be_refused = nil
  local why = what.because and " (" .. what.because .. ")" or ""
  if result ~= nil then
    return actors.check(me, requirement, false, ("'%s' was accepted and must be refused%s"):format(
      name, why))
  end
  core.record("m.refuse", refusal.at - refusal.sent)
  local as = what.as
  local right = REFUSALS[refusal.class] and (as == nil or refusal.class == as)
  return actors.check(me, requirement, right, ("'%s' was refused as '%s', not as '%s'%s"):format(
    name, tostring(refusal.class), as or "a refusal", why))
end

-- ---- time and other people ----

-- me:expect("space", { state = "in_call", within = "5s" }) → the event. With requirement = "WA-12" it is
-- a check too.
function verbs.expect(me, kind, filter)
  filter = filter or {}
  if type(kind) ~= "string" or type(filter) ~= "table" then
    error("expect: write me:expect(\"space\", { state = \"in_call\", within = \"5s\" })", 2)
  end
  local limit = actors.limit_us(filter)
  local wanted = actors.expectation(kind, filter)
  me.step = "expect " .. wanted
  local event = actors.wait_for(me, kind, filter, limit)
  local text = ("expected %s within %s, and it did not come%s"):format(wanted,
    values.text_of_us(limit), filter.because and " (" .. filter.because .. ")" or "")
  if filter.requirement then
    actors.check(me, filter.requirement, event ~= nil, text)
  end
  if not event then
    failure.raise(me, text)
  end
  return event
end

-- me:tell(other, "checked in", value): a word outside the platform, as on the telephone.
function verbs.tell(me, other, word, value)
  actors.receive(other, { type = "word", word = word, value = value, teller = me, at = core.now() })
end

-- me:hear("checked in", { within = "10s" }) → the value told with it.
function verbs.hear(me, word, filter)
  filter = filter or {}
  local limit = actors.limit_us(filter)
  me.step = ("hear '%s'"):format(word)
  local event = actors.wait_for(me, "word", { word = word }, limit)
  if not event then
    failure.raise(me, ("nobody said '%s' within %s"):format(word, values.text_of_us(limit)))
  end
  return event.value
end

-- me:meet("both press join", { count = 2, within = "5s" }): go on together, in the same instant.
function verbs.meet(me, name, filter)
  local meetings = me.session.meetings
  local meeting = meetings[name] or { come = {} }
  meetings[name] = meeting
  table.insert(meeting.come, me)
  if #meeting.come == (filter.count or 2) then
    meetings[name] = nil
    local now = core.now()
    for _, one in ipairs(meeting.come) do
      if one ~= me then
        actors.receive(one, { type = "meeting", name = name, at = now })
      end
    end
    core.set_due(now)
    return
  end
  local limit = actors.limit_us(filter)
  me.step = ("meet '%s'"):format(name)
  if not actors.wait_for(me, "meeting", { name = name }, limit) then
    failure.raise(me, ("'%s': the others did not come within %s"):format(name,
      values.text_of_us(limit)))
  end
end

-- ---- media ----

-- Keys by which a description is one of encrypted media (WA-25).
local function is_encrypted(sdp)
  return sdp:find("UDP/TLS/RTP/SAVPF", 1, true) and sdp:find("a=fingerprint:", 1, true)
    and not sdp:find("a=crypto:", 1, true)
end

-- Send or not, and who is in which slot, as the platform said last (maybe before there was media).
local function follow_platform(me)
  if not me.media then
    return
  end
  if me._media_send and not me._uninvited then
    me.media:send(me._media_send.audio, me._media_send.video)
  end
  if me._media_slots then
    calls.slots(me, me._media_slots.slots)
  end
  if me._participants then
    foreign.follow(me, me._participants)
  end
end

local function open_media(me, due)
  if core.config.media == "none" or me.media then
    return
  end
  local session, driver = me.session, target.driver()
  local media, why = core.media_open(me, {
    role = me.is_bystander and "bystander" or me.role,
    name = (me.session and "" or "clinic-") .. me.label,
    session = session and session.index,
    bystander = me.is_bystander,
    capture = session ~= nil and session.index == core.config.capture_session,
    decode = not me.is_bystander and session ~= nil
      and core.unit("probe", session.index, me.label) < core.config.probe_share,
  })
  if not media then
    failure.raise(me, "media cannot be opened: " .. why)
  end
  me.media = media
  me._first = {}
  calls.media_ready(me, due)
  local slots = driver.media or { video_slots = 6, audio_slots = 5 }
  local offer
  offer, why = media:offer(slots.video_slots, slots.audio_slots)
  local answer = offer and act(me, "offer", { sdp = offer })
  if type(answer) == "string" then
    actors.check(me, "WA-25", is_encrypted(answer), "the answer does not promise encrypted media")
    local taken
    taken, why = media:set_answer(answer)
    answer = taken
  end
  follow_platform(me)
  if not answer then
    failure.raise(me, "the media descriptions do not agree: " .. (why or "there is no answer"))
  end
end

-- me:sees(other, { within = "5s" }): both picture and sound of `other` have arrived since the join.
function verbs.sees(me, other, filter)
  filter = filter or {}
  local limit = actors.limit_us(filter)
  me.step = "see and hear " .. other.label
  if core.config.media == "none" then
    return
  end
  local from = core.due()
  local seen = calls.has_media_from(me, other)
  while not seen and core.due() - from < limit do
    actors.wait_for(me, "media", {}, limit - (core.due() - from))
    seen = calls.has_media_from(me, other)
  end
  local text = ("saw and heard nothing of %s within %s"):format(other.label, values.text_of_us(limit))
  if filter.requirement then
    actors.check(me, filter.requirement, seen, text)
  end
  if not seen then
    failure.raise(me, text)
  end
end

-- Seconds of the longest pause between two frames of `other`, so far.
function verbs.longest_gap(me, other)
  local received = me.media and other.media and me.media:received(other.media:sender())
  return received and received.longest_gap_us / 1000000 or 0
end

-- Packets that must not have come, so far.
function verbs.forbidden_packets(me)
  return me.media and me.media:forbidden() or 0
end

-- Send media without being asked to, and go on: the platform has to drop it.
function verbs.send_uninvited(me)
  me._uninvited = true
  if me.media then
    me.media:send(true, core.config.media == "full")
  end
end

-- ---- callers ----

local spaces, space_count = {}, 0 -- space id → its caller

local function note_space(me, space)
  local fresh = spaces[space] == nil
  actors.check(me, "WA-04", fresh, "the entry got a space that somebody had before")
  actors.check(me, "WA-07", fresh, "two callers share one space")
  if fresh and space_count < SPACES_MAX then
    spaces[space] = me
    space_count = space_count + 1
  end
end

-- The session is over: the space stays known, its caller is not kept.
local function forget_space(me)
  if me.space and spaces[me.space] == me then
    spaces[me.space] = false
  end
end

local function connect(me)
  if not me.connection then
    target.driver().open(me)
  end
end

-- me:connect(): a bare connection that has not said who it is.
function verbs.connect(me)
  me.step = "connect"
  connect(me)
end

-- me:enter{ name =, details =, link = }: open the clinic's link and wait. Media connects at once.
function verbs.enter(me, options)
  options = options or {}
  me.name = options.name or me.name
  me.details = options.details or me.details
  local opened, watch = core.due(), nil
  connect(me)
  local result = act(me, "enter", {
    link = options.link or me.clinic.link, name = me.name, details = me.details, token = options.token,
  }, {
    before = function()
      watch = watch_board(me, me.clinic.id, me.name, {
        cause = "entered", metric = "m.enter_card", act = "enter"
      })
    end,
    accepted = function(result, at)
      need(me, result, { space = "string", participant = "string", state = "string", token = "string" })
      core.record("m.link_waiting", at - opened)
      me.space, me.token, me.state = result.space, result.token, result.state
      me.waiting_since = at
      actors.known_as(me, result.participant)
      note_space(me, result.space)
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  if options.media ~= false then
    open_media(me, opened)
  end
  return result
end

local function close_connection(me)
  calls.close_media(me)
  actors.known_as(me, nil)
  if me.connection then
    target.driver().close(me)
  end
  me.connection, me._media_send, me._media_slots, me._participants = nil, nil, nil, nil
  me.inbox = {}
end

-- me:come_back(): enter again, over a new connection, with the token of the first entry: after a drop or
-- after leaving.
function verbs.come_back(me, options)
  options = options or {}
  local due, watch = core.due(), nil
  close_connection(me)
  connect(me)
  local result = act(me, "enter", {
    link = options.link or me.clinic.link, name = me.name, token = options.token or me.token,
  }, {
    before = function()
      watch = watch_board(me, me.clinic.id, me.space, { cause = "returned", act = "come_back" })
    end,
    accepted = function(result, at)
      need(me, result, { participant = "string", state = "string" })
      me.state = result.state
      actors.known_as(me, result.participant)
      if result.state == "in_call" then
        calls.returned(me, at)
      end
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  if options.media ~= false then
    open_media(me, due)
  end
  return result
end

-- me:hang_up(): leave for good.
function verbs.hang_up(me)
  local waits, watch = me.state ~= "in_call", nil
  local result = act(me, "hang_up", {}, {
    before = function()
      watch = watch_board(me, me.clinic.id, me._card_id or me.space, {
        cause = "left", gone = waits, act = "hang_up"
      })
    end,
    accepted = function(_, at)
      calls.left(me, at)
      me.state = "left"
      board.accepted(watch, at)
    end,
    refused = function() board.refused(watch) end,
  })
  return result
end

-- me:drop(): the network is lost, in the middle of everything.
function verbs.drop(me)
  me.step = "drop"
  actors.trace(me, "→ drop")
  local watch = watch_board(me, me.clinic.id, me._card_id or me.space, { cause = "dropped", act = "drop" })
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
  return act(me, "look", { space = space or me.space })
end

-- me:open_link{ link =, headers = } → HTTP status of the page behind the clinic's link.
function verbs.open_link(me, options)
  options = options or {}
  return act(me, "open_link", {
    link = options.link or me.clinic.link, headers = options.headers, url = options.url,
  })
end

-- me:open_plain() → HTTP status of the platform without encryption; nil when the run itself is plain.
function verbs.open_plain(me)
  return act(me, "open_plain", {})
end

-- ---- staff: coming on duty ----

local function authenticate(me)
  local ok, result = pcall(act, me, "authenticate", { token = me.account.token })
  if not ok and failure.is_refusal(result) and result.class == "unauthenticated" then
    site.sign_in(me.account)
    return act(me, "authenticate", { token = me.account.token })
  end
  if not ok then
    error(result, 0)
  end
  return result
end

-- me:sign_on(): connect, say who I am, watch the clinic's waiting area, have media ready.
function verbs.sign_on(me, options)
  options = options or {}
  local due = core.due()
  if not me.account then
    me.account = site.take_account(me.clinic, me._post or me.role)
  end
  me.name = me.account.name
  connect(me)
  local result = authenticate(me)
  need(me, result, { participant = "string" })
  actors.known_as(me, result.participant)
  if options.watch ~= false then
    me:subscribe()
  end
  if options.media ~= false then
    open_media(me, due)
  end
end

-- me:authenticate(token): with any token, for tries that must fail.
function verbs.authenticate(me, token)
  connect(me)
  return act(me, "authenticate", { token = token })
end

local function list_cards(me, clinic, cards)
  for _, card in ipairs(cards) do
    target.look("card", me, { type = "card", cause = "listed", clinic = clinic, card = card,
      at = core.due() })
  end
end

-- me:subscribe([clinic]): watch a waiting area from now on.
function verbs.subscribe(me, clinic)
  local id = (clinic or me.clinic).id
  return act(me, "subscribe", { clinic = id }, {
    accepted = function(result)
      if not me.is_caller then
        need(me, result, { sequence = "number", cards = "table" })
        me.board = {}
        board.subscribed(me, id, result.sequence)
        list_cards(me, id, result.cards)
      end
    end,
  })
end

-- me:unsubscribe([clinic])
function verbs.unsubscribe(me, clinic)
  local id = (clinic or me.clinic).id
  board.unsubscribed(me, id)
  return act(me, "unsubscribe", { clinic = id })
end

-- ---- staff: cards ----

local function is_card_of(card, caller)
  return card.space == caller.space or card.name == caller.name
end

-- The card as the dashboard shows it now; takes a caller, too.
local function card_for(me, card)
  if not actors.is_actor(card) then
    return card or {}
  end
  for _, one in pairs(me.board) do
    if is_card_of(one, card) then
      return one
    end
  end
  return { id = card._card_id or "unknown", clinic = card.clinic.id, space = card.space }
end

local function caller_of(me, card)
  if actors.is_actor(card) then
    return card
  end
  if spaces[card.space] then
    return spaces[card.space]
  end
  for _, one in ipairs(me.session and me.session.people or {}) do
    if one.is_caller and one.name == card.name then
      return one
    end
  end
  return nil
end

-- me:shows(caller) → the caller's card on my dashboard now, or nil.
function verbs.shows(me, caller)
  for _, card in pairs(me.board) do
    if is_card_of(card, caller) then
      return card
    end
  end
  return nil
end

-- me:card_of(caller, { state = "waiting", within = "5s" }) → the card, as soon as it is there.
function verbs.card_of(me, caller, filter)
  filter = filter or {}
  local card = me:shows(caller)
  if card and (filter.state == nil or card.state == filter.state) then
    if filter.requirement then
      actors.check(me, filter.requirement, true, "")
    end
    return card
  end
  local copy = { of = caller }
  for name, value in pairs(filter) do copy[name] = value end
  return me:expect("card", copy).card
end

-- An act on a card whose event the observers must see. steps as for act().
local function act_on_card(me, name, card, arguments, seen, steps)
  local shown = card_for(me, card)
  local watch
  arguments.card = shown.id
  steps = steps or {}
  return act(me, name, arguments, {
    before = function(due)
      if steps.before then steps.before(due) end
      watch = watch_board(me, shown.clinic, shown.id, {
        cause = seen.cause, gone = seen.gone, metric = seen.metric, due = due, act = name,
      })
    end,
    accepted = function(result, at, due)
      if steps.accepted then steps.accepted(result, at, due) end
    end,
    refused = function()
      board.refused(watch)
      if steps.refused then steps.refused() end
    end,
  })
end

-- The caller must be told their new state; the measure counts from when the act was due.
local function expect_state(caller, state, metric, due)
  if caller and caller.connection and caller.state ~= state then
    caller._awaited = { state = state, metric = metric, due = due }
  end
end

local function unexpect_state(caller)
  if caller then
    caller._awaited = nil
  end
end

local function record_wait(caller, card, at)
  local since = caller.waiting_since or caller._wanted_since
  caller.waiting_since, caller._wanted_since = nil, nil
  if since then
    core.record("wait.time", math.max(0, at - since), "priority=" .. (card.priority or "none"))
  end
end

-- me:join(card): admit the caller, or join those who are with them already.
function verbs.join(me, card)
  local shown, caller = card_for(me, card), not me.is_caller and caller_of(me, card) or nil
  return act_on_card(me, "join", card, {}, { cause = "joined", metric = "m.join_state" }, {
    before = function(due)
      if caller then
        calls.joining(me, caller, due)
        expect_state(caller, "in_call", "m.join_state", due)
      end
    end,
    accepted = function(_, at, due)
      core.record("m.join_accepted", at - due, "role=" .. me.role)
      if caller then
        calls.joined(me, caller, at)
        record_wait(caller, shown, at)
      end
    end,
    refused = function()
      if caller then
        calls.join_refused(me, caller)
        unexpect_state(caller)
      end
    end,
  })
end

-- me:hold(card): put the caller back to waiting; everybody leaves the call.
function verbs.hold(me, card)
  local caller = caller_of(me, card)
  return act_on_card(me, "hold", card, {}, { cause = "held" }, {
    before = function(due) expect_state(caller, "on_hold", nil, due) end,
    accepted = function(_, at)
      if caller then
        calls.emptied(caller, at, "hold")
        caller.waiting_since = at
      end
    end,
    refused = function() unexpect_state(caller) end,
  })
end

-- me:leave(card): leave the call; the last one to leave puts the caller on hold.
function verbs.leave(me, card)
  local caller = caller_of(me, card)
  return act_on_card(me, "leave", card, {}, { cause = "left" }, {
    accepted = function(_, at)
      local last = caller and #calls.staff_in(caller) == 1
      calls.left(me, at, last and "hold" or "leave")
      if last then
        calls.emptied(caller, at, "hold")
        caller.waiting_since = at
      end
    end,
  })
end

-- me:end_call(card): the consultation is over, the space disappears for everybody.
function verbs.end_call(me, card)
  local caller = caller_of(me, card)
  return act_on_card(me, "finish", card, {}, { cause = "ended", gone = true, metric = "m.end_gone" }, {
    before = function(due) expect_state(caller, "ended", "m.end_gone", due) end,
    accepted = function(_, at)
      if caller then calls.emptied(caller, at, "end") end
    end,
    refused = function() unexpect_state(caller) end,
  })
end

-- me:note(card, { priority = "urgent", note = "…" })
function verbs.note(me, card, fields)
  local caller = caller_of(me, card)
  return act_on_card(me, "note", card, { priority = fields.priority, note = fields.note },
    { cause = "noted" }, {
      accepted = function(_, at)
        if caller and fields.priority then
          caller._wanted_since = at
        end
      end,
    })
end

-- me:update(card, { name =, details = }): correct what the caller entered.
function verbs.update(me, card, fields)
  local caller = caller_of(me, card)
  return act_on_card(me, "update", card, { name = fields.name, details = fields.details },
    { cause = "updated" }, {
      accepted = function()
        if caller then
          caller.name = fields.name or caller.name
          caller.details = fields.details or caller.details
        end
      end,
    })
end

-- me:remove(card, "no_show" | "wrong_person" | "other")
function verbs.remove(me, card, reason)
  local caller = caller_of(me, card)
  return act_on_card(me, "remove", card, { reason = reason },
    { cause = "removed", gone = true, metric = "m.end_gone" }, {
      before = function(due) expect_state(caller, "ended", "m.end_gone", due) end,
      accepted = function(_, at)
        if caller then calls.emptied(caller, at, "end") end
      end,
      refused = function() unexpect_state(caller) end,
    })
end

-- me:transfer_targets(card) → list of { id =, name = }
function verbs.transfer_targets(me, card)
  return act(me, "transfer_targets", { card = card_for(me, card).id })
end

-- me:transfer(card, clinic): the caller waits there from now on.
function verbs.transfer(me, card, clinic)
  local shown, caller = card_for(me, card), caller_of(me, card)
  local arrival
  return act_on_card(me, "transfer", card, { clinic = clinic.id },
    { cause = "transferred", gone = true, metric = "m.transfer_gone" }, {
      before = function(due)
        arrival = watch_board(me, clinic.id, shown.id, {
          cause = "transferred", metric = "m.transfer_card", due = due, act = "transfer",
        })
        expect_state(caller, "waiting", nil, due)
      end,
      accepted = function(_, at)
        if caller then
          calls.transferred(me, caller, at)
          caller.waiting_since = at
          caller.clinic = clinic
        end
      end,
      refused = function()
        board.refused(arrival)
        unexpect_state(caller)
      end,
    })
end

-- me:chat(card, "text") for staff, me:chat("text") for a caller.
function verbs.chat(me, card, text)
  if text == nil then
    card, text = nil, card
  end
  return act(me, "chat", { card = card and card_for(me, card).id, text = text }, {
    before = function(due)
      if me.session then
        me.session.messages[text] = due
      end
    end,
  })
end

-- ---- bystanders ----

-- me:hears_nothing{ requirement = "WA-08", because = "…", allow = function(event) … end }: from now on
-- every event but the allowed ones is a violation, until the run ends.
function verbs.hears_nothing(me, rule)
  me._silence = rule
  rule.heard = 0
end

local function is_allowed(me, rule, event)
  return rule.allow ~= nil and rule.allow(event, me)
end

local function judge_silence(me, event)
  local rule = me._silence
  if not rule or event.type == "word" or is_allowed(me, rule, event) then
    return
  end
  rule.heard = rule.heard + 1
  local about = event.cause and ", cause " .. event.cause or ""
  actors.check(me, rule.requirement, false, ("heard '%s'%s and must hear nothing (%s)"):format(
    event.type, about, rule.because or "it is no business of theirs"))
end

-- ---- events of the platform ----

-- Nobody who called may ever learn of another caller.
local function judge_privacy(me, event)
  if not me.is_caller or me._silence then
    return
  end
  if event.type == "card" or event.type == "card_gone" or event.type == "card_message" then
    actors.check(me, "WA-08", false, ("a caller was told of a card ('%s')"):format(event.type))
  elseif event.space and me.space and event.space ~= me.space then
    actors.check(me, "WA-08", false, ("a caller was told of another space ('%s')"):format(event.type))
  end
  for _, one in ipairs(event.participants or {}) do
    if one.kind == "caller" and one.participant ~= me.participant then
      actors.check(me, "WA-11", false, "another caller is in the caller's own room")
    end
  end
end

local function is_ours(me, event)
  if not me.session then
    return false
  end
  for _, one in ipairs(me.session.people) do
    if one.is_caller then
      local card = event.card
      if event.card_id and event.card_id == one._card_id then return true end
      if card and (card.id == one._card_id or is_card_of(card, one)) then return true end
    end
  end
  return false
end

local function remember_card(me, card)
  local caller = caller_of(me, card)
  if caller and caller.session == me.session then
    caller._card_id = card.id
  end
end

local function arrived(me, event)
  actors.trace(me, ("· %s %s"):format(event.type, event.cause or event.state or event.reason or ""),
    event.at)
  judge_privacy(me, event)
  judge_silence(me, event)
end

local function on_card(me, event)
  arrived(me, event)
  if me.is_caller then
    return
  end
  remember_card(me, event.card)
  board.event(me, event)
  if is_ours(me, event) then
    actors.receive(me, event)
  end
end

local function on_card_gone(me, event)
  arrived(me, event)
  if me.is_caller then
    return
  end
  local ours = is_ours(me, event)
  board.event(me, event)
  if ours then
    actors.receive(me, event)
  end
end

local function note_message(me, event)
  local messages = me.session and me.session.messages
  local due = messages and messages[event.text]
  if due then
    messages[event.text] = nil
    core.record("m.msg", math.max(0, event.at - due))
  end
end

local function on_message(me, event)
  arrived(me, event)
  note_message(me, event)
  if me.session then
    actors.receive(me, event)
  end
end

local function on_space(me, event)
  arrived(me, event)
  me.state = event.state
  local awaited = me._awaited
  if awaited and awaited.state == event.state then
    me._awaited = nil
    if awaited.metric then
      core.record(awaited.metric, math.max(0, event.at - awaited.due), "at=caller")
    end
  end
  actors.receive(me, event)
end

local function on_participants(me, event)
  arrived(me, event)
  me._participants = event
  foreign.follow(me, event)
  actors.receive(me, event)
end

local function on_media_send(me, event)
  if event.audio or event.video then
    arrived(me, event)
  end
  me._media_send = event
  follow_platform(me)
end

local function on_media_slots(me, event)
  me._media_slots = event
  follow_platform(me)
end

local function on_closed(me, event)
  local text = ("the platform closed the connection (%d%s)"):format(event.code,
    event.reason ~= "" and " " .. event.reason or "")
  actors.trace(me, text, event.at)
  board.forget(me)
  me.connection = nil
  if me._silence then
    core.check(me._silence.requirement, "BLOCKED", nil, me.label .. ": " .. text)
  end
  actors.receive(me, event)
  if #me._waiters > 0 then
    actors.hang_up_waiters(me, text)
  end
end

target.on("card", on_card)
target.on("card_gone", on_card_gone)
target.on("card_message", on_message)
target.on("space", on_space)
target.on("participants", on_participants)
target.on("chat", on_message)
target.on("media_send", on_media_send)
target.on("media_slots", on_media_slots)
target.on("closed", on_closed)

-- ---- closing ----

local closing = {}

-- Whatever the actor has open is closed; nothing waits.
function closing.close(me)
  board.forget(me)
  calls.forget(me)
  forget_space(me)
  actors.known_as(me, nil)
  if me.connection then
    target.driver().close(me)
    me.connection = nil
  end
  if me.account and me.session then
    site.give_back(me.account)
  end
end

return closing
