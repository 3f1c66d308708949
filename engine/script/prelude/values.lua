-- Durations, shares and settings: what people write, turned into what the engine counts with.

local values = {}

local UNITS = { us = 0.000001, ms = 0.001, s = 1, m = 60, h = 3600 }

-- "250ms" → 0.25; a number is seconds already. nil when it is neither.
function values.seconds(value)
  if type(value) == "number" then
    return value >= 0 and value + 0.0 or nil
  end
  if type(value) ~= "string" then
    return nil
  end
  local number, unit = value:match("^(%d+%.?%d*)(%a+)$")
  if number and UNITS[unit] then
    return tonumber(number) * UNITS[unit]
  end
  return nil
end

-- The same in whole microseconds; `what` names the culprit.
function values.microseconds(value, what)
  local seconds = values.seconds(value)
  if not seconds then
    error(("%s: %s is no duration (write \"250ms\", \"5s\", \"2m\" or seconds as a number)")
      :format(what, tostring(value)), 0)
  end
  return math.floor(seconds * 1000000 + 0.5)
end

function values.text_of_us(us)
  if us < 1000000 then
    return ("%g ms"):format(us / 1000)
  end
  return ("%g s"):format(us / 1000000)
end

-- ---- settings: their kind is the kind of their default ----

local KINDS = {
  duration = { says = "a duration such as \"20s\"", parse = values.seconds },
  number = { says = "a number", parse = tonumber },
  boolean = { says = "true or false", parse = function(text)
    if text == "true" then return true end
    if text == "false" then return false end
    return nil
  end },
  text = { says = "a text", parse = function(text) return text end },
}

local function kind_of(default)
  if type(default) == "number" then return "number" end
  if type(default) == "boolean" then return "boolean" end
  return values.seconds(default) and "duration" or "text"
end

-- One declared setting { default, help } with the user's text, if any → value, kind.
function values.setting(name, default, given)
  local kind = kind_of(default)
  local text = given or tostring(default)
  local value = KINDS[kind].parse(text)
  if value == nil then
    error(("--set %s=%s: %s is %s (default %s)"):format(name, text, name, KINDS[kind].says,
      tostring(default)), 0)
  end
  return value
end

-- ---- seeded choice ----

-- options: { { "routine", 0.5 }, { "urgent", 0.3 } }; `unit` in [0, 1). Weights need not add up to 1.
function values.pick(options, unit)
  local total = 0
  for _, option in ipairs(options) do
    if type(option) ~= "table" or type(option[2]) ~= "number" or option[2] < 0 then
      error("choose: options are { { value, weight }, … }", 3)
    end
    total = total + option[2]
  end
  if total <= 0 then
    error("choose: all weights are 0", 3)
  end
  local left = unit * total
  for _, option in ipairs(options) do
    left = left - option[2]
    if left < 0 then
      return option[1]
    end
  end
  return options[#options][1]
end

function values.contains(list, item)
  for _, one in ipairs(list) do
    if one == item then return true end
  end
  return false
end

-- Keys in a fixed order: pairs() has none, and the same seed must give the same plan.
function values.sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

return values
