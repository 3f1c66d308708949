-- What can be said about a story without running it: unknown names and verbs, waits without a time
-- limit. Works on compiled names and on the text, so it sees code that a run would never reach.

local modules = core.prelude("modules")

local lint = {}

local STRING_METHODS = {
  byte = true, find = true, format = true, gmatch = true, gsub = true, len = true, lower = true,
  match = true, rep = true, reverse = true, sub = true, upper = true,
}

-- Verbs whose point is to wait: each call says within which time.
local WAITS = {
  attends = true, card_of = true, expect = true, has_whole_board = true, hear = true, is_connected = true, meet = true,
  refreshes = true, sees = true,
}

-- ---- names ----

local function names_of(file, verbs, found)
  local own_methods = {}
  for _, use in ipairs(file.uses or {}) do
    if use.use == "field" then
      own_methods[use.name] = true
    end
  end
  for _, use in ipairs(file.uses or {}) do
    local name = use.name
    if use.use == "read" and not modules.knows(file.kind, name) then
      found(file.path, use.line, ("unknown name '%s'"):format(name))
    elseif use.use == "write" then
      found(file.path, use.line, ("'%s' is not declared: write 'local %s'"):format(name, name))
    elseif use.use == "method" and not (verbs[name] or STRING_METHODS[name] or own_methods[name]) then
      found(file.path, use.line, ("unknown verb '%s'"):format(name))
    end
  end
  if not file.uses and not file.is_broken then
    found(file.path, 0, "names cannot be checked with this build of Lua")
  end
end

-- ---- waits: a small walk over the text ----

-- The same text with comments and strings blanked, so that what is left is code; same length.
local function code_only(text)
  local parts, at = {}, 1
  local function keep(upto)
    parts[#parts + 1] = text:sub(at, upto)
    at = upto + 1
  end
  local function blank(upto)
    parts[#parts + 1] = text:sub(at, upto):gsub("[^\n]", " ")
    at = upto + 1
  end
  local function long_bracket(from)
    local level = text:match("^%[(=*)%[", from)
    if not level then return nil end
    local _, finish = text:find("]" .. level .. "]", from, true)
    return finish or #text
  end
  while at <= #text do
    local start = text:find("[%-%[\"']", at)
    if not start then
      break
    end
    if start > at then
      keep(start - 1)
    end
    local c = text:sub(start, start)
    if c == "-" and text:sub(start, start + 1) == "--" then
      blank(long_bracket(start + 2) or (text:find("\n", start, true) or #text + 1) - 1)
    elseif c == "[" and long_bracket(start) then
      blank(long_bracket(start))
    elseif c == '"' or c == "'" then
      local finish = start
      repeat
        finish = text:find("[\\\n" .. c .. "]", finish + 1) or #text
        local escaped = text:sub(finish, finish) == "\\"
        if escaped then finish = finish + 1 end
      until not escaped
      blank(finish)
    else
      keep(start)
    end
  end
  keep(#text)
  return table.concat(parts)
end

local function line_at(text, position)
  local _, count = text:sub(1, position - 1):gsub("\n", "")
  return count + 1
end

local function waits_of(file, found)
  local code = code_only(file.text)
  for at, name, open in code:gmatch(":()([%a_]+)%s*()[%({]") do
    if WAITS[name] then
      local arguments = code:match("^%b()", open) or code:match("^%b{}", open) or ""
      if not arguments:find("%f[%w_]within%f[^%w_]") then
        found(file.path, line_at(code, at),
          ("'%s' without a time limit: add within = \"5s\" or so"):format(name))
      end
    end
  end
end

-- ---- what C and sessions.lua call ----

-- Unknown names and verbs of all loaded files; found(file, line, message).
function lint.names(verbs, found)
  for _, file in ipairs(modules.files()) do
    names_of(file, verbs, found)
  end
end

function lint.waits(found)
  for _, file in ipairs(modules.files()) do
    if file.kind == "story" then
      waits_of(file, found)
    end
  end
end

return lint
