-- The platform under test, through its driver: loading it, what a driver may use, and noticing that the
-- platform died. docs/driver-contract.md tells the same from a driver author's side.

local actors = core.prelude("actors")
local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local metrics = core.prelude("metrics")
local modules = core.prelude("modules")
local values = core.prelude("values")

local target = {}

local CONTRACT = 1
local PROBE_PAUSE_US = 300000
local PROBES = 3 -- refused in a row: the platform is gone

local NEEDED = { "fixture", "site", "sign_in", "open", "close", "drop" }
local OPERATIONS = {
  "enter", "subscribe", "unsubscribe", "join", "leave", "hold", "finish", "note", "update", "remove",
  "transfer_targets", "transfer", "chat", "hang_up", "look", "offer", "authenticate", "open_link",
  "open_plain", "rooms", "watch_room", "open_room", "leave_room", "admit", "admit_all", "end_room",
  "organisations", "organisation_settings", "configure_organisation", "clinics", "add_clinic", "clinic_settings",
  "configure_clinic", "members", "invite", "accept_invitation", "remove_role", "deny", "add_room", "renew_room_link",
  "clinic_report", "organisation_report", "sign_out",
}

local driver
local on_event = {} -- kind of event → function(actor, event): what verbs.lua does with it

-- ---- is the platform still there? ----

local suspicion -- why it is being asked now, or nil

local function is_gone()
  for _ = 1, PROBES do
    core.park(PROBE_PAUSE_US)
    local status = core.http("GET", "/")
    if status ~= 0 then
      return false
    end
  end
  return true
end

-- A connection broke or an answer did not come: find out whether anybody is there at all.
function target.suspect(why)
  if suspicion or not target.prepared then
    return
  end
  suspicion = why
  jobs.start({ on_end = function() suspicion = nil end }, function()
    if is_gone() then
      core.target_lost(("%s does not answer any more (%s)"):format(core.config.url, why))
    end
  end)
end

-- ---- what drivers may use ----

-- A value that comes later: reply:set(value, at) and, in a play, reply:wait(seconds).
local future_methods = {}
local future_type = { __index = future_methods, __name = "future" }

function future_methods:set(value, at)
  if self.is_set then return end
  self.is_set, self.value, self.at = true, value, at
  if self.task then
    core.wake(self.task, at)
  end
end

-- → the value; raises a failure when it has not come in time.
function future_methods:wait(within, what)
  local limit = within and values.microseconds(within, "wait") or core.config.timeout_us
  if not self.is_set then
    self.task = core.current()
    core.park(limit)
  elseif self.at then
    core.set_due(math.max(core.due(), self.at))
  end
  if not self.is_set then
    local text = ("no answer to %s within %s"):format(what or "a request", values.text_of_us(limit))
    target.suspect(text)
    failure.raise(jobs.actor(), text)
  end
  return self.value
end

local function future()
  return setmetatable({ is_set = false }, future_type)
end

local connection_methods = {}
local connection_type = { __index = connection_methods, __name = "connection" }

function connection_methods:send(text)
  local sent, why = self._socket:send(text)
  if not sent then
    failure.raise(jobs.actor(), "the connection takes no message: " .. why)
  end
end

function connection_methods:close(code)
  self._ours = true
  self._socket:close(code or 1000)
end

-- As a lost network does: no closing handshake.
function connection_methods:abort()
  self._ours = true
  self._socket:abort()
end

-- Fields that each kind of event must have, by type.
local FIELDS = {
  card = { clinic = "string", cause = "string", card = "table" },
  card_gone = { clinic = "string", cause = "string", sequence = "number", card_id = "string" },
  board_ended = { clinic = "string" },
  card_message = { clinic = "string", card_id = "string", text = "string" },
  space = { space = "string", state = "string" },
  participants = { space = "string", participants = "table" },
  chat = { space = "string", from = "table", text = "string" },
  media_send = { audio = "boolean", video = "boolean" },
  media_slots = { slots = "table" },
  closed = { code = "number", reason = "string" },
}

local function check_event(event)
  local fields = FIELDS[event.type]
  if not fields then
    error(("deliver: there is no event '%s'"):format(tostring(event.type)), 3)
  end
  for name, kind in pairs(fields) do
    if type(event[name]) ~= kind then
      error(("event '%s' without %s"):format(event.type, name), 3)
    end
  end
  local card = event.card
  if card and (type(card.id) ~= "string" or type(card.state) ~= "string") then
    error(("event '%s': a card without id or state"):format(event.type), 3)
  end
  if event.type == "card" and event.cause ~= "listed" and type(event.sequence) ~= "number" then
    error("event 'card' without sequence", 3)
  end
end

-- connect{ actor =, path =, headers =, protocol =, on_message = function(text, at),
--   on_close = function(code, reason, at) } → connection, when it is open.
local function connect(options)
  local begun = core.now()
  local connection = setmetatable({ _opened = future(), _options = options }, connection_type)
  local socket, why = core.connect(connection, options.path, options.headers, options.protocol)
  connection._socket = socket
  local opened = socket and connection._opened:wait(nil, "the opening of a connection")
  if opened ~= true then
    if socket then connection:abort() end -- it may open yet: nobody waits for it any more
    why = opened or why
    target.suspect(why)
    failure.raise(options.actor, "cannot connect: " .. why)
  end
  if options.actor then
    actors.record(options.actor, "connect.signalling", connection._opened.at - begun, "role=" .. options.actor.role)
  end
  connection._handed_out = true
  return connection
