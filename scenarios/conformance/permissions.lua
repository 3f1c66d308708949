-- The clinic-side permission matrix (docs/requirements/permissions.md), cell by cell, through the API: each of the seven
-- roles tries each act. First those who may not, then those who may; a cell that is a reading differs, it does not fail.

local matrix = require "lib.clinic_matrix"

local ROLES = { OA = "organisation_administrator", OC = "organisation_coordinator", OR = "organisation_reporter",
  CA = "clinic_administrator", CC = "clinic_clerk", TM = "team_member", SR = "service_referrer" }

local function configure(settings)
  return function(s) return "configure", s.clinic, settings end
end

-- Row → the requirement that it is about; the act, as me:attempt takes it; what is made ready for it; what must be seen of
-- its result; a role to which the fault grant= gives it.
local ACTS = {
  [1] = { "ROLE-02", function() return "invite", "organisation_administrator" end },
  [2] = { "ROLE-02", function(s) return "remove_role", s.candidate, "organisation_administrator" end,
    ready = function(s) s.candidate:accept(s.helper:invite("organisation_administrator")) end },
  [3] = { "ROLE-03", function() return "invite", "organisation_coordinator" end },
  [4] = { "ROLE-04", function() return "invite", "organisation_reporter" end, granted = "OR" },
  [5] = { "ORG-14", function() return "add_clinic", { name = "One more" } end, granted = "OR" },
  [6] = { "ROLE-06", function(s) return "invite", "team_member", { at = s.clinic } end, granted = "TM" },
  [7] = { "ROLE-10", function(s) return "deny", s.nurse, "team_member", {}, { at = s.clinic } end },
  [8] = { "ORG-08", configure { waiting_area = { music = true } }, granted = "OR" },
  [9] = { "ORG-09", configure { call_interface = { raise_hand = true } }, granted = "OR" },
  [10] = { "ORG-10", configure { add_ons = { whiteboard = true } }, granted = "OR" },
  [11] = { "ROLE-13", function() return "configure_organisation", { call_interface = { full_screen = true } } end, granted = "OR" },
  [15] = { "ORG-16", function() return "clinics" end,
    seen = function(list, s) return #list == s.clinics_in_all end, -- others see those they belong to
    ready = function(s)
      s.helper:add_clinic { name = "To nobody known" }
      s.clinics_in_all = #s.helper:clinics()
    end },
  [16] = { "ORG-17", function(s) return "settings", s.clinic end, granted = "OR" },
  [17] = { "WA-19", function(s) return "subscribe", s.clinic end, live = true, granted = "OR" },
  [18] = { "WA-19", function(s) return "note", s.card, { priority = "urgent" } end, live = true },
  [19] = { "ORG-08", function(s) return "settings", s.clinic end, seen = function(clinic) return clinic.link ~= nil end },
  [20] = { "WA-22", function(s) return "join", s.card end, live = true, after = function(s, who) who:leave(s.card) end },
}

local function try(s, who, row)
  local act = ACTS[row]
  local result, refusal = who:attempt(act[2](s))
  if refusal and refusal.class ~= "forbidden" and refusal.class ~= "hidden" then
    fail(("row %d: refused as '%s', which says nothing of a permission: %s"):format(row, refusal.class, refusal.message))
  end
  if result ~= nil and act.seen and not act.seen(result, s) then
    result = nil
  end
  if result ~= nil and act.after then
    act.after(s, who)
  end
  return result ~= nil, refusal
end

local function judge(s, row, code, cell)
  local who, requirement = s[ROLES[code]], ACTS[row][1]
  local may, refusal = try(s, who, row)
  local text = ("row %d (%s): %s %s"):format(row, matrix[row].text, code,
    may and "may, and must not" or "may not, and must" .. (refusal and ": " .. refusal.message or ""))
  local is_as_said = may == (cell == "yes" or cell == "reading-yes")
  if cell == "yes" or cell == "no" then
    check(requirement, is_as_said, text)
  else
    reading(requirement, is_as_said, text)
  end
end

local function get_ready(s, row)
  local act = ACTS[row]
  s.helper:clinics()
  if act.ready then
    act.ready(s)
  end
  if not act.live then
    return
  end
  s.nurse:sign_on()
  s.patient:enter()
  s.card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
  for _, code in ipairs(matrix.roles) do
    s[ROLES[code]]:sign_on { watch = false, media = false }
  end
end

-- Those whose cell begins with the word, in the order of the matrix.
local function each_cell(row, words, fn)
  for i, code in ipairs(matrix.roles) do
    local cell = matrix[row].cells[i]
    if words[cell] then fn(code, cell) end
  end
end

local function people()
  local all = { helper = "organisation_administrator", nurse = "team_member", candidate = "outsider", patient = "patient" }
  for _, role in pairs(ROLES) do
    all[role] = role
  end
  return all
end

-- One cell that is denied and must not be, one that is granted and must not be.
local function proofs(row)
  local requirement, list = ACTS[row][1], {}
  local first
  each_cell(row, { yes = true }, function(code) first = first or code end)
  if first then
    list[("deny=%d:%s"):format(row, ROLES[first])] = { requirement }
  end
  if ACTS[row].granted then
    list[("grant=%d:%s"):format(row, ROLES[ACTS[row].granted])] = { requirement }
  end
  return list
end

local list = {}
for row in ipairs(matrix) do
  if ACTS[row] then
    list[#list + 1] = {
      ("row-%d"):format(row), matrix[row].text, requirements = { ACTS[row][1] }, people = people(), proven_by = proofs(row),
      examine = function(s)
        get_ready(s, row)
        each_cell(row, { no = true, ["reading-no"] = true }, function(code, cell) judge(s, row, code, cell) end)
        each_cell(row, { yes = true, ["reading-yes"] = true }, function(code, cell) judge(s, row, code, cell) end)
      end,
    }
  end
end

return checks(list)
