-- The prelude's entry points: what C calls, and in which order a run goes.

local actors = core.prelude("actors")
local examination = core.prelude("examination")
local jobs = core.prelude("jobs")
local lint = core.prelude("lint")
local media = core.prelude("media")
local mix = core.prelude("mix")
local modules = core.prelude("modules")
local repertoire = core.prelude("repertoire")
local sessions = core.prelude("sessions")
local site = core.prelude("site")
local standing = core.prelude("standing")
local story = core.prelude("story")
local target = core.prelude("target")

local declared -- what the story or mix declares, with defaults
local clinics  -- number asked for by --set clinics=, or nil

-- For files of roles, which serve several stories: the settings of the story that acts. A story has its own.
modules.offer("story", "settings", setmetatable({}, {
  __index = function(_, name)
    local part = repertoire.acting()
    if not part then
      error(("setting '%s': no story acts here"):format(tostring(name)), 2)
    end
    return part.settings[name]
  end,
}))
modules.offer("story", "mix", mix.declare)

local function known_methods()
  local known = {}
  for name in pairs(actors.verbs()) do known[name] = true end
  for name in pairs(target.methods) do known[name] = true end
  return known
end

local function load_story(path)
  local settings = story.settings()
  local told = modules.load(path, "story", { settings = settings })
  if type(told) == "table" and told.is_mix then
    declared, clinics = mix.read(told, path, core.config.settings)
    return
  elseif type(told) == "table" and told.is_examination then
    declared, clinics = examination.read(told, core.config.settings)
    return
  end
  declared, clinics = story.read(told, core.config.settings, settings)
  repertoire.play(told.name, {
    { name = told.name, told = told, settings = settings, path = modules.files()[1].path, weight = 1 },
  })
end

-- Load story and driver; the first unknown name or verb is an error.
local function declare(story_path, target_path)
  load_story(story_path)
  if target_path then
    target.load(target_path)
  end
  declared.target_metrics = target.metrics()
  lint.names(known_methods(), function(file, line, message)
    error(("%s:%d: %s"):format(file, line, message), 0)
  end)
  return declared
end

local function fixture(count, seed)
  return target.driver().fixture(site.demand(declared, count, seed, clinics))
end

-- ---- before the first session ----

local function prepare_now(count)
  local ready, why = core.web_start()
  if not ready then
    return "unreachable", why
  end
  local text = core.config.fixture or fixture(count, core.config.seed)
  local driver = target.driver()
  if driver.prepare then
    driver.prepare(text)
  end
  site.open(text)
  site.sign_in_all()
  standing.open()
  target.prepared = true
  return nil
end

local function prepare(count)
  local status, why
  jobs.start({
    on_end = function(kind, problem)
      if kind == "done" then
        core.prepared(status, why)
      else
        core.prepared(kind == "wrong" and "invalid" or "unreachable", problem or "stopped")
      end
    end,
  }, function()
    status, why = prepare_now(count)
  end)
end

-- ---- script check ----

local function first_line(problem)
  local file, line, message = tostring(problem):match("^([^\n:]+):(%d+): ([^\n]*)")
  if file then
    return { file = file, line = tonumber(line), message = message }
  end
  return { file = "", line = 0, message = tostring(problem) }
end

local function idle_actors(part, found)
  if part.check then -- its examiner acts through them
    return
  end
  for _, group in ipairs({ "actors", "residents", "bystanders" }) do
    for name, actor in pairs(part.told[group] or {}) do
      if not actor.play and not actor.foreign then
        found(part.path, 0, ("%s.%s never acts: it has no play"):format(group, name))
      end
    end
  end
end

local function check(path)
  local findings = {}
  local function found(file, line, message)
    findings[#findings + 1] = { file = file, line = line, message = message }
  end
  local ok, problem = pcall(load_story, path)
  lint.names(known_methods(), found)
  lint.waits(found)
  if ok then
    for _, part in ipairs(repertoire.parts()) do
      idle_actors(part, found)
    end
  else
    local one = first_line(problem)
    local file = one.file ~= "" and one.file or path
    for _, finding in ipairs(findings) do
      if finding.file == file and finding.line == one.line then
        one = nil -- said already
        break
      end
    end
    if one then
      found(file, one.line, one.message)
    end
  end
  table.sort(findings, function(a, b)
    if a.file ~= b.file then return a.file < b.file end
    if a.line ~= b.line then return a.line < b.line end
    return a.message < b.message
  end)
  return findings
end

return {
  declare = declare,
  fixture = fixture,
  check_fixture = site.open,
  checks = examination.listing,
  absent = target.absent,
  prepare = prepare,
  check = check,
  session_start = sessions.start,
  cut = sessions.cut,
  finish = standing.close,
  task_ended = jobs.task_ended,
  socket_event = target.socket_event,
  media_event = media.event,
}
