-- One synthetic person: what is known of them, what reached them, and what they wait for.

local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local values = core.prelude("values")

local actors = {}

local INBOX_MAX = 256 -- events of one kind that nobody has looked at yet

-- What `me.name` may be nil for; any other unknown name is a mistake in the story.
local PROPERTIES = {
  account = true, board = true, call = true, clinic = true, connection = true, details = true,
  inbox = true, is_bystander = true, is_caller = true, joined_at = true, label = true, media = true,
  name = true, number = true, pairs = true, participant = true, role = true, room = true, session = true,
  space = true,
  state = true, step = true, subscribed = true, token = true, waiting_since = true,
}

local verbs = {} -- name → function; filled by verbs.lua

local actor_type = {
  __name = "actor",
  __index = function(self, name)
    if verbs[name] then
      return verbs[name]
    end
    if PROPERTIES[name] or type(name) ~= "string" or name:find("^_") then
      return nil
    end
    error(("unknown verb or property '%s'"):format(name), 2)
  end,
  __tostring = function(self) return self.label end,
}

function actors.verbs()
  return verbs
end

-- fields: label (name in the story), role, name (of the person), clinic, session or nil.
function actors.new(fields)
  fields.is_caller = fields.role == "patient" or fields.role == "anonymous"
  fields.step = "start"
  fields.inbox = {}      -- kind of event → list, oldest first
  fields.board = {}      -- staff: card id → card, as the platform last said
  fields.subscribed = {} -- staff: clinic id → number of its last event seen
  fields.pairs = {}      -- number of a sender → what is known of hearing and seeing them
  fields._waiters = {}   -- who waits for an event of this actor
  fields._violations = 0 -- bystanders: things that must not have reached them
  return setmetatable(fields, actor_type)
end

function actors.is_actor(value)
  return getmetatable(value) == actor_type
end

function actors.trace(actor, text, at)
  if core.config.trace then
    core.trace(actor.label, text, at)
  end
end

-- ---- who is who: the platform's ids and our people ----

local people = {} -- participant id of the platform → actor

-- Whoever is played here and known to the platform is one of the run's participants, with media or without;
-- bystanders are apart.
local function count(actor, present)
  if actor.is_bystander or actor._foreign or present == (actor._present or false) then
    return
  elseif present then
    core.came(actor._present == nil)
  else
    core.went()
  end
  actor._present = present
end

function actors.known_as(actor, participant)
  count(actor, participant ~= nil)
  if actor.participant then
    people[actor.participant] = nil
  end
  actor.participant = participant
  if participant then
    people[participant] = actor
  end
end

function actors.find(participant)
  return people[participant]
end

local function same_person(actor, event)
  local card = event.card
  if event.space and actor.space == event.space then return true end
  if event.card_id and actor._card_id == event.card_id then return true end
  if card and (card.space == actor.space or card.name == actor.name) then return true end
  return event.from ~= nil and event.from.participant == actor.participant
end

-- ---- filters: { state = "waiting", of = patient, within = "5s" } ----

local OPTIONS = { within = true, requirement = true, because = true }

local function has_participant(event, actor)
  for _, one in ipairs(event.participants or {}) do
    if one.participant == actor.participant then return true end
  end
  return false
end

local SPECIAL = {
  of = function(event, actor) return same_person(actor, event) end,
  from = function(event, actor)
    return event.from ~= nil and event.from.participant == actor.participant
  end,
  includes = function(event, actor) return has_participant(event, actor) end,
  excludes = function(event, actor) return not has_participant(event, actor) end,
  where = function(event, test) return test(event) end,
}

local function matches(event, filter)
  for name, wanted in pairs(filter) do
    if SPECIAL[name] then
      if not SPECIAL[name](event, wanted) then return false end
    elseif not OPTIONS[name] then
      local value = event[name]
      if value == nil and event.card then
        value = event.card[name]
      end
      if value ~= wanted then return false end
    end
  end
  return true
end

