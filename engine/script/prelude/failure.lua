-- How things go wrong. A *failure* ends one session: what the platform did is not what the story
-- expects. A *refusal* is the platform saying no. Any other error is a mistake in a story or driver.

local modules = core.prelude("modules")

local failure = {}

local function text_of(self)
  return self.message
end

local failure_type = { __tostring = text_of, __name = "failure" }
local refusal_type = { __tostring = text_of, __name = "refusal" }

-- "roles/doctor.lua:31 (one-to-one.lua:57)": where the story stands, innermost first; what a driver does
-- for it is left out.
function failure.place()
  local inner, outer, n = nil, nil, 0
  local frame = core.where(n)
  while frame ~= "" do
    if not modules.is_driver(frame:match("^(.*):%d+$")) then
      inner, outer = inner or frame, frame
    end
    n = n + 1
    frame = core.where(n)
  end
  if inner == outer then
    return inner or ""
  end
  return ("%s (%s)"):format(inner, outer)
end

-- End the session of whoever is running. `who` is an actor or nil.
function failure.raise(who, message)
  local place = failure.place()
  local text = message
  if who then
    text = who.label .. ": " .. text
  end
  if place ~= "" then
    text = place .. ": " .. text
  end
  error(setmetatable({ kind = "failure", message = text }, failure_type), 0)
end

-- Raise a failure whose text is complete already.
function failure.again(text)
  error(setmetatable({ kind = "failure", message = text }, failure_type), 0)
end

-- Raised by drivers: class is one of "forbidden", "hidden", "capacity", "conflict", "gone",
-- "unauthenticated", "protocol".
function failure.refuse(class, message, data)
  error(setmetatable({
    kind = "refusal",
    class = class,
    message = ("%s (%s)"):format(message or "no reason given", class),
    data = data or {},
  }, refusal_type), 0)
end

function failure.is_failure(value)
  return getmetatable(value) == failure_type
end

function failure.is_refusal(value)
  return getmetatable(value) == refusal_type
end

return failure
