-- The reference driver, telling what the engine asks of it and what it answers: each new kind of operation is posted
-- once, as JSON, to LISTENER. For tests/integration/driver_contract_test.py, which puts its own address there.

local reference = require "targets.reference"

local LISTENER = "http://127.0.0.1:1/"

local driver = {}
for name, value in pairs(reference) do driver[name] = value end
driver.name, driver.operations = "witness", {}

-- Names of the members of a table, or of the first one of a list.
local function names_of(value)
  local names = {}
  if type(value) == "table" then
    for name in pairs(type(value[1]) == "table" and value[1] or value) do names[#names + 1] = tostring(name) end
  end
  table.sort(names)
  return json.array(names)
end

local told = {}

-- In a job of its own, so that nobody is late for it.
local function tell(what)
  local text = json.encode(what)
  if not told[text] then
    told[text] = true
    later(0, function()
      if http({ method = "POST", path = LISTENER, body = text, quiet = true }).status ~= 200 then
        error("nobody listens to the witness")
      end
    end)
  end
end

for name, operation in pairs(reference.operations) do
  driver.operations[name] = function(actor, arguments)
    tell { operation = name, arguments = names_of(arguments) }
    local result = operation(actor, arguments)
    tell { operation = name, result = names_of(result) }
    return result
  end
end

-- No fixture: what it would be made of, for `caseload script fixture`.
function driver.fixture(demand)
  return json.encode { demand = names_of(demand), clinic = names_of(demand.clinics[1]) }
end

return driver
