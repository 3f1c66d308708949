-- Target driver of Janus with its VideoCall plug-in, as far as the bench beside it needs: two people, one
-- PeerConnection each, who are joined and parted. Janus knows neither waiting areas nor dashboards: those are kept
-- here, in the generator, and cost Janus nothing.

local driver = {
  name = "janus-videocall", contract = 1, operations = {},
  media = { video_slots = 0, audio_slots = 0 }, -- the other's media comes in the own sections
  features = { waiting_area = "emulated", transfer = "absent", chat = "absent", notes = "absent", rejoin = "absent",
    media = "native", group_rooms = "absent" },
  declares = { join_race = "the callee is busy", staff_leave = "the call ends" },
}
local operations = driver.operations

local PLUGIN = "janus.plugin.videocall"
local KEEPALIVE_S = 25 -- Janus ends a session that says nothing for 60 s

local clinics = {} -- id → { id, name, link, sequence, cards, observers }
local callers = {} -- user name at Janus → card
local count = 0

local function fresh(kind)
  count = count + 1
  return kind .. "-" .. count
end

-- ---- the Janus protocol ----

local function send(actor, message)
  local connection = actor.connection or fail("is not connected")
  message.session_id, message.handle_id = connection.session, connection.handle
  connection.last = connection.last + 1
  message.transaction = tostring(connection.last)
  connection:send(json.encode(message))
  return message.transaction
end

-- A request that Janus itself answers → its data.
local function ask(actor, message)
  local reply = future()
  actor.connection.pending[send(actor, message)] = reply
  local answer = reply:wait(nil, message.janus)
  if answer.janus ~= "success" then
    refuse("protocol", answer.error and answer.error.reason or "no success: " .. tostring(answer.janus))
  end
  return answer.data
end

local function tell_plugin(actor, body, sdp, kind)
  send(actor, { janus = "message", body = body, jsep = sdp and { type = kind, sdp = sdp } })
  if sdp then -- every candidate stands in the description
    send(actor, { janus = "trickle", candidate = { completed = true } })
  end
end

-- A request to the plug-in; `event` of this name answers it.
local function ask_plugin(actor, body, event, sdp)
  local reply = future()
  actor.connection.awaited[event] = reply
  tell_plugin(actor, body, sdp, "offer")
  local answer = reply:wait(nil, body.request)
  if answer.error then
    refuse(answer.error_code == 479 and "conflict" or "protocol", answer.error)
  end
  return answer
end

-- ---- waiting area and dashboard ----

local function view(card)
  return { id = card.id, clinic = card.clinic.id, space = card.space, name = card.name, state = card.state,
    priority = "none", present = true }
end

local function tell_board(clinic, event, at)
  clinic.sequence = clinic.sequence + 1
  for _, actor in ipairs(clinic.observers) do
    local copy = { clinic = clinic.id, sequence = clinic.sequence }
    for name, value in pairs(event) do copy[name] = value end
    deliver(actor, copy, at)
  end
end

local function changed(card, state, cause, at)
  card.state = state
  tell_board(card.clinic, { type = "card", cause = cause, card = view(card) }, at)
  if cause ~= "entered" then
    deliver(card.caller, { type = "space", space = card.space, state = state, reason = cause }, at)
  end
end

local function set_sending(actor, sends, at)
  deliver(actor, { type = "media_send", audio = sends, video = sends }, at)
end

local function forget(card)
  card.is_over = true
  card.clinic.cards[card.id], callers[card.caller.participant] = nil, nil
end

local function stop_observing(actor)
  for _, clinic in pairs(clinics) do
    for i, one in ipairs(clinic.observers) do
      if one == actor then
        table.remove(clinic.observers, i)
        break
      end
    end
  end
end

-- ---- what Janus tells ----

local events = {}

-- Somebody calls: at Janus the callee answers, and the call is there.
function events.incomingcall(actor, _, jsep, at)
  local card = callers[actor.participant]
  tell_plugin(actor, { request = "accept" }, media_answer(actor, jsep.sdp), "answer")
  changed(card, "in_call", "joined", at)
  set_sending(actor, true, at)
end

function events.hangup(actor, _, _, at)
  set_sending(actor, false, at)
end

local function on_event(actor, message, at)
  local data = message.plugindata and message.plugindata.data or {}
  local result = data.result or {}
  local awaited = actor.connection.awaited
  if data.error then
    for _, reply in pairs(awaited) do reply:set(data, at) end
    actor.connection.awaited = {}
  elseif awaited[result.event] then
    awaited[result.event]:set({ result = result, jsep = message.jsep }, at)
    awaited[result.event] = nil
  elseif events[result.event] then
    events[result.event](actor, result, message.jsep, at)
  end
end

local function on_message(actor, connection, text, at)
  local message, problem = json.decode(text)
  if type(message) ~= "table" then
    fail("Janus sent no JSON: " .. tostring(problem))
  end
  local reply = message.transaction and connection.pending[message.transaction]
  if reply then
    connection.pending[message.transaction] = nil
    reply:set(message, at)
  elseif message.janus == "event" then
    on_event(actor, message, at)
  elseif message.janus == "error" then
    on_event(actor, { plugindata = { data = { error = message.error.reason } } }, at)
  end
