-- story{…}: what a story declares, checked once, with the defaults filled in.

local modules = core.prelude("modules")
local values = core.prelude("values")

local story = {}

local FIELDS = {
  name = "string", title = "string", profiles = "table", settings = "table", load = "table",
  thresholds = "table", actors = "table", residents = "table", bystanders = "table", plan = "function",
  room = "boolean",
}
local LOAD_FIELDS = {
  sessions = true, duration = true, ramp = true, rate = true, arrivals = true, planned = true,
  grace = true, sessions_per_clinic = true,
}
local ACTOR_FIELDS = {
  role = true, at = true, play = true, optional = true, count = true, foreign = true,
}
local ROLES = {
  patient = true, anonymous = true, organisation_administrator = true,
  organisation_coordinator = true, organisation_reporter = true, clinic_administrator = true,
  clinic_clerk = true, team_member = true, service_referrer = true, outsider = true, guest = true,
}
local PLACES = { own = true, partner = true, elsewhere = true }
-- Names a session has itself.
local TAKEN = {
  index = true, plan = true, clinic = true, partner = true, elsewhere = true, bystanders = true,
  residents = true, room = true, story = true,
}

-- `field` is where the mistake stands.
local wrong = modules.complainer("story")

local function check_fields(what, given, allowed)
  for _, name in ipairs(values.sorted_keys(given)) do
    if not allowed[name] then
      wrong(name, "%s has no field '%s' (it has %s)", what, tostring(name),
        table.concat(values.sorted_keys(allowed), ", "))
    end
  end
end

-- Fields of a whole declaration, with the types they have; `complain` says what is wrong, and where.
function story.check_fields(what, given, types, complain)
  for _, name in ipairs(values.sorted_keys(given)) do
    if not types[name] then
      complain(name, "has no field '%s' (it has %s)", tostring(name),
        table.concat(values.sorted_keys(types), ", "))
    elseif type(given[name]) ~= types[name] then
      complain(name, "%s is no %s", name, types[name])
    end
  end
end

function story.check_load(load)
  check_fields("load", load, LOAD_FIELDS)
end

local function check_actor(group, name, actor)
  local what = ("%s.%s"):format(group, name)
  if type(name) ~= "string" or not name:find("^%a[%w_]*$") then
    wrong(group, "%s: an actor's name is one word", group)
  end
  if TAKEN[name] then
    wrong(name, "%s: '%s' is a name every session has already", group, name)
  end
  if type(actor) ~= "table" then
    wrong(name, "%s is no table { role = … }", what)
  end
  check_fields(what, actor, ACTOR_FIELDS)
  if not ROLES[actor.role] then
    wrong(name, "%s.role: '%s' is no role (roles are %s)", what, tostring(actor.role),
      table.concat(values.sorted_keys(ROLES), ", "))
  end
  if actor.at and not PLACES[actor.at] then
    wrong(name, "%s.at: own, partner or elsewhere", what)
  end
  if actor.play ~= nil and type(actor.play) ~= "function" then
    wrong(name, "%s.play is no function (is the role's function spelt right?)", what)
  end
  if actor.foreign ~= nil and (type(actor.foreign) ~= "string" or actor.play or group ~= "actors") then
    wrong(name, "%s.foreign is the name under which somebody else comes: for actors without play", what)
  end
end

local ACTORS_MAX = 100 -- of one name in one session

-- How many there are of an actor, now that the settings are known.
local function count_actors(actors)
  for _, name in ipairs(values.sorted_keys(actors)) do
    local count = actors[name].count
    if type(count) == "function" then count = count() end
    if count ~= nil and not (math.tointeger(count) and count >= 1 and count <= ACTORS_MAX) then
      wrong(name, "actors.%s.count: %s is no whole number from 1 to %d", name, tostring(count), ACTORS_MAX)
    end
    actors[name].count = math.tointeger(count)
  end
end

local function check_actors(given)
  for _, group in ipairs({ "actors", "residents", "bystanders" }) do
    for _, name in ipairs(values.sorted_keys(given[group] or {})) do
      check_actor(group, name, given[group][name])
    end
  end
  if not next(given.actors) then
    wrong("actors", "nobody acts: 'actors' is empty")
  end
end

