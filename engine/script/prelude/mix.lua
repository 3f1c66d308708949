-- mix { … }: a run of several stories at once, each with its share of the sessions. What it says is put together
-- of what they say.

local modules = core.prelude("modules")
local repertoire = core.prelude("repertoire")
local story = core.prelude("story")
local values = core.prelude("values")

local mix = {}

local FIELDS = {
  name = "string", title = "string", profiles = "table", load = "table", thresholds = "table",
  stories = "table",
}
local STORIES_MAX, NAME_MAX = 16, 40

local wrong = modules.complainer("mix")

local function check_entry(entry, seen)
  local name, share = nil, nil
  if type(entry) == "table" then
    name, share = entry[1], entry[2]
  end
  if type(name) ~= "string" or not name:find("^%w[%w_%-]*$") or #name > NAME_MAX
    or type(share) ~= "number" or not (share >= 0 and share < math.huge) then
    wrong("stories", "stories are { { \"one-to-one\", 60 }, … }: names and shares in percent")
  end
  if seen[name] then
    wrong("stories", "'%s' is there twice", name)
  end
  seen[name] = true
end

-- The word `mix` itself.
function mix.declare(given)
  if type(given) ~= "table" then
    error("mix { … } takes a table", 2)
  end
  story.check_fields("mix", given, FIELDS, wrong)
  if not given.name or not given.stories then
    wrong("name", "name and stories are needed")
  end
  if #given.stories == 0 or #given.stories > STORIES_MAX then
    wrong("stories", "1 to %d stories", STORIES_MAX)
  end
  local seen = {}
  for _, entry in ipairs(given.stories) do
    check_entry(entry, seen)
  end
  story.check_load(given.load or {})
  given.is_mix = true
  return given
end

-- ---- --set STORY.KEY=VALUE ----

-- "one-to-one.consult=30s" → { ["one-to-one"] = { "consult=30s" } }, number of clinics.
local function sort_settings(texts, names)
  local sorted, clinics = {}, nil
  for _, text in ipairs(texts) do
    local owner, rest = text:match("^([%w_%-]+)%.([%w_]+=.*)$")
    if text:find("^clinics=") then
      clinics = text
    elseif not owner or not names[owner] then
      error(("--set %s: in a mix write --set STORY.KEY=VALUE (stories are %s), or clinics=N"):format(text,
        table.concat(values.sorted_keys(names), ", ")), 0)
    else
      sorted[owner] = sorted[owner] or {}
      table.insert(sorted[owner], rest)
    end
  end
  return sorted, clinics
end

-- Takes "share=…" out of a part's texts → the share.
local function take_share(entry, texts)
  local share = entry[2]
  for i = #texts, 1, -1 do
    local given = texts[i]:match("^share=(.*)$")
    if given then
      share = tonumber(given)
      if not share or not (share >= 0 and share < math.huge) then
        error(("--set %s.share=%s: a share is a number from 0"):format(entry[1], given), 0)
      end
      table.remove(texts, i)
    end
  end
  return share
end

-- ---- loading the parts ----

-- Beside the mix, else among the shipped stories.
local function load_file(name, folder, settings)
  local path = folder .. "/" .. name .. ".lua"
  if core.read(path) then
    return modules.load(path, "story", { settings = settings })
  end
  return modules.load(name .. ".lua", "story", { settings = settings }, true)
end

local function load_part(entry, folder, texts)
  local name = entry[1]
  local settings = story.settings()
  local file = #modules.files() + 1
  local told = load_file(name, folder, settings)
  if type(told) == "table" and told.is_mix then
    error(("mix: '%s' is a mix itself: a mix is made of stories"):format(name), 0)
  end
  local share = take_share(entry, texts)
  local declared = story.read(told, texts, settings, name .. ".")
  if (told.settings or {}).share then
    error(("mix: '%s' has a setting 'share', which is the mix's word for its share"):format(name), 0)
  end
  return {
    name = name, told = told, declared = declared, settings = settings, weight = share,
    tag = "story=" .. name, path = (modules.files()[file] or modules.files()[1]).path,
  }
end

-- ---- one declaration of many ----

local function union(parts, first, field)
  local list, seen = {}, {}
  local function add(items)
    for _, item in ipairs(items) do
      if not seen[item] then
        seen[item] = true
        list[#list + 1] = item
      end
    end
  end
  add(first or {})
  for _, part in ipairs(parts) do add(part.declared[field]) end
  return list
end

local OF_THE_RUN = { ["sessions.planned"] = true, ["sessions.late"] = true, ["sessions.dropped"] = true }

-- A story's limit holds for its own sessions: "m.msg.p95<1s" becomes "m.msg{story=NAME}.p95<1s". One that has a tag
-- already holds for all sessions of the mix: a threshold has one tag.
local function tagged(threshold, part)
  local metric, stat = threshold:match("^%s*([%w_%.]+)(%.%w+%s*[<>=!].*)$")
  if not metric or metric:find("^participants%.") or OF_THE_RUN[metric] then
    return threshold
  end
  return metric .. "{" .. part.tag .. "}" .. stat
end

local function thresholds_of(parts, own)
  local list = story.thresholds_that_apply(own or {})
  for _, part in ipairs(parts) do
    for _, threshold in ipairs(part.declared.thresholds) do
      list[#list + 1] = tagged(threshold, part)
    end
  end
  return list
end

local function settings_of(parts)
  local list = {}
  for _, part in ipairs(parts) do
    list[#list + 1] = { name = part.name .. ".share", value = ("%.14g"):format(part.weight),
      help = "share of the sessions, in percent of all shares" }
    for _, one in ipairs(part.declared.settings) do
      list[#list + 1] = { name = part.name .. "." .. one.name, value = one.value, help = one.help }
    end
  end
  return list
end

-- Of what the parts need: their mean by weight, the most and the least.
local function over_parts(parts, field)
  local sum, weight, most, least = 0, 0, 0, math.huge
  for _, part in ipairs(parts) do
    if part.weight > 0 then
      local value = part.declared[field]
      sum, weight = sum + part.weight * value, weight + part.weight
      most, least = math.max(most, value), math.min(least, value)
    end
  end
  return sum / weight, most, least
end

local function declaration(given, parts)
  local planned = over_parts(parts, "planned_us")
  local _, grace = over_parts(parts, "grace_us")
  local _, participants = over_parts(parts, "participants")
  local _, _, per_clinic = over_parts(parts, "sessions_per_clinic")
  local declared = story.read_load(given.load or {}, {
    planned_us = math.floor(planned), grace_us = grace, sessions_per_clinic = per_clinic,
  })
  declared.name, declared.title = given.name, given.title or given.name
  declared.profiles = union(parts, given.profiles, "profiles")
  declared.thresholds = thresholds_of(parts, given.thresholds)
  declared.settings = settings_of(parts)
  declared.participants = participants
  return declared
end

-- What `return mix{…}` gave: loads its stories and makes them the run's. → declaration for C, number of clinics
-- asked for (nil: not).
function mix.read(given, path, texts)
  local folder, names, parts, total = path:match("^(.*)/[^/]*$") or ".", {}, {}, 0
  for _, entry in ipairs(given.stories) do names[entry[1]] = true end
  local sorted, clinics = sort_settings(texts, names)
  for i, entry in ipairs(given.stories) do
    parts[i] = load_part(entry, folder, sorted[entry[1]] or {})
    total = total + parts[i].weight
  end
  if not (total > 0) then
    error("mix: all shares are 0", 0)
  end
  repertoire.play(given.name, parts)
  return declaration(given, parts), story.clinics(clinics and clinics:match("=(.*)$"))
end

return mix
