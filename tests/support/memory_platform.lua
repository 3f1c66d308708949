-- A target driver whose platform is a few tables in this file: the whole of docs/protocol.md that stories
-- touch, without a server. Faults are switched on by the URL: http://memory:1/keep-card.

local reference = require "targets.reference"

local driver = {
  name = "memory", contract = 1, operations = {}, features = {}, declares = {},
  media = { video_slots = 6, audio_slots = 5 },
  fixture = reference.fixture, site = reference.site,
}
local operations = driver.operations

local FAULT = url:match("/([%a%-]+)$")
local CALLS = FAULT == "media-with-the-call" -- no fault: who joins offers, the caller answers
local GRACE = 10 -- seconds
local CALL_MAX = 6

local clinics, by_link = {}, {} -- id → { id, name, link, sequence, cards, observers }
local cards, spaces = {}, {}    -- id → card, space → card (false: over)
local tokens = {}               -- caller's token → card
local roles = {}                -- username → roles
local count = 0

local function fresh(kind)
  count = count + 1
  return kind .. "-" .. count
end

-- Every request takes a millisecond there and back.
local function tick()
  local answer = http { path = "/tick" }
  if answer.status == 0 then
    fail("the platform gives no answer: " .. answer.body)
  end
end

-- ---- who sees what ----