end

-- A message that the driver could not read is the platform's fault: it ends the actor's session.
local function read_message(options, text, at)
  local ok, problem = pcall(options.on_message, text, at)
  if ok then
    return
  end
  local actor = options.actor
  local shown = #text > 200 and text:sub(1, 200) .. "…" or text
  local message = ("a message of the platform cannot be understood: %s: %s"):format(tostring(problem),
    shown)
  if actor.session then
    actor.session:fail(actor.label .. ": " .. message)
  elseif actor._on_media_problem then
    actor._on_media_problem(message)
  end
end

-- Called by C.
function target.socket_event(connection, kind, text, code, at)
  local options = connection._options
  if kind == "open" then
    connection._opened:set(true, at)
  elseif kind == "message" then
    if connection._handed_out then read_message(options, text, at) end
  elseif not connection._opened.is_set then
    connection._opened:set(text ~= "" and text or "refused", at)
  else
    if not connection._ours then
      target.suspect(("a connection closed: %d %s"):format(code, text))
    end
    if options.on_close and connection._handed_out and not connection._ours then
      options.on_close(code, text, at)
    end
  end
end

-- http{ method =, path =, headers =, body = } → { status, body, content_type }; status 0: no answer. With
-- `quiet` no answer is as good as any (a try that must fail).
local function http(request)
  local status, body, content_type =
    core.http(request.method or "GET", request.path, request.headers, request.body)
  if status == 0 and not request.quiet then
    target.suspect(body)
  end
  return { status = status, body = body, content_type = content_type }
end

-- An event of the platform for one actor, in the engine's words.
local function deliver(actor, event, at)
  -- A card that reaches a caller is a violation whatever it looks like.
  if not (actor.is_caller and tostring(event.type):find("^card")) then
    check_event(event)
  end
  event.at = at or core.now()
  on_event[event.type](actor, event)
end

-- What to do with an event of this kind; set by verbs.lua.
function target.on(kind, look)
  on_event[kind] = look
end

-- The same for what the engine itself makes an event of (the cards that a subscription lists).
function target.look(kind, actor, event)
  on_event[kind](actor, event)
end

local function log(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = tostring((select(i, ...)))
  end
  core.log(table.concat(parts, " "))
end

-- later(seconds, fn): for heartbeats and the like.
local function later(duration, fn)
  local us = values.microseconds(duration, "later")
  jobs.start({ actor = jobs.actor() }, function()
    core.park(us)
    fn()
  end)
end

modules.offer("driver", "http", http)
modules.offer("driver", "later", later)
modules.offer("driver", "connect", connect)
modules.offer("driver", "future", future)
modules.offer("driver", "deliver", deliver)
modules.offer("driver", "refuse", failure.refuse)
modules.offer("driver", "fail", function(message) failure.raise(jobs.actor(), message) end)
modules.offer("driver", "json", core.json)
modules.offer("driver", "base64", core.base64)
modules.offer("driver", "now", core.now)
modules.offer("driver", "log", log)
modules.offer("driver", "trace", actors.trace)
modules.offer("driver", "url", core.config.url or "")

-- Names of methods that drivers use, for the static checks.
target.methods = {
  set = true, wait = true, send = true, close = true, abort = true,
}

-- ---- loading ----

local function check_contract(loaded, path)
  if type(loaded) ~= "table" then
    error(path .. ": a driver returns its table", 0)
  end
  if loaded.contract ~= CONTRACT then
    error(("%s: the driver speaks contract %s, this engine %d"):format(path,
      tostring(loaded.contract), CONTRACT), 0)
  end
  for _, name in ipairs(NEEDED) do
    if type(loaded[name]) ~= "function" then
      error(("%s: the driver has no function '%s'"):format(path, name), 0)
    end
  end
  local known = {}
  for _, name in ipairs(OPERATIONS) do known[name] = true end
  for name in pairs(loaded.operations or {}) do
    if not known[name] then
      error(("%s: the driver contract has no operation '%s'"):format(path, name), 0)
    end
  end
end

-- declares.absent: profiles and rows of the catalogue that the platform does not have, each with the reason.
local function check_absent(loaded, path)
  local declares = loaded.declares or {}
  local absent = type(declares) == "table" and (declares.absent or {})
  local is_good = type(absent) == "table"
  for what, why in pairs(is_good and absent or {}) do
    is_good = is_good and type(what) == "string" and type(why) == "string" and why ~= ""
  end
  if not is_good then
    error(path .. ": declares = { absent = { [\"a profile or row\"] = \"why the platform has no such thing\" } }", 0)
  end
end

local named = {} -- what the driver says of its platform's metrics

function target.load(path)
  local loaded = modules.load(path, "driver")
  check_contract(loaded, path)
  check_absent(loaded, path)
  named = metrics.read(path, loaded.metrics)
  driver = loaded
  return driver
end

function target.metrics()
  return named
end

-- What the platform is declared not to have, as JSON: { profile or row: why }.
function target.absent()
  local absent = driver.declares and driver.declares.absent or {}
  return core.json.encode(absent)
end

function target.driver()
  return driver
end

-- Does the platform have this operation? What is absent is declared so by leaving it out.
function target.operation(actor, name)
  local operation = driver.operations[name]
  if not operation then
    failure.raise(actor, ("the target '%s' has no operation '%s'"):format(driver.name, name))
  end
  return operation
end

return target
