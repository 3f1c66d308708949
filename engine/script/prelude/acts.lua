-- One act of an actor: asked of the platform, timed from when it was due, maybe refused.

local actors = core.prelude("actors")
local board = core.prelude("board")
local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local target = core.prelude("target")
local values = core.prelude("values")

local verbs = actors.verbs()
local acts = {}

local function short(value)
  if type(value) == "table" then
    return tostring(value.name or value.label or value.id or "…")
  end
  return tostring(value)
end

local HIDDEN = { sdp = true, token = true, details = true } -- long or secret

local function describe(name, arguments)
  local parts = { name }
  for _, key in ipairs(values.sorted_keys(arguments)) do
    if not HIDDEN[key] then
      parts[#parts + 1] = key .. " " .. short(arguments[key])
    end
  end
  return table.concat(parts, ", ")
end

-- Ask the platform for one operation → its result. A refusal ends the session, unless the act is an
-- attempt (me:attempt, me:cannot). steps: before(due), accepted(result, at, due), refused().
function acts.act(me, name, arguments, steps)
  local operation = target.operation(me, name)
  local due = core.due()
  steps = steps or {}
  me.step = describe(name, arguments)
  actors.trace(me, "→ " .. me.step)
  if steps.before then
    steps.before(due)
  end
  local sent = core.now()
  local ok, result = pcall(operation, me, arguments)
  local at = core.due()
  if ok then
    actors.trace(me, ("← %s accepted after %s"):format(name, values.text_of_us(at - sent)), at)
    if steps.accepted then
      steps.accepted(result, at, due)
    end
    return result
  end
  if steps.refused then
    steps.refused()
  end
  if not failure.is_refusal(result) then
    error(result, 0)
  end
  actors.trace(me, ("← %s refused: %s"):format(name, result.message), at)
  result.sent, result.at = sent, at
  if jobs.current() and jobs.current().attempting then
    error(result, 0)
  end
  failure.raise(me, ("%s was refused: %s"):format(me.step, result.message))
end

-- Before an act: its event must reach every observer. Not of an act that must be refused.
function acts.watch(me, clinic, key, options)
  local job = jobs.current()
  if job and job.must_be_refused then
    return nil
  end
  options.session = me.session
  return board.watch(clinic, key, options)
end

-- What the platform answered must have these fields: { space = "string" }.
function acts.need(me, result, fields)
  for name, kind in pairs(fields) do
    if type(result) ~= "table" or type(result[name]) ~= kind then
      failure.raise(me, ("%s: the answer has no %s"):format(me.step, name))
    end
  end
end

-- me:attempt("join", card) → result, or nil and the refusal { class =, message =, data = }.
function verbs.attempt(me, name, ...)
  local verb = verbs[name]
  if not verb then
    error(("unknown verb '%s'"):format(tostring(name)), 2)
  end
  local job = jobs.current()
  local before = job.attempting
  job.attempting = true
  local results = table.pack(pcall(verb, me, ...))
  job.attempting = before
  if results[1] then
    return results[2] == nil and true or results[2]
  end
  if failure.is_refusal(results[2]) then
    return nil, results[2]
  end
  error(results[2], 0)
end

local REFUSALS = {
  forbidden = true, hidden = true, capacity = true, conflict = true, gone = true,
  unauthenticated = true, protocol = true,
}

-- me:cannot{ "join", card, requirement = "WA-12", as = "hidden", because = "…" }: the act must be refused,
-- by name of a class; m.refuse is measured. → true when it was.
function verbs.cannot(me, what)
  local requirement = what.requirement or error("cannot: requirement = \"…\" is missing", 2)
  local name = what[1]
  local job = jobs.current()
  job.must_be_refused = true
  local result, refusal = me:attempt(table.unpack(what))
  job.must_be_refused = nil
  local why = what.because and " (" .. what.because .. ")" or ""
  if result ~= nil then
    local text = ("'%s' was accepted and must be refused%s"):format(name, why)
    if what.as == "capacity" then
      return actors.check(me, requirement, false, text) -- one too many, but no stranger
    end
    return actors.breach(me, requirement, text)
  end
  actors.record(me, "m.refuse", refusal.at - refusal.sent)
  local as = what.as
  local right = REFUSALS[refusal.class] and (as == nil or refusal.class == as)
  return actors.check(me, requirement, right, ("'%s' was refused as '%s', not as '%s'%s"):format(
    name, tostring(refusal.class), as or "a refusal", why))
end

return acts