local function card_view(card)
  local staff = json.array {}
  for _, one in ipairs(card.staff) do
    staff[#staff + 1] = { participant = one.participant, name = one.name }
  end
  return {
    id = card.id, clinic = card.clinic.id, space = card.space, name = card.name,
    details = card.details, state = card.state, priority = card.priority, note = card.note,
    transferred_from = card.from, staff = staff, present = card.caller ~= nil,
  }
end

local function tell_board(clinic, event)
  clinic.sequence = clinic.sequence + 1
  if FAULT == "drop-events" and clinic.sequence % 5 == 0 then return end
  for _, actor in ipairs(clinic.observers) do
    local copy = { clinic = clinic.id, sequence = clinic.sequence }
    for name, value in pairs(event) do copy[name] = value end
    deliver(actor, copy)
  end
end

local function changed(card, cause)
  tell_board(card.clinic, { type = "card", cause = cause, card = card_view(card) })
  if FAULT == "show-card" and cause == "joined" then
    for _, other in pairs(cards) do
      if other ~= card and other.caller then
        deliver(other.caller, { type = "card", cause = cause, clinic = card.clinic.id, sequence = 1,
          card = card_view(card) })
      end
    end
  end
end

local function gone(clinic, card, cause)
  clinic.cards[card.id] = nil
  tell_board(clinic, { type = "card_gone", cause = cause, card_id = card.id })
end

local function participants(card)
  local list = {}
  if card.caller then
    list[1] = { participant = card.caller_id, name = card.name, kind = "caller" }
  end
  for _, one in ipairs(card.staff) do
    list[#list + 1] = { participant = one.participant, name = one.name, kind = "staff" }
  end
  return list
end

local function tell_call(card, left)
  local event = { type = "participants", call = card.id, space = card.space }
  for _, actor in ipairs(card.staff) do
    deliver(actor, { type = "participants", call = card.id, space = card.space, participants = participants(card) })
    deliver(actor, { type = "media_send", audio = true, video = true })
  end
  if card.caller then
    event.participants = participants(card)
    deliver(card.caller, event)
    deliver(card.caller, { type = "media_send", audio = #card.staff > 0, video = #card.staff > 0 })
  end
  for _, actor in ipairs(left or {}) do
    deliver(actor, { type = "participants", call = card.id, space = card.space, participants = {} })
    deliver(actor, { type = "media_send", audio = false, video = false })
  end
end

local function tell_caller(card, state, reason, clinic)
  if card.caller then
    deliver(card.caller, { type = "space", space = card.space, state = state, reason = reason,
      clinic_name = clinic and clinic.name })
  end
end

local function remove_from(list, actor)
  for i, one in ipairs(list) do
    if one == actor then
      table.remove(list, i)
      return true
    end
  end
  return false
end

local function finish(card, cause)
  local left = card.staff
  card.staff = {}
  card.over = true
  if FAULT ~= "ghost-card" or cause ~= "left" then
    gone(card.clinic, card, cause)
  end
  if FAULT ~= "keep-space" then
    spaces[card.space] = false
  end
  for _, actor in ipairs(left) do actor._call = nil end
  tell_caller(card, "ended", "ended")
  tell_call(card, left)
  card.caller_gone = card.caller
  card.caller = nil
end

-- ---- permission ----

local function is_staff_of(actor, clinic)
  for _, role in ipairs(actor._roles or {}) do
    if role.clinic == clinic.name and role.role ~= "service_referrer" then return true end
  end
  return false
end

local function staff_only(actor)
  if not actor._roles and FAULT ~= "patient-acts" then
    refuse(actor.participant and "forbidden" or "unauthenticated", "staff only")
  end
end

local function find_card(actor, id)
  tick()
  staff_only(actor)
  local card = cards[id]
  if not card or not (is_staff_of(actor, card.clinic) or actor._call == card) then
    refuse("hidden", "no such card")
  elseif card.over and FAULT ~= "ghost-card" then
    refuse("gone", "it is over")
  end
  return card
end

-- ---- life ----

function driver.prepare(text)
  local fixture = json.decode(text)
  for _, clinic in ipairs(fixture.clinics) do
    local one = { id = fresh("clinic"), name = clinic.name, link = clinic.link, sequence = 0, cards = {},
      observers = {} }
    clinics[one.id], by_link[clinic.link] = one, one
  end
  for _, account in ipairs(fixture.staff) do
    roles[account.username] = account.roles
  end
end

function driver.sign_in(account)
  tick()
  local memberships = {}
  for i, role in ipairs(roles[account.username]) do
    local clinic
    for id, one in pairs(clinics) do
      if one.name == role.clinic then clinic = { id = id, name = one.name } end
    end
    memberships[i] = { clinic = clinic, role = role.role }
  end
  return { token = "staff:" .. account.username, memberships = memberships }
end

function driver.open(actor)
  local connection
  connection = connect { actor = actor, path = "/live",
    on_message = function() end,
    on_close = function(code, reason, at)
      assert(connection, "the end of a connection that was never given out")
      deliver(actor, { type = "closed", code = code, reason = reason }, at)
    end }
  actor.connection = connection
  actor._roles, actor._call = nil, nil
end

local function leave_everything(actor)
  for _, clinic in pairs(clinics) do remove_from(clinic.observers, actor) end
  local card = actor._call
  if card and remove_from(card.staff, actor) then
    actor._call = nil
    if #card.staff == 0 and not card.over then
      card.state = "on_hold"
      tell_caller(card, "on_hold", "staff_left")
    end
    if not card.over then
      changed(card, "left")
      tell_call(card)
    end
  end
end

function driver.close(actor)
  leave_everything(actor)
  local card = actor._card
  if card and not card.over and card.caller == actor then
    card.caller = nil
    changed(card, "dropped")
  end
  actor.connection:close(1000)
end

function driver.drop(actor)
  local card = actor._card
  if not card then
    leave_everything(actor)
    actor.connection:abort()
    return
  end
  card.caller = nil
  changed(card, "dropped")
  actor.connection:abort()
  later(GRACE, function()
    if not card.over and not card.caller and card.state ~= "in_call" then
      finish(card, "dropped")
    end
  end)
end

-- ---- operations ----

function operations.authenticate(actor, arguments)
  tick()
  local username = arguments.token:match("^staff:(.*)$")
  if not username then refuse("unauthenticated", "no such token") end
  actor._roles = {}
  for i, role in ipairs(roles[username]) do
    actor._roles[i] = { clinic = role.clinic, role = role.role }
  end
  return { participant = fresh("participant") }
end

local function back(actor, token)
  local card = tokens[token]
  if not card then refuse("hidden", "no such token") end
  if card.over and FAULT ~= "keep-space" then refuse("gone", "it is over") end
  card.caller, actor._card = actor, card
  local participant = fresh("participant")
  actor.participant, card.caller_id = participant, participant
  changed(card, "returned")
  tell_call(card)
  return { participant = participant, space = card.space, state = card.state, token = token }
end

function operations.enter(actor, arguments)
  tick()
  local clinic = by_link[arguments.link]
  if not clinic then refuse("hidden", "no such link") end
  if arguments.token then return back(actor, arguments.token) end
  local card = { id = fresh("card"), clinic = clinic, space = fresh("space"), name = arguments.name,
    details = arguments.details, state = "waiting", priority = "none", staff = {}, caller = actor, caller_id = fresh("participant") }
  local token = fresh("token")
  cards[card.id], spaces[card.space], tokens[token], clinic.cards[card.id] = card, card, card, card
  actor._card = card
  changed(card, "entered")
  for _ = 1, FAULT == "late-answer" and 50 or 0 do tick() end
  return { participant = card.caller_id, space = card.space, state = "waiting", token = token }
end

function operations.subscribe(actor, arguments)
  tick()
  staff_only(actor)
  local clinic = clinics[arguments.clinic]
  if not is_staff_of(actor, clinic) and FAULT ~= "open-dashboard" and FAULT ~= "patient-acts" then
    refuse("hidden", "no such clinic")
  end
  table.insert(clinic.observers, actor)
  local list = {}
  for _, card in pairs(clinic.cards) do list[#list + 1] = card_view(card) end
  if FAULT == "short-board" then list[#list] = nil end
  return { sequence = clinic.sequence, cards = list }
end

function operations.unsubscribe(actor, arguments)
  tick()
  remove_from(clinics[arguments.clinic].observers, actor)
  return {}
end

function operations.join(actor, arguments)
  local card = find_card(actor, arguments.card)
  if #card.staff + 1 >= CALL_MAX and FAULT ~= "seventh-participant" then
    refuse("capacity", "the call is full", { limit = "participants" })
  end
  table.insert(card.staff, actor)
  actor._call = card
  if CALLS and media_offer(actor) then
    media_take_answer(actor, media_answer(card.caller, media_offer(actor)))
  end
  if card.state ~= "in_call" then
    card.state = "in_call"
    if FAULT ~= "silent-admission" then tell_caller(card, "in_call", "joined") end
  end
  changed(card, "joined")
  tell_call(card)
  return { call = card.id, participants = participants(card) }
end

function operations.leave(actor, arguments)
  local card = find_card(actor, arguments.card)
  remove_from(card.staff, actor)
  actor._call = nil
  if #card.staff == 0 then
    card.state = "on_hold"
    tell_caller(card, "on_hold", "staff_left")
  end
  changed(card, "left")
  tell_call(card, { actor })
  return {}
end

function operations.hold(actor, arguments)
  local card = find_card(actor, arguments.card)
  local left = card.staff
  card.staff, card.state = {}, "on_hold"
  for _, one in ipairs(left) do one._call = nil end
  tell_caller(card, "on_hold", "held")
  changed(card, "held")
  tell_call(card, left)
  return {}
end

function operations.finish(actor, arguments)
  finish(find_card(actor, arguments.card), "ended")
  return {}
end

function operations.remove(actor, arguments)
  finish(find_card(actor, arguments.card), "removed")
  return {}
end

function operations.note(actor, arguments)
  local card = find_card(actor, arguments.card)
  card.priority = arguments.priority or card.priority
  card.note = arguments.note or card.note
  changed(card, "noted")
  return {}
end

function operations.update(actor, arguments)
  local card = find_card(actor, arguments.card)
  card.name = arguments.name or card.name
  card.details = arguments.details or card.details
  changed(card, "updated")
  return {}
end

function operations.transfer_targets(actor, arguments)
  find_card(actor, arguments.card)
  local list = {}
  for _, role in ipairs(actor._roles) do
    for id, clinic in pairs(clinics) do
      if clinic.name == role.clinic then list[#list + 1] = { id = id, name = clinic.name } end
    end
  end
  return list
end

function operations.transfer(actor, arguments)
  local card, from = find_card(actor, arguments.card), nil
  from, card.clinic = card.clinic, clinics[arguments.clinic]
  local left = card.staff
  card.staff, card.state, card.from = {}, "waiting", { id = from.id, name = from.name }
  actor._call = nil
  card.clinic.cards[card.id] = card
  if FAULT ~= "keep-card" then
    gone(from, card, "transferred")
  end
  changed(card, "transferred")
  tell_caller(card, "waiting", "transferred", card.clinic)
  tell_call(card, left)
  return {}
end

function operations.chat(actor, arguments)
  tick()
  local card = arguments.card and cards[arguments.card] or actor._card
  local event = { type = "chat", space = card.space, text = arguments.text,
    from = { participant = actor.participant, name = actor.name } }
  if not arguments.card and card.state ~= "in_call" then
    for _, one in ipairs(card.clinic.observers) do
      deliver(one, { type = "card_message", clinic = card.clinic.id, card_id = card.id, text = arguments.text })
    end
    return {}
  end
  for _, one in ipairs(card.staff) do
    if one ~= actor then deliver(one, event) end
  end
  if card.caller and card.caller ~= actor then
    local copy = {}
    for name, value in pairs(event) do copy[name] = value end
    deliver(card.caller, copy)
  end
  return {}
end

function operations.hang_up(actor)
  tick()
  local card = actor._card
  if card.state == "in_call" then
    card.caller = nil
    changed(card, "left")
    tell_call(card)
  else
    finish(card, "left")
  end
  return {}
end

function operations.look(actor, arguments)
  tick()
  local card = spaces[arguments.space]
  if card == nil or (actor._card and actor._card.space ~= arguments.space) then
    refuse("hidden", "no such space")
  elseif card == false then
    refuse("gone", "it is over")
  end
  return { state = card.state, participants = participants(card) }
end

function operations.offer(actor, arguments)
  tick()
  if not arguments.sdp:find("offer of") then refuse("protocol", "no offer") end
  return "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=fingerprint:sha-256 AB"
end

if CALLS then operations.offer = nil end

function operations.open_link(_, arguments)
  tick()
  return by_link[arguments.link] and 200 or 404
end

function operations.open_plain()
  return nil
end

return driver
