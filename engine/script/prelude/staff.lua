-- Verbs of staff: coming on duty, watching the waiting area, acting on cards.

local acts = core.prelude("acts")
local actors = core.prelude("actors")
local board = core.prelude("board")
local callers = core.prelude("callers")
local calls = core.prelude("calls")
local failure = core.prelude("failure")
local groups = core.prelude("groups")
local media = core.prelude("media")
local site = core.prelude("site")
local target = core.prelude("target")
local values = core.prelude("values")

local verbs = actors.verbs()
local staff = {}

-- ---- coming on duty ----

local function authenticate(me)
  local ok, result = pcall(acts.act, me, "authenticate", { token = me.account.token })
  if not ok and failure.is_refusal(result) and result.class == "unauthenticated" then
    site.sign_in(me.account)
    return acts.act(me, "authenticate", { token = me.account.token })
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
  me._back_from, me._was_dropped = me._was_dropped and due or nil, nil
  if not me.account then
    me.account = site.take_account(me.clinic, me._post or me.role)
  end
  me.name = me.account.name
  callers.connect(me)
  local result = authenticate(me)
  acts.need(me, result, { participant = "string" })
  actors.known_as(me, result.participant)
  if options.watch ~= false then
    me:subscribe()
  end
  if options.media ~= false then
    media.open(me, due)
  end
end

-- me:authenticate(token): with any token, for tries that must fail.
function verbs.authenticate(me, token)
  callers.connect(me)
  return acts.act(me, "authenticate", { token = token })
end

function staff.list_cards(me, clinic, cards)
  for _, card in ipairs(cards) do
    target.look("card", me, { type = "card", cause = "listed", clinic = clinic, card = card,
      at = core.due() })
  end
end

-- me:subscribe([clinic]): watch a waiting area from now on.
function verbs.subscribe(me, clinic)
  local id = (clinic or me.clinic).id
  return acts.act(me, "subscribe", { clinic = id }, {
    accepted = function(result)
      if not me.is_caller then
        acts.need(me, result, { sequence = "number", cards = "table" })
        me.board = {}
        board.subscribed(me, id, result.sequence)
        staff.list_cards(me, id, result.cards)
      end
    end,
  })
end

-- me:unsubscribe([clinic])
function verbs.unsubscribe(me, clinic)
  local id = (clinic or me.clinic).id
  board.unsubscribed(me, id)
  return acts.act(me, "unsubscribe", { clinic = id })
end

-- ---- cards ----

function staff.is_card_of(card, caller)
  return card.space == caller.space or card.name == caller.name
end

-- The card as the dashboard shows it now; takes a caller, too.
local function card_for(me, card)
  if not actors.is_actor(card) then
    return card or {}
  end
  for _, one in pairs(me.board) do
    if staff.is_card_of(one, card) then
      return one
    end
  end
  return { id = card._card_id or "unknown", clinic = callers.area_of(card), space = card.space }
end

function staff.caller_of(me, card)
  if actors.is_actor(card) then
    return card
  end
  if callers.of_space(card.space) then
    return callers.of_space(card.space)
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
    if staff.is_card_of(card, caller) then
      return card
    end
  end
  return nil
end

-- What is not right on my dashboard of my clinic: a caller who waits there and is not shown, or not as they are; a card
-- of nobody. nil: nothing.
local function wrong_on_board(me)
  local shown = {} -- caller → true
  for _, card in pairs(me.board) do
    local caller = callers.of_space(card.space)
    local is_there = caller and not caller._is_gone and caller.state ~= "ended"
    if not is_there and (caller or card.present ~= false) then
      return ("a card of %s is listed, who is not there"):format(card.name or "nobody")
    elseif is_there and caller.connection and card.state ~= caller.state then
      return ("%s is listed as %s and is %s"):format(caller.label, card.state, tostring(caller.state))
    end
    shown[caller or card] = true
  end
  for caller in pairs(callers.at(me.clinic)) do
    if caller.connection and not shown[caller] and not caller._is_gone and caller.state ~= "ended" then
      return ("%s (%s) is not listed"):format(caller.label, caller.name)
    end
  end
  return nil
end