end

local function on_close(actor, connection, code, reason, at)
  connection.is_closed = true
  local problem = ("connection closed (%d %s)"):format(code, reason)
  for _, reply in pairs(connection.pending) do reply:set({ error = { reason = problem } }, at) end
  for _, reply in pairs(connection.awaited) do reply:set({ error = problem }, at) end
  if actor.connection == connection then
    deliver(actor, { type = "closed", code = code, reason = reason }, at)
  end
end

-- ---- connections ----

local function keep_alive(actor, connection)
  later(KEEPALIVE_S, function()
    if actor.connection == connection and not connection.is_closed then
      send(actor, { janus = "keepalive" })
      keep_alive(actor, connection)
    end
  end)
end

function driver.open(actor)
  local connection
  connection = connect { actor = actor, path = "/janus", protocol = "janus-protocol",
    on_message = function(text, at) on_message(actor, connection, text, at) end,
    on_close = function(code, reason, at) on_close(actor, connection, code, reason, at) end }
  connection.pending, connection.awaited, connection.last = {}, {}, 0
  actor.connection = connection
  connection.session = ask(actor, { janus = "create" }).id
  connection.handle = ask(actor, { janus = "attach", plugin = PLUGIN }).id
  keep_alive(actor, connection)
end

-- With its connection Janus ends a session.
function driver.close(actor)
  stop_observing(actor)
  actor.connection.is_closed = true
  actor.connection:close(1000)
end

function driver.drop(actor)
  stop_observing(actor)
  actor.connection.is_closed = true
  actor.connection:abort()
end

-- ---- operations ----

local function register(actor)
  local name = fresh("user")
  ask_plugin(actor, { request = "register", username = name }, "registered")
  return name
end

function operations.authenticate(actor)
  return { participant = register(actor) }
end

function operations.enter(actor, arguments)
  local clinic
  for _, one in pairs(clinics) do
    if one.link == arguments.link then clinic = one end
  end
  local card = { id = fresh("card"), space = fresh("space"), clinic = clinic, name = arguments.name, caller = actor,
    state = "waiting" }
  local name = register(actor)
  callers[name], clinic.cards[card.id] = card, card
  changed(card, "waiting", "entered")
  return { participant = name, space = card.space, state = "waiting", token = card.id }
end

function operations.subscribe(actor, arguments)
  local clinic, list = clinics[arguments.clinic], {}
  table.insert(clinic.observers, actor)
  for _, card in pairs(clinic.cards) do list[#list + 1] = view(card) end
  return { sequence = clinic.sequence, cards = list }
end

local function find(arguments)
  for _, clinic in pairs(clinics) do
    if clinic.cards[arguments.card] then return clinic.cards[arguments.card] end
  end
  return refuse("gone", "there is no such card")
end

function operations.join(actor, arguments)
  local card = find(arguments)
  local accepted = ask_plugin(actor, { request = "call", username = card.caller.participant }, "accepted",
    media_offer(actor))
  if accepted.jsep then
    media_take_answer(actor, accepted.jsep.sdp)
  end
  set_sending(actor, true)
  return { call = card.id }
end

function operations.finish(actor, arguments)
  local card = find(arguments)
  ask_plugin(actor, { request = "hangup" }, "hangup")
  set_sending(actor, false)
  forget(card)
  tell_board(card.clinic, { type = "card_gone", cause = "ended", card_id = card.id })
  deliver(card.caller, { type = "space", space = card.space, state = "ended", reason = "ended" })
  return {}
end

-- ---- before the run ----

function driver.sign_in(account)
  local clinic = clinics[account.clinic]
  return { token = account.username, memberships = { { clinic = { id = clinic.id, name = clinic.name },
    role = account.role } } }
end

function driver.fixture(demand)
  local list = {}
  for number, needs in ipairs(demand.clinics) do
    list[number] = { name = "Clinic " .. number, link = "clinic-" .. number, posts = needs.own }
  end
  return json.encode({ clinics = list })
end

local function accounts(clinic, role, number)
  local list = {}
  for i = 1, number do
    local name = ("%s.%s.%d"):format(clinic.link, role, i)
    list[i] = { username = name, name = "Staff " .. name, role = role, clinic = clinic.id }
  end
  return list
end

function driver.site(text)
  local list = {}
  for number, declared in ipairs(json.decode(text).clinics) do
    local clinic = { id = declared.link, name = declared.name, link = declared.link, sequence = 0, cards = {},
      observers = {} }
    clinics[clinic.id] = clinic
    list[number] = { name = clinic.name, link = clinic.link, number = number, posts = {}, rooms = {} }
    for role, posts in pairs(declared.posts) do
      list[number].posts[role] = accounts(clinic, role, posts)
    end
  end
  return list
end

return driver
