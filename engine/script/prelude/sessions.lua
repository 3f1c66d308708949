-- One run of a story: its people, its plan, its end. Every actor plays in a task of its own; the first
-- one that fails ends the session, and whatever was open is closed.

local actors = core.prelude("actors")
local board = core.prelude("board")
local closing = core.prelude("verbs")
local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local modules = core.prelude("modules")
local repertoire = core.prelude("repertoire")
local site = core.prelude("site")
local story = core.prelude("story")
local values = core.prelude("values")

local sessions = {}

local SETTLE_US = 300000 -- after the last act: what must not come gets its chance to come

local running = {}    -- index → session
local session_methods = {}
local session_type = {
  __name = "session",
  __index = function(self, name)
    if session_methods[name] then
      return session_methods[name]
    end
    local person = rawget(self, "by_name")[name]
    if person or (type(name) == "string" and name:find("^_")) then
      return person
    end
    error(("a session has no actor or field '%s'"):format(tostring(name)), 2)
  end,
}

-- ---- draws: the same seed gives the same choices ----

local planning -- the session whose plan is being made, or nil

local DECK = 10

-- Draws of a plan come from a shuffled deck of ten: over each ten sessions the shares of a story hold, and
-- a short run sees every branch. Still the seed alone decides.
local function dealt(session, purpose)
  local name, number = session.story, session._number
  local block, deck = number // DECK, {}
  for i = 1, DECK do deck[i] = i - 1 end
  for i = DECK, 2, -1 do
    local j = math.floor(core.unit(name, "deck", purpose, block, i) * i) + 1
    deck[i], deck[j] = deck[j], deck[i]
  end
  return (deck[number % DECK + 1] + core.unit(name, "card", purpose, number)) / DECK
end

local function draw_for(purpose)
  if type(purpose) ~= "string" then
    error("draw: name the purpose, for instance draw(\"think\")", 3)
  end
  if planning then
    return dealt(planning, purpose)
  end
  local actor = jobs.actor()
  local session, part = actor and actor.session, repertoire.acting() or repertoire.parts()[1]
  return core.unit(part.told.name, session and session._number or -1, actor and actor.label or "", purpose)
end

local function draw(purpose)
  return draw_for(purpose)
end

local function chance(purpose, share)
  return draw_for(purpose) < share
end

local function between(purpose, low, high)
  return low + draw_for(purpose) * (high - low)
end

local function choose(purpose, options)
  return values.pick(options, draw_for(purpose))
end

-- ---- words of the story language ----

local function sleep(duration)
  local us = values.microseconds(duration, "sleep")
  local actor = jobs.actor()
  if actor then
    actor.step = "sleep"
  end
  core.park(us, core.due())
end

-- Until so long after the begin of the run: the same instant for everybody, in every process.
local function sleep_until(duration)
  local at = core.begin() + values.microseconds(duration, "sleep_until")
  local actor = jobs.actor()
  if actor then
    actor.step = "sleep until " .. values.text_of_us(at - core.begin())
  end
  if at > core.due() then
    core.park(at - core.due(), core.due())
  end
end

-- People are not clockwork: half to one and a half times the given pause, drawn by its purpose.
local function pause(purpose, duration)
  sleep(values.microseconds(duration, "pause") / 1000000 * (0.5 + draw_for(purpose)))
end

local function check(requirement, condition, message)
  if type(requirement) ~= "string" or type(message) ~= "string" then
    error("check: write check(\"WA-05\", condition, \"what is wrong when it fails\")", 2)
  end
  return actors.check(jobs.actor(), requirement, condition and true or false, message)
end

local function measure(name, unit, value)
  local actor = jobs.actor()
  core.record_custom(name, unit, value, actor and "role=" .. actor.role, actors.tag_of(actor))
end

local function fail(message)
  failure.raise(jobs.actor(), message)
end

