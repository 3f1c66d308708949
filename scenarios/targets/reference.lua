-- Target driver of the reference platform: docs/protocol.md, seen from a client. Turns the engine's
-- abstract operations into REST and JSON-RPC messages, and notifications into the engine's events.
-- docs/driver-contract.md says what every driver has to offer.

local driver = {
  name = "reference",
  contract = 1,
  media = { video_slots = 6, audio_slots = 5 },
  -- In group rooms: the latest six speakers are seen and the loudest three heard, once there are more than six people.
  selection = { above = 6, video = 6, audio = 3 },
  features = {
    waiting_area = "native", transfer = "native", chat = "native", notes = "native",
    rejoin = "native", media = "native", group_rooms = "native", meeting_rooms = "native", user_rooms = "native",
  },
  declares = {
    join_race = "all join",             -- two doctors who press join at once are both in the call
    rejoin = "without admission",       -- SES-15: back into the call as long as staff are in it
    grace_after_drop = "10s",
    consultation_cap = 6, meeting_room_cap = 6, group_room_cap = 20, user_room_cap = 6,
    guest_of_meeting = "in at once",    -- and everybody in it is told (B.6 item 11)
    staff_leave = "caller on hold",     -- when the last member of staff leaves
  },
  operations = {},
}

local operations = driver.operations

-- ---- JSON-RPC 2.0 over one WebSocket ----

local CLASSES = { -- error code → class
  [-32001] = "forbidden", [-32004] = "hidden", [-32005] = "capacity", [-32009] = "conflict",
  [-32010] = "gone", [-32011] = "unauthenticated",
}

local function class_of(problem)
  return problem.data and problem.data.class or CLASSES[problem.code] or "protocol"
end

local function request(actor, method, params)
  local connection = actor.connection or fail("is not connected")
  local reply = future()
  connection.last_id = connection.last_id + 1
  connection.pending[connection.last_id] = reply
  connection:send(json.encode({
    jsonrpc = "2.0", id = connection.last_id, method = method, params = params or {},
  }))
  local message = reply:wait(nil, method)
  if message.error then
    refuse(class_of(message.error), message.error.message, message.error.data)
  end
  return message.result or {}
end

-- ---- notifications ----

local notifications = {}

local function on_notification(actor, message, at)
  local translate = notifications[message.method]
  if translate then
    for _, event in ipairs({ translate(message.params or {}) }) do
      deliver(actor, event, at)
    end
  else
    trace(actor, ("unknown notification '%s'"):format(tostring(message.method)), at)
  end
end

-- A card stands in the waiting area of its clinic, or in the waiting room of a group room: the one with this id.
local function placed(card)
  card.clinic = card.room or card.clinic
  return card
end

notifications["card.changed"] = function(params)
  return { type = "card", clinic = params.room or params.clinic, sequence = params.sequence, cause = params.cause,
    card = placed(params.card) }
end

notifications["card.removed"] = function(params)
  return { type = "card_gone", clinic = params.room or params.clinic, sequence = params.sequence,
    cause = params.cause, card_id = params.card_id }
end

-- The rest of a large dashboard, after a subscription.
notifications["dashboard.cards"] = function(params)
  local events = {}
  for i, card in ipairs(params.cards) do
    events[i] = { type = "card", clinic = params.room or params.clinic, cause = "listed", card = placed(card) }
  end
  return table.unpack(events)
end

-- The actor may not view this dashboard any more.
notifications["dashboard.ended"] = function(params)
  return { type = "board_ended", clinic = params.room or params.clinic }
end

notifications["card.message"] = function(params)
  return { type = "card_message", clinic = params.room or params.clinic, card_id = params.card_id,
    text = params.text }
end

notifications["space.changed"] = function(params)
  return { type = "space", space = params.space, state = params.state, reason = params.reason,
    clinic_name = params.clinic and params.clinic.name }
end

notifications["call.participants"] = function(params)
  return { type = "participants", call = params.call, space = params.space,
    participants = params.participants }
end

notifications["chat.message"] = function(params)
  return { type = "chat", space = params.space, from = params.from, text = params.text }
