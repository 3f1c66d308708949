-- examination { … }: a run of checks instead of a story. Who plays a story acts in a coroutine of their own; a check is
-- one function that acts through several people, step by step (docs/decisions/0009). Each check has a session, and
-- with it an organisation, to itself.

local actors = core.prelude("actors")
local jobs = core.prelude("jobs")
local modules = core.prelude("modules")
local repertoire = core.prelude("repertoire")
local story = core.prelude("story")
local values = core.prelude("values")

local examination = {}

local FIELDS = { name = "string", title = "string", profiles = "table", checks = "table" }
local CHECK_FIELDS = {
  "string", "string", requirements = "table", proven_by = "table", people = "table", within = "string",
  invariants = "table", media = "boolean", examine = "function",
}
local EXAMINER = "examiner"
local CHECKS_MAX = 2000
local STARTS_PER_S = 10
local PLANNED_US, WITHIN = 10000000, "60s" -- of a check: as a rule, and at most
local SETTLE_US = 20000000                 -- for the last one to be closed

local wrong = modules.complainer("checks")

-- ---- the words of a file of checks ----

-- proven_by: fault → the requirements that it breaks, which are among those of the check.
local function check_proofs(given)
  for fault, broken in pairs(given.proven_by or {}) do
    if type(fault) ~= "string" or type(broken) ~= "table" or #broken == 0 then
      wrong("proven_by", "'%s': write proven_by = { [\"a-fault\"] = { \"WA-05\" } }: what it breaks", given[1])
    end
    for _, requirement in ipairs(broken) do
      if not values.contains(given.requirements, requirement) then
        wrong("proven_by", "'%s' is not about %s, which %s breaks", given[1], tostring(requirement), fault)
      end
    end
  end
end