local function describe(kind, filter)
  local parts = { "'" .. kind .. "'" }
  for _, name in ipairs(values.sorted_keys(filter)) do
    if not OPTIONS[name] then
      local value = filter[name]
      if type(value) == "function" then
        value = "a condition"
      end
      parts[#parts + 1] = name .. " " .. tostring(value)
    end
  end
  return table.concat(parts, ", ")
end

-- ---- arrival and waiting ----

-- Take the first matching event out of the inbox, with all that came before it.
local function take(actor, kind, filter)
  local list = actor.inbox[kind]
  for i, event in ipairs(list or {}) do
    if matches(event, filter) then
      actor.inbox[kind] = table.move(list, i + 1, #list, 1, {})
      return event
    end
  end
  return nil
end

-- An event reached this actor. Whoever waits for it goes on; else it is kept to be looked at later.
function actors.receive(actor, event)
  for i, waiter in ipairs(actor._waiters) do
    if waiter.kind == event.type and matches(event, waiter.filter) then
      table.remove(actor._waiters, i)
      actor.inbox[event.type] = nil
      waiter.event = event
      core.wake(waiter.task, event.at)
      return
    end
  end
  local list = actor.inbox[event.type] or {}
  actor.inbox[event.type] = list
  list[#list + 1] = event
  if #list > INBOX_MAX then
    table.remove(list, 1)
  end
end

local function forget_waiter(actor, waiter)
  for i, other in ipairs(actor._waiters) do
    if other == waiter then
      table.remove(actor._waiters, i)
      return
    end
  end
end

-- Wait for an event of this kind → event, or nil when the time is over.
function actors.wait_for(actor, kind, filter, limit_us)
  local event = take(actor, kind, filter)
  if event then
    core.set_due(math.max(core.due(), event.at))
    return event
  end
  local waiter = { kind = kind, filter = filter, task = core.current() }
  table.insert(actor._waiters, waiter)
  core.park(limit_us)
  forget_waiter(actor, waiter)
  if waiter.problem then
    failure.raise(actor, waiter.problem)
  end
  return waiter.event
end

-- The time limit that a call gives, or the run's.
function actors.limit_us(filter)
  if filter.within ~= nil then
    return values.microseconds(filter.within, "within")
  end
  return core.config.timeout_us
end

function actors.expectation(kind, filter)
  return describe(kind, filter)
end

-- Nothing can come any more: everybody who waits for this actor's events is told why.
function actors.hang_up_waiters(actor, problem)
  local waiters = actor._waiters
  actor._waiters = {}
  for _, waiter in ipairs(waiters) do
    waiter.problem = problem
    core.wake(waiter.task)
  end
end

-- ---- measures ----

-- "story=NAME" in a mix, of an actor who plays in one story of it; else nil.
function actors.tag_of(actor)
  local part = actor and (actor.session and actor.session._part or actor._part)
  return part and part.tag
end

-- A value of a metric that this actor saw, with up to two tags of its own.
function actors.record(actor, metric, value, tag, other_tag)
  core.record(metric, value, tag, other_tag, actors.tag_of(actor))
end

-- ---- checks ----

local NONE = {}

-- The invariants that a requirement stands for in the check that the session is.
local function invariants_of(session, requirement)
  local check = session and session._part and session._part.check
  return check and check.invariants and check.invariants[requirement] or NONE
end

local function observe(session, id, verdict, text)
  if session then
    session._observed[id] = true
  end
  core.check(id, verdict, session and session.index, text)
end

local function note_check(actor, requirement, verdict, message)
  local session = actor and actor.session
  local who = actor and (actor.label .. (session and (" of session " .. session.index) or "")) or nil
  local text = who and (who .. ": " .. message) or message
  local passed = verdict == "PASS"
  observe(session, requirement, verdict, passed and "" or text)
  for _, invariant in ipairs(invariants_of(session, requirement)) do
    observe(session, invariant, verdict, passed and "" or text)
  end
  if not passed and core.config.trace then
    core.trace(actor and actor.label or "check", ("✗ %s: %s"):format(requirement, message))
  end
  return passed
end

-- One observation about a requirement. Failing checks are kept with their message, passes counted.
function actors.check(actor, requirement, passed, message)
  return note_check(actor, requirement, passed and "PASS" or "FAIL", message)
end

-- The same for what is only read into the sources: who chose otherwise differs.
function actors.reading(actor, requirement, passed, message)
  return note_check(actor, requirement, passed and "PASS" or "DIFFERS", message)
end

-- Somebody heard of, or got into, what is no business of theirs: no load excuses that.
function actors.breach(actor, requirement, message)
  actors.record(actor, "isolation.overheard", 1)
  return note_check(actor, requirement, "FAIL", message)
end

-- What was to come within `limit` µs came or did not. A generator that was itself late by more than a tenth of
-- the limit does not know whose fault that is.
function actors.check_in_time(actor, requirement, came, limit, message)
  local late = core.late()
  if not came and late > limit / 10 then
    return note_check(actor, requirement, "INCONCLUSIVE",
      ("%s; but this generator was up to %s late itself"):format(message, values.text_of_us(late)))
  end
  return actors.check(actor, requirement, came, message)
end

-- Name of the network that is emulated for the actor's media now; "none".
function actors.network(actor)
  return actor._network and actor._network.name or core.config.network
end

-- Has it ever been another than "none"?
function actors.was_impaired(actor)
  return actor._was_impaired or actors.network(actor) ~= "none"
end

-- The actor that runs now (a check in a play belongs to them).
function actors.acting()
  return jobs.actor()
end

return actors