end

notifications["media.send"] = function(params)
  return { type = "media_send", audio = params.audio, video = params.video }
end

notifications["media.slots"] = function(params)
  return { type = "media_slots", slots = params.slots }
end

-- ---- connections ----

local function on_message(actor, connection, text, at)
  local message, problem = json.decode(text)
  if type(message) ~= "table" then
    fail("the platform sent no JSON: " .. tostring(problem))
  end
  if message.method then
    on_notification(actor, message, at)
  elseif connection.pending[message.id] then
    connection.pending[message.id]:set(message, at)
    connection.pending[message.id] = nil
  end
end

local function on_close(actor, connection, code, reason, at)
  for _, reply in pairs(connection.pending) do
    reply:set({ error = { code = 0, message = ("connection closed (%d %s)"):format(code, reason) } }, at)
  end
  if actor.connection == connection then
    deliver(actor, { type = "closed", code = code, reason = reason }, at)
  end
end

function driver.open(actor)
  local connection
  connection = connect({
    actor = actor, path = "/live",
    on_message = function(text, at) on_message(actor, connection, text, at) end,
    on_close = function(code, reason, at) on_close(actor, connection, code, reason, at) end,
  })
  connection.pending, connection.last_id = {}, 0
  actor.connection = connection
end

function driver.close(actor)
  actor.connection:close(1000)
end

-- As a lost network does.
function driver.drop(actor)
  actor.connection:abort()
end

-- ---- operations ----

function operations.authenticate(actor, arguments)
  return request(actor, "authenticate", { token = arguments.token })
end

function operations.enter(actor, arguments)
  return request(actor, "enter", {
    link = arguments.link, name = arguments.name, details = arguments.details,
    token = arguments.token,
  })
end

function operations.subscribe(actor, arguments)
  return request(actor, "dashboard.subscribe", { clinic = arguments.clinic })
end

function operations.unsubscribe(actor, arguments)
  return request(actor, "dashboard.unsubscribe", { clinic = arguments.clinic })
end

function operations.join(actor, arguments)
  return request(actor, "call.join", { card = arguments.card })
end

function operations.leave(actor, arguments)
  return request(actor, "call.leave", { card = arguments.card })
end

function operations.hold(actor, arguments)
  return request(actor, "call.hold", { card = arguments.card })
end

function operations.finish(actor, arguments)
  return request(actor, "call.end", { card = arguments.card })
end

function operations.note(actor, arguments)
  return request(actor, "card.note", {
    card = arguments.card, note = arguments.note, priority = arguments.priority,
  })
end

function operations.update(actor, arguments)
  return request(actor, "card.update", {
    card = arguments.card, name = arguments.name, details = arguments.details,
  })
end

function operations.remove(actor, arguments)
  return request(actor, "card.remove", { card = arguments.card, reason = arguments.reason })
end

function operations.transfer_targets(actor, arguments)
  return request(actor, "transfer.targets", { card = arguments.card }).clinics
end

function operations.transfer(actor, arguments)
  return request(actor, "card.transfer", { card = arguments.card, clinic = arguments.clinic })
end

function operations.rooms(actor, arguments)
  return request(actor, "room.list", { clinic = arguments.clinic }).rooms
end

function operations.watch_room(actor, arguments)
  local result = request(actor, "room.watch", { room = arguments.room })
  for _, card in ipairs(result.cards) do placed(card) end
  return result
end

function operations.open_room(actor, arguments)
  return request(actor, "room.join", { room = arguments.room })
end

function operations.leave_room(actor, arguments)
  return request(actor, "room.leave", { room = arguments.room })
end

function operations.admit(actor, arguments)
  return request(actor, "room.admit", { card = arguments.card })
end

function operations.admit_all(actor, arguments)
  return request(actor, "room.admit_all", { room = arguments.room })
end

function operations.end_room(actor, arguments)
  return request(actor, "room.end", { room = arguments.room })
end

function operations.chat(actor, arguments)
  return request(actor, "chat.send", { card = arguments.card, text = arguments.text })
end