-- invariants: requirement → the invariants that it stands for. What is observed of it is observed of them, too, and who
-- breaks it breaks them.
local function add_invariants(given)
  for _, requirement in ipairs(values.sorted_keys(given.invariants or {})) do
    local also = given.invariants[requirement]
    if type(also) ~= "table" or not values.contains(given.requirements, requirement) then
      wrong("invariants", "'%s': write invariants = { [\"WA-15\"] = { \"INV-16\" } }, for one of its requirements", given[1])
    end
    for _, invariant in ipairs(also) do table.insert(given.requirements, invariant) end
    for _, broken in pairs(given.proven_by or {}) do
      if values.contains(broken, requirement) then
        table.move(also, 1, #also, #broken + 1, broken)
      end
    end
  end
end

local function check_one(given)
  if type(given) ~= "table" or type(given[1]) ~= "string" or not given[1]:find("^%l[%w%-]*$") then
    wrong("checks", "a check is { \"its-name\", \"What it shows\", requirements =, people =, examine = }")
  end
  for _, name in ipairs({ 2, "requirements", "people", "examine" }) do
    if type(given[name]) ~= CHECK_FIELDS[name] then
      wrong(given[1], "'%s' has no %s", given[1], name == 2 and "title" or name)
    end
  end
  for name, value in pairs(given) do
    if type(value) ~= CHECK_FIELDS[name] then
      wrong(name, "'%s': %s is no field of a check, or of another type", given[1], tostring(name))
    end
  end
  if #given.requirements == 0 then
    wrong("requirements", "'%s' is about no requirement", given[1])
  end
  check_proofs(given)
  add_invariants(given)
end

-- `media`: without media (--media none) it shows less, and nothing of what its faults break.
-- checks { { "name", "title", requirements = { "WA-01" }, proven_by = { ["a-fault"] = { "WA-01" } }, people = { doctor = "team_member",
--   other = { "team_member", at = "partner" }, many = { "patient", count = 20 } }, within = "60s", media = true,
--   invariants = { ["WA-01"] = { "INV-13" } }, examine = function(session) … end }, … }
function examination.checks(list)
  if type(list) ~= "table" then
    error("checks { … } takes a table", 2)
  end
  for _, given in ipairs(list) do check_one(given) end
  list.is_checks, list.file = true, modules.running()
  return list
end

-- examination { name =, title =, checks = { require "conformance.…", … } }
function examination.declare(given)
  if type(given) ~= "table" then
    error("examination { … } takes a table", 2)
  end
  story.check_fields("examination", given, FIELDS, wrong)
  if not given.name or not given.checks then
    wrong("name", "name and checks are needed")
  end
  for _, list in ipairs(given.checks) do
    if type(list) ~= "table" or not list.is_checks then
      wrong("checks", "checks are files that end with: return checks { … }")
    end
  end
  given.is_examination = true
  return given
end

-- together(f, g, …): all at once, in the same clinic; goes on when all have returned.
function examination.together(...)
  jobs.each({ ... }, select("#", ...), function(fn) fn() end)
end

-- reading(requirement, condition, message): as check, for what the catalogue only reads into its sources: a platform
-- that chose otherwise differs, it does not fail.
function examination.reading(requirement, condition, message)
  return actors.reading(jobs.actor(), requirement, condition and true or false, message)
end

-- ---- which checks ----

local CHOICES = {
  check = "checks by name, with commas between",
  requirement = "checks of these requirements, with commas between",
  without = "requirements that are not claimed or not there, with commas between: checks of nothing else are left out",
}

-- { "check=a,b" } → { check = { a = false, b = false } }; true once it was found
local function read_choices(texts)
  local chosen = {}
  for _, text in ipairs(texts) do
    local key, value = text:match("^(%l+)=(.*)$")
    if not CHOICES[key] then
      error(("--set %s: an examination has the settings %s"):format(text,
        table.concat(values.sorted_keys(CHOICES), ", ")), 0)
    end
    chosen[key] = chosen[key] or {}
    for word in value:gmatch("[^,]+") do chosen[key][word] = false end
  end
  return chosen
end

-- Of a word that was asked for: it is there.
local function wants(words, word)
  if words and words[word] ~= nil then
    words[word] = true
    return true
  end
  return words == nil
end

local function is_chosen(check, chosen, without)
  local named, about, meant = wants(chosen.check, check[1]), chosen.requirement == nil, without == nil
  for _, requirement in ipairs(check.requirements) do
    about = wants(chosen.requirement, requirement) or about
    meant = meant or without[requirement] == nil
  end
  return named and about and meant
end

local function choose(given, texts)
  local chosen, list, seen = read_choices(texts), {}, {}
  local without = chosen.without
  chosen.without = nil -- rows without a check may be among them
  for _, file in ipairs(given.checks) do
    for _, check in ipairs(file) do
      if seen[check[1]] then
        error(("checks: '%s' is there twice"):format(check[1]), 0)
      end
      seen[check[1]], check.file = true, file.file
      if is_chosen(check, chosen, without) then list[#list + 1] = check end
    end
  end
  for key, words in pairs(chosen) do
    for word, found in pairs(words) do
      if not found then error(("--set %s=%s: there is no such check"):format(key, word), 0) end
    end
  end
  if #list == 0 and without then
    error("nothing that was asked for is claimed and there: there is no check to play", 0)
  end
  if #list == 0 or #list > CHECKS_MAX then
    error(("an examination has 1 to %d checks; chosen were %d"):format(CHECKS_MAX, #list), 0)
  end
  return list
end

-- ---- the list of them ----

-- What was chosen, as JSON: [{ "name", "title", "file", "requirements", "media", "proven_by": [{ "fault", "breaks" }] }].
function examination.listing()
  local list = core.json.array({})
  for _, part in ipairs(repertoire.parts()) do
    local check = part.check
      or error(("'%s' is a story: only an examination has checks"):format(part.name), 0)
    local proofs = core.json.array({})
    for _, fault in ipairs(values.sorted_keys(check.proven_by or {})) do
      proofs[#proofs + 1] = { fault = fault, breaks = core.json.array(check.proven_by[fault]) }
    end
    list[#list + 1] = { name = check[1], title = check[2], file = check.file,
      requirements = core.json.array(check.requirements), media = check.media == true, proven_by = proofs }
  end
  return core.json.encode(list)
end

-- ---- a check as a session ----

local function examine(me, session, check)
  local limit = values.microseconds(check.within or WITHIN, "within")
  session._watchdog = jobs.start({ actor = me, session = session }, function()
    core.park(limit)
    session:fail(("check %s was not done within %s"):format(check[1], values.text_of_us(limit)))
  end)
  check.examine(session)
end

-- What it is about and has not seen was not judged: it forgot. A check that was broken off has judged none of them to
-- the end (what it found broken stays so: that is stronger).
local function close(session, check)
  jobs.cancel(session._watchdog)
  local done = session.outcome == "completed"
  for _, requirement in ipairs(check.requirements) do
    if not done or not session._observed[requirement] then
      core.check(requirement, done and "ERROR" or "BLOCKED", session.index,
        ("check %s: %s"):format(check[1], done and "says nothing of it" or session.reason))
    end
  end
end

local function part_of(check)
  local people = { [EXAMINER] = { role = "anonymous", play = function(me, session) examine(me, session, check) end } }
  for name, person in pairs(check.people) do
    people[name] = type(person) == "table" and { role = person[1], at = person.at, count = person.count } or { role = person }
  end
  return {
    name = check[1], told = story.declare({ name = check[1], title = check[2], actors = people }),
    settings = story.settings(), path = modules.files()[1].path, weight = 1, check = check,
    on_close = function(session) close(session, check) end,
  }
end

local function head_count(people)
  local count = 0
  for _, person in pairs(people) do
    count = count + (type(person) == "table" and person.count or 1)
  end
  return count
end

-- What `return examination{…}` gave: its checks become the run's sessions. → declaration for C, number of clinics.
function examination.read(given, texts)
  local parts, most = {}, 0
  for i, check in ipairs(choose(given, texts)) do
    parts[i] = part_of(check)
    most = math.max(most, head_count(check.people))
  end
  repertoire.play_in_order(given.name, parts)
  local settings = {}
  for _, name in ipairs(values.sorted_keys(CHOICES)) do
    settings[#settings + 1] = { name = name, value = "", help = CHOICES[name] }
  end
  return {
    name = given.name, title = given.title or given.name, profiles = given.profiles or {}, thresholds = {},
    settings = settings, participants = most, arrivals = "constant", sessions = 0, rate_per_s = STARTS_PER_S + 0.0,
    duration_us = #parts * 1000000 // STARTS_PER_S, ramp_us = 0, planned_us = PLANNED_US,
    grace_us = values.microseconds(WITHIN, "within") + SETTLE_US, sessions_per_clinic = 1, is_examination = true,
  }, #parts
end

modules.offer("story", "examination", examination.declare)
modules.offer("story", "checks", examination.checks)
modules.offer("story", "reading", examination.reading)
modules.offer("story", "together", examination.together)

return examination
