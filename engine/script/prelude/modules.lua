-- Files of stories: what a story, a role and a driver may name, and require() inside the scenario
-- folder. Names are strict: an unknown one is an error with file and line, not a silent nil.

local modules = {}

local FOLDERS = { roles = true, targets = true, lib = true, conformance = true }

local LIBRARY = {
  "assert", "error", "getmetatable", "ipairs", "load", "math", "next", "pairs", "pcall", "print",
  "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable", "string", "table", "tonumber",
  "tostring", "type", "utf8", "xpcall", "_VERSION",
}

-- A table that can be read and not changed.
local function locked(original)
  return setmetatable({}, {
    __index = original,
    __newindex = function(_, name)
      error(("'%s' belongs to the language and cannot be changed"):format(tostring(name)), 2)
    end,
    __pairs = function() return next, original, nil end,
    __metatable = false,
  })
end

local library = {}
do
  local mine = {
    assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, load = load,
    math = locked(math), next = next, pairs = pairs, pcall = pcall, print = print,
    rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset, select = select,
    setmetatable = setmetatable, string = locked(string), table = locked(table),
    tonumber = tonumber, tostring = tostring, type = type, utf8 = locked(utf8), xpcall = xpcall,
    _VERSION = _VERSION,
  }
  for _, name in ipairs(LIBRARY) do
    library[name] = mine[name]
  end
end

-- ---- environments ----

local words = { story = {}, driver = {} } -- what sessions.lua and target.lua offer

-- Offer `value` under `name` to "story" or "driver" files.
function modules.offer(kind, name, value)
  words[kind][name] = value
end

-- Does a file of this kind know `name`?
function modules.knows(kind, name)
  return name == "require" or library[name] ~= nil or words[kind][name] ~= nil
end

-- `more`: words of this file alone.
local function environment(kind, load_module, more)
  local known = { require = load_module }
  for name, value in pairs(library) do known[name] = value end
  for name, value in pairs(words[kind]) do known[name] = value end
  for name, value in pairs(more or {}) do known[name] = value end
  return setmetatable({}, {
    __index = function(_, name)
      local value = known[name]
      if value == nil then
        error(("unknown name '%s'"):format(tostring(name)), 2)
      end
      return value
    end,
    __newindex = function(_, name)
      error(("'%s' is not declared: write 'local %s'"):format(tostring(name), tostring(name)), 2)
    end,
    __metatable = false,
  })
end

-- ---- loading ----

local loaded = {}  -- path → { value = … }
local loading = {} -- path → true while it runs, to find circles
local files = {}   -- every file in order of loading: { path, kind, text, uses }

local current      -- the file that runs now

-- "file:line" where the running file writes the field `name` (`return story {…}` is a tail call: the stack
-- says no line).
function modules.place_of(name)
  if not current then
    return ""
  end
  for _, use in ipairs(current.uses or {}) do
    if use.use == "field" and use.name == name then
      return ("%s:%d"):format(current.path, use.line)
    end
  end
  return current.path
end

-- The file that runs now, as people read its name; "": none.
function modules.running()
  return current and current.path or ""
end

-- → wrong(field, text, …): an error about what a file declares, with the place where it writes that field.
function modules.complainer(what)
  return function(field, text, ...)
    local place = modules.place_of(field)
    error((place ~= "" and place .. ": " or "") .. what .. ": " .. text:format(...), 0)
  end
end

function modules.is_driver(shown)
  for _, file in ipairs(files) do
    if file.path == shown then
      return file.kind == "driver"
    end
  end
  return false
end

-- Files seen so far, for the static checks.
function modules.files()
  return files
end

-- Does a story or a role call me:name(…) anywhere?
function modules.calls(name)
  for _, file in ipairs(files) do
    for _, use in ipairs(file.uses or {}) do
      if use.use == "method" and use.name == name then
        return true
      end
    end
  end
  return false
end

-- A path as people want to read it: inside the scenario folder without the folder.
local function display(path)
  local folder = core.config.scenario_folder
  if folder and path:sub(1, #folder + 1) == folder .. "/" then
    return path:sub(#folder + 2)
  end
  return path
end

local function run(path, shown, inside, kind, more)
  if loaded[path] then
    return loaded[path].value
  end
  if loading[path] then
    error(("'%s' requires itself, directly or through another file"):format(shown), 3)
  end
  local text, why = core.read(path, inside)
  if not text then
    error(why, 0)
  end
  local file = { path = shown, kind = kind, text = text }
  files[#files + 1] = file
  local chunk, problem = core.compile(text, shown, environment(kind, modules.requirer(kind), more))
  if not chunk then
    file.is_broken = true
    error(problem, 0)
  end
  file.uses = core.names(chunk)
  loading[path] = true
  local outer = current
  current = file
  local value = chunk()
  current = outer
  loading[path] = nil
  loaded[path] = { value = value }
  return value
end

-- require "roles.patient" for files of one kind; drivers keep theirs when they require from lib.
function modules.requirer(kind)
  return function(name)
    if type(name) ~= "string" or not name:find("^[%w_]+%.[%w_%.]+$") or name:find("..", 1, true) then
      error("require: write a module's name as \"roles.patient\"", 2)
    end
    if not FOLDERS[name:match("^[%w_]+")] then
      error(("require \"%s\": modules are in roles, conformance, targets and lib"):format(name), 2)
    end
    local path = name:gsub("%.", "/") .. ".lua"
    return run(path, path, true, name:find("^targets%.") and "driver" or kind)
  end
end

-- A story or driver by its path, which may be inside the scenario folder; `more` are words for it alone.
function modules.load(path, kind, more, inside)
  return run(path, inside and path or display(path), inside or false, kind, more)
end

return modules
