-- Those who are there all the time, one set per clinic: residents (staff who watch the waiting area) and
-- bystanders (who must learn nothing). They come before the first session and stay to the end.

local actors = core.prelude("actors")
local board = core.prelude("board")
local closing = core.prelude("verbs")
local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local repertoire = core.prelude("repertoire")
local site = core.prelude("site")
local values = core.prelude("values")

local standing = {}

local CLINICS_AT_ONCE = 8

local everybody = {}

local function make(clinic, group, name, row, number)
  local declared = row.declared
  local place = declared.at and clinic[declared.at] or clinic
  local actor = actors.new({
    label = ("%s at %s"):format(name .. (number > 1 and " " .. number or ""), clinic.name),
    role = declared.role, clinic = place, is_bystander = group == "bystanders" or nil,
    name = ("Waiting %s"):format(core.word(6, core.config.seed, name, clinic.link)),
  })
  actor._post, actor._part = name, row.part
  actor._watched = clinic
  actor._on_media_problem = function(problem)
    if actor._silence then
      core.check(actor._silence.requirement, actors.was_impaired(actor) and "INCONCLUSIVE" or "BLOCKED", nil,
        actor.label .. ": " .. problem)
    end
  end
  if declared.role ~= "patient" and declared.role ~= "anonymous" then
    actor.account = (clinic.posts[name] or {})[number]
      or failure.again(("the fixture has no account '%s' for %s"):format(name, clinic.name))
  end
  table.insert(everybody, actor)
  return actor
end

-- The first part of what they play is done when it returns; then they stand.
local function open_group(clinic, group)
  local rows = repertoire.standing(group)
  clinic[group] = {}
  for _, name in ipairs(values.sorted_keys(rows)) do
    local declared = rows[name].declared
    for number = 1, declared.count or 1 do
      local actor = make(clinic, group, name, rows[name], number)
      clinic[group][name] = clinic[group][name] or actor
      if declared.play then
        jobs.current().actor = actor
        declared.play(actor, clinic)
      end
    end
  end
end

-- Everybody of all own clinics; raises what goes wrong.
function standing.open()
  board.start()
  jobs.each(site.mine(), CLINICS_AT_ONCE, function(clinic)
    open_group(clinic, "residents")
    open_group(clinic, "bystanders")
  end)
end

local function verdict(actor)
  local rule = actor._silence
  if not rule then
    return
  end
  if rule.heard == 0 then
    actors.check(actor, rule.requirement, true, "")
  end
  if actor.media and actor:forbidden_packets() == 0 then
    actors.check(actor, "WA-24", true, "")
  end
end

-- What they saw until the end counts; then they go.
function standing.close()
  board.finish()
  for _, actor in ipairs(everybody) do
    verdict(actor)
    closing.close(actor)
  end
  everybody = {}
end

return standing