function operations.hang_up(actor)
  return request(actor, "space.leave")
end

function operations.look(actor, arguments)
  return request(actor, "space.get", { space = arguments.space })
end

function operations.offer(actor, arguments)
  return request(actor, "media.offer", { sdp = arguments.sdp }).sdp
end

-- The page behind a clinic's link, as a browser opens it → HTTP status (0: no answer).
function operations.open_link(_, arguments)
  return http({ path = (arguments.url or "") .. "/c/" .. arguments.link, headers = arguments.headers }).status
end

-- The same host and port without encryption → HTTP status (0: no answer), or nil when this run is plain
-- itself, which only loopback may be.
function operations.open_plain()
  local rest = url:match("^https(://[^/]+)")
  return rest and http({ path = "http" .. rest .. "/health", quiet = true }).status
end

-- ---- administration: REST ----

local function administer(actor, method, path, body)
  local answer = http({
    method = method, path = "/api/v1" .. path, body = body and json.encode(body),
    headers = { Authorization = "Bearer " .. actor.account.token, ["Content-Type"] = "application/json" },
  })
  if answer.status == 0 then
    fail(("%s: %s"):format(url, answer.body))
  elseif answer.status == 204 then
    return {}
  end
  local result, problem = json.decode(answer.body)
  if type(result) ~= "table" then
    fail(("%s %s: the answer is no JSON: %s"):format(method, path, tostring(problem)))
  elseif answer.status >= 300 then
    local wrong = result.error or {}
    refuse(wrong.class or "protocol", wrong.message or ("status %d"):format(answer.status), { status = answer.status })
  end
  return result
end

local function scope_path(arguments)
  if arguments.clinic then
    return "/clinics/" .. arguments.clinic
  end
  return "/organisations/" .. tostring(arguments.organisation)
end

local function member_path(arguments)
  return ("%s/members/%s/%s"):format(scope_path(arguments), arguments.user, arguments.role)
end

function operations.organisations(actor)
  return administer(actor, "GET", "/organisations").organisations
end

function operations.organisation_settings(actor, arguments)
  return administer(actor, "GET", scope_path(arguments))
end

function operations.configure_organisation(actor, arguments)
  return administer(actor, "PATCH", scope_path(arguments), arguments.settings)
end

function operations.clinics(actor, arguments)
  return administer(actor, "GET", scope_path(arguments) .. "/clinics").clinics
end

function operations.add_clinic(actor, arguments)
  return administer(actor, "POST", scope_path(arguments) .. "/clinics", { name = arguments.name, label = arguments.label })
end

function operations.clinic_settings(actor, arguments)
  return administer(actor, "GET", scope_path(arguments))
end

function operations.configure_clinic(actor, arguments)
  return administer(actor, "PATCH", scope_path(arguments), arguments.settings)
end

function operations.add_room(actor, arguments)
  return administer(actor, "POST", scope_path(arguments) .. "/rooms",
    { kind = arguments.kind, name = arguments.name, owner = arguments.owner })
end

function operations.clinic_report(actor, arguments)
  return administer(actor, "GET", scope_path(arguments) .. "/report")
end

function operations.organisation_report(actor, arguments)
  return administer(actor, "GET", scope_path(arguments) .. "/report")
end

function operations.renew_room_link(actor, arguments)
  return administer(actor, "POST", ("/rooms/%s/link"):format(arguments.room)).link
end

function operations.members(actor, arguments)
  return administer(actor, "GET", scope_path(arguments) .. "/members").members
end

function operations.invite(actor, arguments)
  return administer(actor, "POST", scope_path(arguments) .. "/invitations",
    { role = arguments.role, denied = arguments.denied and json.array(arguments.denied) }).invitation
end

function operations.accept_invitation(actor, arguments)
  return administer(actor, "POST", "/invitations/" .. arguments.token)
end

function operations.remove_role(actor, arguments)
  return administer(actor, "DELETE", member_path(arguments))
end

function operations.deny(actor, arguments)
  return administer(actor, "PATCH", member_path(arguments), { denied = json.array(arguments.denied) })
end

-- ---- signing in ----