-- me:has_whole_board{ within = "5s", requirement = "WA-10" }: the dashboard of my clinic lists every caller who is
-- there, each as they are, and nobody else. After a loss of the connection the time it took is measured.
function verbs.has_whole_board(me, filter)
  if type(filter) ~= "table" or not filter.requirement then
    error("has_whole_board: write me:has_whole_board { within = \"5s\", requirement = \"WA-10\" }", 2)
  end
  local limit, from = actors.limit_us(filter), core.due()
  me.step = "have the whole board"
  me._watches_board = true
  local wrong = wrong_on_board(me)
  while wrong and core.now() - from < limit do
    actors.wait_for(me, "board", {}, limit - (core.now() - from))
    wrong = wrong_on_board(me)
  end
  me._watches_board = nil
  me.inbox.board = nil
  if not wrong and me._back_from then
    actors.record(me, "m.board", math.max(0, core.due() - me._back_from))
  end
  me._back_from = nil
  return actors.check_in_time(me, filter.requirement, wrong == nil, limit,
    ("the dashboard is not whole after %s: %s"):format(values.text_of_us(limit), wrong or ""))
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
function staff.act_on_card(me, name, card, arguments, seen, steps)
  local shown = card_for(me, card)
  local watch
  arguments.card = shown.id
  steps = steps or {}
  return acts.act(me, name, arguments, {
    before = function(due)
      if steps.before then steps.before(due) end
      watch = acts.watch(me, shown.clinic, shown.id, {
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
function staff.expect_state(caller, state, metric, due)
  if caller and caller.connection and caller.state ~= state then
    caller._awaited = { state = state, metric = metric, due = due }
  end
end

function staff.unexpect_state(caller)
  if caller then
    caller._awaited = nil
  end
end

function staff.record_wait(caller, card, at)
  local since = caller.waiting_since or caller._wanted_since
  caller.waiting_since, caller._wanted_since = nil, nil
  if since then
    actors.record(caller, "wait.time", math.max(0, at - since), "priority=" .. (card.priority or "none"))
  end
end

-- me:join(card): admit the caller, or join those who are with them already.
function verbs.join(me, card)
  local shown, caller = card_for(me, card), not me.is_caller and staff.caller_of(me, card) or nil
  return staff.act_on_card(me, "join", card, {}, { cause = "joined", metric = "m.join_state" }, {
    before = function(due)
      if caller then
        calls.joining(me, caller, due)
        staff.expect_state(caller, "in_call", "m.join_state", due)
      end
    end,
    accepted = function(_, at, due)
      actors.record(me, "m.join_accepted", at - due, "role=" .. me.role)
      if caller then
        calls.joined(me, caller, at)
        media.catch_up(me)
        media.catch_up(caller)
        staff.record_wait(caller, shown, at)
      end
    end,
    refused = function()
      if caller then
        calls.join_refused(me, caller)
        staff.unexpect_state(caller)
      end
    end,
  })
end

-- me:hold(card): put the caller back to waiting; everybody leaves the call.
function verbs.hold(me, card)
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, "hold", card, {}, { cause = "held" }, {
    before = function(due) staff.expect_state(caller, "on_hold", nil, due) end,
    accepted = function(_, at)
      if caller and groups.of(caller) then
        groups.put_back(caller, at, "hold")
      elseif caller then
        calls.emptied(caller, at, "hold")
      end
      if caller then caller.waiting_since = at end
    end,
    refused = function() staff.unexpect_state(caller) end,
  })
end

-- me:leave(card): leave the call; the last one to leave puts the caller on hold.
function verbs.leave(me, card)
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, "leave", card, {}, { cause = "left" }, {
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

-- The visit is over, one way or the other: card and space are gone for everybody.
local function end_visit(me, operation, card, arguments, cause)
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, operation, card, arguments,
    { cause = cause, gone = true, metric = "m.end_gone" }, {
      before = function(due) staff.expect_state(caller, "ended", "m.end_gone", due) end,
      accepted = function(_, at)
        if caller and groups.of(caller) then
          groups.put_back(caller, at, "end")
        elseif caller then
          calls.emptied(caller, at, "end")
        end
      end,
      refused = function() staff.unexpect_state(caller) end,
    })
end

-- me:end_call(card): the consultation is over, the space disappears for everybody.
function verbs.end_call(me, card)
  return end_visit(me, "finish", card, {}, "ended")
end

-- me:note(card, { priority = "urgent", note = "…" })
function verbs.note(me, card, fields)
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, "note", card, { priority = fields.priority, note = fields.note },
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
  local caller = staff.caller_of(me, card)
  return staff.act_on_card(me, "update", card, { name = fields.name, details = fields.details },
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
  return end_visit(me, "remove", card, { reason = reason }, "removed")
end

-- me:transfer_targets(card) → list of { id =, name = }
function verbs.transfer_targets(me, card)
  return acts.act(me, "transfer_targets", { card = card_for(me, card).id })
end

-- me:transfer(card, clinic): the caller waits there from now on.
function verbs.transfer(me, card, clinic)
  local shown, caller = card_for(me, card), staff.caller_of(me, card)
  local arrival
  return staff.act_on_card(me, "transfer", card, { clinic = clinic.id },
    { cause = "transferred", gone = true, metric = "m.transfer_gone" }, {
      before = function(due)
        arrival = acts.watch(me, clinic.id, shown.id, {
          cause = "transferred", metric = "m.transfer_card", due = due, act = "transfer",
        })
        staff.expect_state(caller, "waiting", nil, due)
      end,
      accepted = function(_, at)
        if caller then
          calls.transferred(me, caller, at)
          callers.is_at(caller, clinic)
          caller.waiting_since = at
          caller.clinic = clinic
        end
      end,
      refused = function()
        board.refused(arrival)
        staff.unexpect_state(caller)
      end,
    })
end

-- me:chat(card, "text") for staff, me:chat("text") for a caller.
function verbs.chat(me, card, text)
  if text == nil then
    card, text = nil, card
  end
  return acts.act(me, "chat", { card = card and card_for(me, card).id, text = text }, {
    before = function(due)
      if me.session then
        me.session.messages[text] = due
      end
    end,
  })
end

return staff
