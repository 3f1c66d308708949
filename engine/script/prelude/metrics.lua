-- What a driver says of its platform's /metrics page: which names tell its processor, packets and drops. Read
-- for the C side, which adds the names it knows itself (engine/run/target_metrics.c).

local metrics = {}

local NUMBERS = { cpu = true, host_cpu = true, memory = true, packets = true, drops = true, loop_lag = true }
local MOST = 32 -- as TARGET_METRICS_MAX
local NAME_MOST, WORDS_MOST = 127, 255

local function complain(path, number, text)
  error(("%s: metrics.%s: %s"):format(path, tostring(number), text), 0)
end

-- A list of label values as one text between blanks; no value has a blank in it.
local function words(path, number, list)
  local text = " "
  for _, word in ipairs(type(list) == "table" and list or {}) do
    if type(word) ~= "string" or word == "" or word:find("%s") then
      complain(path, number, "only and except are lists of label values without blanks")
    end
    text = text .. word .. " "
  end
  if text == " " or #text > WORDS_MOST then
    complain(path, number, ("only and except are lists of label values, %d characters at most"):format(WORDS_MOST))
  end
  return text
end

local function read_one(path, number, told)
  if type(told) == "string" then
    told = { name = told }
  end
  if type(told) ~= "table" or type(told.name) ~= "string" or not told.name:find("^[%a_:][%w_:]*$")
    or #told.name > NAME_MOST then
    complain(path, number, "each is a metric's name or { name =, label =, only = {…} or except = {…} }")
  end
  for field in pairs(told) do
    if field ~= "name" and field ~= "label" and field ~= "only" and field ~= "except" then
      complain(path, number, ("there is no field '%s'"):format(tostring(field)))
    end
  end
  local row = { number = number, name = told.name, label = "", words = "", but = told.except ~= nil }
  if told.label == nil and told.only == nil and told.except == nil then
    return row
  end
  if type(told.label) ~= "string" or #told.label > 63 or (told.only == nil) == (told.except == nil) then
    complain(path, number, "a label goes with one of only = {…} and except = {…}")
  end
  row.label, row.words = told.label, words(path, number, told.only or told.except)
  return row
end

-- → list of { number, name, label, words, but }
function metrics.read(path, told)
  local rows = {}
  if told ~= nil and type(told) ~= "table" then
    error(path .. ": metrics is a table of lists", 0)
  end
  for number, list in pairs(told or {}) do
    if not NUMBERS[number] then
      complain(path, number, "there is no such number: takes cpu, host_cpu, memory, packets, drops, loop_lag")
    end
    if type(list) ~= "table" or #list == 0 then
      complain(path, number, "takes a list of metrics")
    end
    for _, one in ipairs(list) do
      rows[#rows + 1] = read_one(path, number, one)
    end
  end
  if #rows > MOST then
    error(("%s: metrics: at most %d names"):format(path, MOST), 0)
  end
  return rows
end

return metrics