function operations.sign_out(actor)
  return administer(actor, "POST", "/sign-out")
end

function driver.sign_in(account)
  local answer = http({
    method = "POST", path = "/api/v1/sign-in", headers = { ["Content-Type"] = "application/json" },
    body = json.encode({ username = account.username, password = account.password }),
  })
  if answer.status == 0 then
    fail(("%s: %s"):format(url, answer.body))
  elseif answer.status ~= 200 then
    fail(("sign-in of %s was refused: status %d"):format(account.username, answer.status))
  end
  local result, problem = json.decode(answer.body)
  if type(result) ~= "table" or type(result.token) ~= "string" then
    fail("sign-in gave no token: " .. tostring(problem or answer.body))
  end
  return result
end

-- ---- fixture: made from what a story demands, and read back ----
--
-- Names tell what is for whom: clinics are linked as "clinic-3-…", "partner-3-…" and "elsewhere-…"; the
-- account "clinic-3.team_member.2" is the second one of that post at clinic 3; "group-3-1-…" links its first room.

-- Where the demand keeps clinics apart, each with its partner has an organisation to itself.

local ORGANISATION = "Caseload organisation"
local ELSEWHERE = "Organisation elsewhere"

local function organisation_name(number)
  return "Organisation " .. number
end

local function clinic_name(place, number)
  if place == "own" then
    return "Clinic " .. number
  elseif place == "partner" then
    return "Partner clinic " .. number
  end
  return "Clinic elsewhere"
end

-- What an account of this role at this place is; an outsider has no role here: they belong to the clinic elsewhere.
local function membership(demand, number, place, role)
  if role == "outsider" then
    return { clinic = clinic_name("elsewhere"), role = "service_referrer" }
  elseif role:find("^organisation_") then
    return { clinic = json.null, role = role, organisation = demand.apart and organisation_name(number) or nil }
  end
  return { clinic = clinic_name(place, number), role = role }
end

local function add_account(fixture, demand, username, roles)
  table.insert(fixture.staff, {
    username = username, password = demand.word(20, "password", username),
    name = "Staff " .. username, roles = json.array(roles),
  })
end

-- Session staff of a clinic may send callers to its partner; nobody else of them sees the partner.
local function add_posts(fixture, demand, number, place, posts)
  local where = place == "own" and "clinic" or "partner"
  for role, count in pairs(posts) do
    for i = 1, count do
      local roles = { membership(demand, number, place, role) }
      if place == "own" and roles[1].clinic == clinic_name("own", number) then
        roles[2] = { clinic = clinic_name("partner", number), role = "service_referrer" }
      end
      add_account(fixture, demand, ("%s-%d.%s.%d"):format(where, number, role, i), roles)
    end
  end
end

-- Residents and bystanders.
local function add_standing(fixture, demand, number, group)
  for post, declared in pairs(group) do
    for i = 1, declared.count do
      add_account(fixture, demand, ("clinic-%d.%s.%d"):format(number, post, i),
        { membership(demand, number, declared.at, declared.role) })
    end
  end
end

local function add_clinic(fixture, demand, organisation, name, link)
  table.insert(fixture.clinics, {
    name = name, link = link .. "-" .. demand.word(12, "link", link), organisation = demand.apart and organisation or nil,
  })
end

local function add_rooms(fixture, demand, number, count)
  for i = 1, count do
    local link = ("group-%d-%d"):format(number, i)
    table.insert(fixture.rooms, { clinic = clinic_name("own", number), kind = "group",
      name = ("Group room %d of clinic %d"):format(i, number), link = link .. "-" .. demand.word(12, "link", link) })
  end
end

local function add_organisations(fixture, demand)
  if not demand.apart then
    fixture.organisation = { name = ORGANISATION }
    return
  end
  fixture.organisations = { { name = ELSEWHERE } }
  for number in ipairs(demand.clinics) do
    table.insert(fixture.organisations, { name = organisation_name(number) })
  end
end

