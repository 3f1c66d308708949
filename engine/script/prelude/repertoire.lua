-- The stories that a run plays: one, or the parts of a mix with their shares. Which session belongs to which
-- part is a matter of its number and the seed alone.

local jobs = core.prelude("jobs")
local values = core.prelude("values")

local repertoire = {}

local BLOCK, TEN = 100, 10

-- A part: { name, told (its story), settings, path, weight, tag ("story=…", nil outside of a mix) }.
local parts = {}
local name -- of the story or the mix
local in_order = false -- each part once, in the order of the list
local planning -- the part whose plan is being made, or nil

function repertoire.play(run_name, list)
  name, parts = run_name, list
end

-- The same, session k being part k: every part has one.
function repertoire.play_in_order(run_name, list)
  repertoire.play(run_name, list)
  in_order = true
end

function repertoire.is_in_order()
  return in_order
end

function repertoire.parts()
  return parts
end

function repertoire.is_mix()
  return #parts > 0 and parts[1].tag ~= nil
end

-- ---- whose turn it is ----

-- Call fn(…) as that part's own code.
function repertoire.plan(part, fn, ...)
  planning = part
  local ok, result = pcall(fn, ...)
  planning = nil
  if not ok then
    error(result, 0)
  end
  return result
end

-- The part that an actor plays in; nil for those who stand there for several.
function repertoire.part_of_actor(actor)
  return actor and (actor.session and actor.session._part or actor._part)
end

-- The part whose code runs now. A file of roles may ask, who serves all of them.
function repertoire.acting()
  return planning or repertoire.part_of_actor(jobs.actor()) or (#parts == 1 and parts[1]) or nil
end

-- ---- dealing sessions to parts ----

-- A shuffled list of 0…9.
local function shuffled(purpose, block, row)
  local deck = {}
  for i = 1, TEN do deck[i] = i - 1 end
  for i = TEN, 2, -1 do
    local j = math.floor(core.unit(name, "mix", purpose, block, row, i) * i) + 1
    deck[i], deck[j] = deck[j], deck[i]
  end
  return deck
end

-- The n-th number (from 1) of the van der Corput sequence: spread evenly over (0, 1) however many are taken.
local function spread(n)
  local value, place = 0, 0.5
  while n > 0 do
    value = value + (n % 2) * place
    n, place = n // 2, place / 2
  end
  return value
end

-- hundredths in [0, 100) → number of the part.
local function pick(hundredths)
  local total = 0
  for _, part in ipairs(parts) do total = total + part.weight end
  local left = hundredths * (total / BLOCK)
  for i, part in ipairs(parts) do
    left = left - part.weight
    if left < 0 and part.weight > 0 then return i end
  end
  return #parts
end

-- A hundred sessions get the hundred cards 0…99, each ten of them one card of each ten: whole percents hold over
-- every hundred sessions and tens of percents over every ten. What is no whole percent is evened out over the
-- hundreds by the shift.
local function deal(block)
  local dealt, units, shift = {}, {}, spread(block + 1)
  for ten = 0, TEN - 1 do
    units[ten] = shuffled("units", block, ten)
  end
  for row = 1, TEN do
    for _, ten in ipairs(shuffled("tens", block, row)) do
      dealt[#dealt + 1] = pick(ten * TEN + units[ten][row] + shift)
    end
  end
  return dealt
end

local present -- { block, dealt, before }: the hundred that is looked at; before: sessions of each part so far

local function first_block()
  local before = {}
  for i in ipairs(parts) do before[i] = 0 end
  return { block = 0, dealt = deal(0), before = before }
end

local function turn_to(block)
  if not present or present.block > block then
    present = first_block()
  end
  while present.block < block do
    for _, part in ipairs(present.dealt) do
      present.before[part] = present.before[part] + 1
    end
    present.block = present.block + 1
    present.dealt = deal(present.block)
  end
end

-- Session `index` of the run → its part, and its number (from 0) among the sessions of that part.
function repertoire.part_of(index)
  if in_order then
    return parts[index % #parts + 1], index
  end
  if not repertoire.is_mix() then
    return parts[1], index
  end
  turn_to(index // BLOCK)
  local place = index % BLOCK + 1
  local part = present.dealt[place]
  local number = present.before[part]
  for i = 1, place - 1 do
    if present.dealt[i] == part then number = number + 1 end
  end
  return parts[part], number
end

-- ---- people who stand there for all parts ----

local united = {} -- group → { key = { declared, part } }

local function is_same(a, b)
  return a.role == b.role and a.play == b.play and (a.at or "own") == (b.at or "own")
    and (a.count or 1) == (b.count or 1)
end

local function key_of(part, group, name_in_story, declared)
  local there = united[group][name_in_story]
  if not there or is_same(there.declared, declared) then
    return name_in_story
  end
  return part.name:gsub("[^%w_]", "_") .. "_" .. name_in_story
end

local function unite(group)
  united[group] = {}
  for _, part in ipairs(parts) do
    part.keys = part.keys or {}
    part.keys[group] = {}
    for _, name_in_story in ipairs(values.sorted_keys(part.told[group] or {})) do
      local declared = part.told[group][name_in_story]
      local key = key_of(part, group, name_in_story, declared)
      local shared = united[group][key] ~= nil
      united[group][key] = { declared = declared, part = not shared and part or nil }
      part.keys[group][name_in_story] = key
    end
  end
end

-- "residents" or "bystanders" of all parts: key → { declared, part (nil: of several) }. Who is declared alike in
-- two stories is one person.
function repertoire.standing(group)
  if not united[group] then
    unite(group)
  end
  return united[group]
end

-- Those of a clinic as a part knows them, by the names of its story. The clinic's are there.
function repertoire.standing_of(part, clinic, group)
  if not part.tag then
    return clinic[group]
  end
  clinic._views = clinic._views or {}
  local views = clinic._views[part] or {}
  clinic._views[part] = views
  if not views[group] then
    views[group] = {}
    for name_in_story, key in pairs(part.keys[group]) do
      views[group][name_in_story] = clinic[group][key]
    end
  end
  return views[group]
end

return repertoire