-- { name = { default, help } } → sorted list of { name, value (text), help }, and the values themselves.
local function read_settings(declared, given)
  local list, result = {}, {}
  for _, name in ipairs(values.sorted_keys(declared)) do
    local row = declared[name]
    if type(row) ~= "table" or row[1] == nil or type(row[2]) ~= "string" then
      wrong(name, "settings.%s is no { default, \"what it means\" }", tostring(name))
    end
    list[#list + 1] = { name = name, value = tostring(row[1]), help = row[2] }
    result[name] = values.setting(name, row[1], given[name])
  end
  return list, result
end

-- "KEY=VALUE" texts → { KEY = VALUE }; keys nobody declared are refused. `prefix` is "STORY." within a mix.
local function read_given(texts, declared, prefix)
  local given = {}
  for _, text in ipairs(texts) do
    local key, value = text:match("^([%w_]+)=(.*)$")
    if not key then
      error(("--set %s%s: write --set KEY=VALUE"):format(prefix, text), 0)
    end
    if not declared[key] and (key ~= "clinics" or prefix ~= "") then
      error(("--set %s%s: the story has no setting '%s' (it has %s, and %s)"):format(prefix, text, key,
        table.concat(values.sorted_keys(declared), ", "), prefix == "" and "clinics" or "share"), 0)
    end
    given[key] = value
  end
  return given
end

-- `load[name]` is a duration, or a function that makes one of the story's settings.
local function duration(load, name, default)
  local given = load[name]
  if type(given) == "function" then given = given() end
  return values.microseconds(given or default, "story: load." .. name)
end

-- The same of a whole number.
local function count(load, name, default)
  local given = load[name]
  if type(given) == "function" then given = given() end
  if given == nil then return default end
  local number = type(given) == "number" and math.tointeger(given)
  if not number or number < 0 then
    wrong(name, "load.%s is no whole number", name)
  end
  return number
end

local function rate(load)
  local given = load.rate
  if type(given) == "function" then given = given() end
  if given == nil then return 0.0 end
  local number = type(given) == "number" and given or tostring(given):match("^(%d+%.?%d*)/s$")
  return tonumber(number) or wrong("rate", "load.rate: write \"2/s\" or a number")
end

-- Metrics that have no values without media, or without video: a story's own thresholds on them do not
-- apply to such a run.
local MEDIA = {
  "m.join_media", "m.join_decoded", "m.rejoin_media", "m.hold_silence", "m.mouth_ear", "connect.ice",
  "connect.dtls", "connect.first_", "audio.", "isolation.", "rtp.", "rtcp.",
}
local VIDEO = { "frame.", "freeze.", "video.", "av.", "m.join_decoded", "connect.first_frame" }

local function begins_with_any(text, prefixes)
  for _, prefix in ipairs(prefixes) do
    if text:sub(1, #prefix) == prefix then return true end
  end
  return false
end

function story.thresholds_that_apply(list)
  local mode, kept = core.config.media, {}
  for _, text in ipairs(list) do
    local video, media = begins_with_any(text, VIDEO), begins_with_any(text, MEDIA)
    if not (mode == "audio" and video or mode == "none" and (video or media)) then
      kept[#kept + 1] = text
    end
  end
  return kept
end

local function participants_of(actors)
  local count = 0
  for _, actor in pairs(actors) do
    if actor.role ~= "anonymous" and not actor.optional and not actor.foreign then
      count = count + (actor.count or 1)
    end
  end
  return count
end

-- A table for the settings of one story; what is not there is a mistake.
function story.settings()
  return setmetatable({}, {
    __index = function(_, name)
      error(("there is no setting '%s'"):format(tostring(name)), 2)
    end,
  })
end

-- --set clinics=N → N; nil when it was not given.
function story.clinics(text)
  local number = text and tonumber(text)
  if text and not (number and math.type(number) == "integer" and number > 0) then
    error(("--set clinics=%s: clinics is a whole number from 1"):format(text), 0)
  end
  return number
end

-- The load shape. `defaults`: planned_us, grace_us (nil: of planned_us), sessions_per_clinic.
function story.read_load(load, defaults)
  local planned_us = duration(load, "planned", defaults.planned_us / 1e6)
  return {
    arrivals = load.arrivals or "constant",
    sessions = count(load, "sessions", 0), rate_per_s = rate(load),
    duration_us = duration(load, "duration", 0), ramp_us = duration(load, "ramp", 0),
    planned_us = planned_us,
    grace_us = duration(load, "grace", defaults.grace_us and defaults.grace_us / 1e6 or planned_us / 1e6 + 20),
    sessions_per_clinic = count(load, "sessions_per_clinic", defaults.sessions_per_clinic),
  }
end

-- What `return story{…}` gave, checked. `texts` are the --set options, `prefix` is what stands before their keys in
-- a mix; the story's own table of settings is filled. → declaration for C, number of clinics asked for (nil: not).
function story.read(given, texts, settings, prefix)
  if type(given) ~= "table" or not given.is_story then
    error("a story file ends with: return story { … }", 0)
  end
  local set = read_given(texts, given.settings or {}, prefix or "")
  local list, chosen = read_settings(given.settings or {}, set)
  for name, value in pairs(chosen) do
    rawset(settings, name, value)
  end
  count_actors(given.actors)
  local declared = story.read_load(given.load or {}, { planned_us = 20000000, sessions_per_clinic = 10 })
  declared.name, declared.title = given.name, given.title or given.name
  declared.profiles = given.profiles or {}
  declared.thresholds = story.thresholds_that_apply(given.thresholds or {})
  declared.settings = list
  declared.participants = participants_of(given.actors)
  return declared, story.clinics(set.clinics)
end

-- The word `story` itself.
function story.declare(given)
  if type(given) ~= "table" then
    error("story { … } takes a table", 2)
  end
  story.check_fields("story", given, FIELDS, wrong)
  if not given.name or not given.actors then
    wrong("name", "name and actors are needed")
  end
  check_fields("load", given.load or {}, LOAD_FIELDS)
  check_actors(given)
  given.is_story = true
  return given
end

return story