function driver.fixture(demand)
  local fixture = {
    schema = "caseload/fixture/1", password_cost = "load",
    clinics = {}, rooms = json.array({}), staff = json.array({}), -- empty, they are still lists
  }
  add_organisations(fixture, demand)
  for number, needs in ipairs(demand.clinics) do
    add_clinic(fixture, demand, organisation_name(number), clinic_name("own", number), "clinic-" .. number)
    add_clinic(fixture, demand, organisation_name(number), clinic_name("partner", number), "partner-" .. number)
    add_rooms(fixture, demand, number, needs.rooms)
    add_posts(fixture, demand, number, "own", needs.own)
    add_posts(fixture, demand, number, "partner", needs.partner)
    add_standing(fixture, demand, number, needs.residents)
    add_standing(fixture, demand, number, needs.bystanders)
  end
  add_clinic(fixture, demand, ELSEWHERE, clinic_name("elsewhere"), "elsewhere")
  table.sort(fixture.staff, function(a, b) return a.username < b.username end)
  return json.encode(fixture)
end

local function read_clinics(fixture)
  local own, partners, elsewhere = {}, {}, nil
  for position, clinic in ipairs(fixture.clinics) do
    if type(clinic) ~= "table" or type(clinic.name) ~= "string" or type(clinic.link) ~= "string" then
      fail(("the fixture's clinic %d has no name or no link"):format(position))
    end
    local kind, number = clinic.link:match("^(%a+)%-(%d+)%f[%D]")
    local place = { name = clinic.name, link = clinic.link, posts = {}, rooms = {} }
    if kind == "clinic" then
      place.number = tonumber(number)
      own[place.number] = place
    elseif kind == "partner" then
      partners[tonumber(number)] = place
    elseif clinic.link:find("^elsewhere%-") then
      elsewhere = place
    end
  end
  for number, clinic in ipairs(own) do
    clinic.partner, clinic.elsewhere = partners[number], elsewhere
  end
  return own
end

local function read_rooms(fixture, clinics)
  for position, room in ipairs(fixture.rooms or {}) do
    if type(room) ~= "table" or type(room.name) ~= "string" or type(room.link) ~= "string" then
      fail(("the fixture's room %d has no name or no link"):format(position))
    end
    local number, index = room.link:match("^group%-(%d+)%-(%d+)%f[%D]")
    local clinic = clinics[tonumber(number)]
    if clinic then
      clinic.rooms[tonumber(index)] = { name = room.name, link = room.link }
    end
  end
end

local function read_accounts(fixture, clinics)
  for position, account in ipairs(fixture.staff) do
    if type(account) ~= "table" or type(account.username) ~= "string" or type(account.password) ~= "string" then
      fail(("the fixture's account %d has no username or no password"):format(position))
    end
    local kind, number, post, index = account.username:match("^(%a+)%-(%d+)%.([%w_]+)%.(%d+)$")
    local clinic = clinics[tonumber(number)]
    if clinic and kind == "partner" then
      clinic = clinic.partner
    end
    if clinic then
      clinic.posts[post] = clinic.posts[post] or {}
      clinic.posts[post][tonumber(index)] = {
        username = account.username, password = account.password, name = account.name,
      }
    end
  end
end

-- The fixture's text → list of clinics, each with its partner, the clinic elsewhere, and accounts by post.
function driver.site(text)
  local fixture, problem = json.decode(text)
  if type(fixture) ~= "table" or type(fixture.clinics) ~= "table" or type(fixture.staff) ~= "table" then
    fail("the fixture cannot be read: " .. tostring(problem or "no clinics or staff"))
  end
  local clinics = read_clinics(fixture)
  if #clinics == 0 then
    fail("the fixture names no clinic with a link 'clinic-1-…': make it with this driver")
  end
  read_accounts(fixture, clinics)
  read_rooms(fixture, clinics)
  return clinics
end

-- ---- before the run ----

function driver.prepare()
  local answer = http({ path = "/health" })
  if answer.status == 0 then
    fail(("%s: %s"):format(url, answer.body))
  elseif answer.status ~= 200 then
    fail(("%s/health answers with status %d: is this the reference platform?"):format(url, answer.status))
  end
end

return driver