local function log(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = tostring((select(i, ...)))
  end
  local actor = jobs.actor()
  core.trace(actor and actor.label or "story", table.concat(parts, " "))
end

modules.offer("story", "story", story.declare)
modules.offer("story", "sleep", sleep)
modules.offer("story", "sleep_until", sleep_until)
modules.offer("story", "pause", pause)
modules.offer("story", "check", check)
modules.offer("story", "measure", measure)
modules.offer("story", "draw", draw)
modules.offer("story", "chance", chance)
modules.offer("story", "between", between)
modules.offer("story", "choose", choose)
modules.offer("story", "fail", fail)
modules.offer("story", "log", log)
modules.offer("story", "now", function() return core.now() / 1000000 end)

-- ---- making a session ----

local function place_of(clinic, at)
  return clinic[at] or clinic
end

local function make_person(session, name, declared, number)
  local clinic = declared.at and declared.at ~= "own" and place_of(session.clinic, declared.at)
    or session.clinic
  local label = number and ("%s %d"):format(name, number) or name
  local actor = actors.new({
    label = label, role = declared.role, clinic = clinic, session = session, number = number,
    name = declared.foreign or ("%s %d %s"):format(label:gsub("^%l", string.upper):gsub("_", " "), session.index,
      core.word(4, core.config.seed, "name", label, tostring(session.index))),
  })
  actor._play, actor._foreign = declared.play, declared.foreign ~= nil
  actor._on_media_problem = function(problem)
    session:fail(("%s: %s"):format(label, problem))
  end
  table.insert(session.people, actor)
  return actor
end

-- One of each name; of those with a count, a list.
local function make_people(session)
  local declared_actors = session._part.told.actors
  for _, name in ipairs(values.sorted_keys(declared_actors)) do
    local declared = declared_actors[name]
    if not declared.count then
      session.by_name[name] = make_person(session, name, declared)
    else
      local list = {}
      for number = 1, declared.count do
        list[number] = make_person(session, name, declared, number)
      end
      session.by_name[name] = list
    end
  end
end

local function make(index, intended, started)
  local clinic = site.clinic_of(index)
  local part, number = repertoire.part_of(index)
  local session = setmetatable({
    index = index, intended = intended, started = started, clinic = clinic, partner = clinic.partner,
    elsewhere = clinic.elsewhere, bystanders = repertoire.standing_of(part, clinic, "bystanders"),
    residents = repertoire.standing_of(part, clinic, "residents"),
    story = part.told.name, _part = part, _number = number,
    room = part.told.room and site.take_room(clinic) or nil,
    people = {}, by_name = {}, jobs = {}, playing = 0, measures = {}, messages = {}, meetings = {},
    plan = {}, outcome = "completed", reason = "", closed = false, _observed = {},
  }, session_type)
  make_people(session)
  if part.told.plan then
    planning = session
    local ok, plan = pcall(repertoire.plan, part, part.told.plan, session)
    planning = nil
    if not ok then
      error(plan, 0)
    end
    session.plan = plan or {}
  end
  return session
end

function session_methods.note_measure(self, name, value)
  self.measures[name] = math.max(self.measures[name] or 0, value)
end

-- ---- its end ----

-- In a mix each story's sessions are counted apart.
local function count(session, what)
  if session._part.tag then
    actors.record(session.people[1], "session." .. what, 1)
  end
end

local function report(session)
  count(session, session.outcome)
  core.session_ended({
    index = session.index, story = session.story, outcome = session.outcome, reason = session.reason,
    plan = core.json.encode(session.plan), measures = core.json.encode(session.measures),
    intended = session.intended, started = session.started, ended = core.now(),
    worst_join = session.measures.join_media or 0,
  })
end

local function close(session)
  if session.closed then
    return
  end
  session.closed = true
  running[session.index] = nil
  if session.outcome ~= "completed" then
    board.forget_session(session)
  end
  for _, actor in ipairs(session.people) do
    closing.close(actor)
  end
  if session._part.on_close then
    session._part.on_close(session)
  end
  if session._part.told.room then
    session.room.call = nil
    site.give_back(session.room)
  end
  report(session)
end

local function stop_playing(session)
  for _, job in ipairs(session.jobs) do
    jobs.cancel(job)
  end
end

-- The session cannot go on: everybody stops, and it closes when they have.
function session_methods.fail(self, reason)
  if self.outcome == "completed" and not self.closed then
    self.outcome, self.reason = "failed", reason
    stop_playing(self)
  end
end

local function settle_and_close(session)
  if session.outcome ~= "completed" then
    close(session)
    return
  end
  jobs.start({ session = session, on_end = function() close(session) end }, function()
    core.park(SETTLE_US)
  end)
end

local function play_ended(session, actor, kind, problem)
  session.playing = session.playing - 1
  if kind == "failed" or kind == "wrong" then
    session:fail(problem)
  elseif kind == "cancelled" and session.outcome == "completed" then
    session:fail(actor.label .. " was stopped")
  end
  if session.playing == 0 then
    settle_and_close(session)
  end
end

-- ---- what C calls ----

function sessions.start(index, intended)
  local session = make(index, intended, core.now())
  running[index] = session
  count(session, "started")
  for _, actor in ipairs(session.people) do
    if actor._play then
      session.playing = session.playing + 1
    end
  end
  for _, actor in ipairs(session.people) do
    if actor._play then
      table.insert(session.jobs, jobs.start({
        actor = actor, session = session,
        on_end = function(kind, problem) play_ended(session, actor, kind, problem) end,
      }, function()
        core.set_due(intended)
        actor._play(actor, session)
      end))
    end
  end
  if session.playing == 0 then
    settle_and_close(session)
  end
end

-- The time is over: whoever is still playing is cut off now.
function sessions.cut()
  for _, index in ipairs(values.sorted_keys(running)) do
    local session = running[index]
    if session.outcome == "completed" then
      session.outcome, session.reason = "cut", "the run ended before the story did"
    end
    stop_playing(session)
    close(session)
  end
end

return sessions
