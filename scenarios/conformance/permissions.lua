-- The clinic-side permission matrix (docs/requirements/permissions.md), cell by cell: each of the seven roles tries each act,
-- first those who may not, then those who may; a cell that is a reading differs, it does not fail. Four ways:
--   API            the act itself;
--   event channel  while those act who may, those who may not listen and hear nothing of it (acts over HTTP alone tell nobody);
--   media plane    … and, where the act is to be with somebody, no media of it reaches them;
--   replay         who may signs out and tries again by the token that is over.
-- Rows 31 and 32 are in transfer.lua: they are about a role that nobody has alone.

local matrix = require "lib.clinic_matrix"

local ROLES = { OA = "organisation_administrator", OC = "organisation_coordinator", OR = "organisation_reporter",
  CA = "clinic_administrator", CC = "clinic_clerk", TM = "team_member", SR = "service_referrer" }

local function configure(settings)
  return function(s) return "configure", s.clinic, settings end
end

-- ---- rooms ----

local function add_room(s, kind)
  return s.helper:add_room(s.clinic, { kind = kind, name = "A room" })
end

local function lists(list, fits)
  for _, room in ipairs(list) do
    if fits(room) then return true end
  end
  return false
end

-- A user room for each of the roles; who may not use one gets none (s.own).
local function give_each_a_room(s)
  s.own = {}
  for _, role in pairs(ROLES) do
    s.own[s[role]] = s.helper:attempt("add_room", s.clinic, { kind = "user", name = "Their own", owner = s[role] })
  end
end

-- ---- transfers ----

-- The patient waits here again, for the next one who tries.
local function send_back(s)
  s.helper:transfer(s.patient, s.clinic)
  s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
end

-- Row → the requirement that it is about; the act, as me:attempt takes it; what is made ready for it; what must be seen of
-- its result; whether it takes a live connection, and gives media; what else breaks it (and whose fault, where
-- the platform has one permission for two rows); a role to which the fault grant= gives it.
local ACTS = {
  [1] = { "ROLE-02", function() return "invite", "organisation_administrator" end },
  [2] = { "ROLE-02", function(s) return "remove_role", s.candidate, "organisation_administrator" end,
    ready = function(s) s.candidate:accept(s.helper:invite("organisation_administrator")) end },
  [3] = { "ROLE-03", function() return "invite", "organisation_coordinator" end },
  [4] = { "ROLE-04", function() return "invite", "organisation_reporter" end, granted = "OR" },
  [5] = { "ORG-14", function() return "add_clinic", { name = "One more" } end, granted = "OR", breaks = { "keep-token" } },
  [6] = { "ROLE-06", function(s) return "invite", "team_member", { at = s.clinic } end, granted = "TM" },
  [7] = { "ROLE-10", function(s) return "deny", s.nurse, "team_member", {}, { at = s.clinic } end },
  [8] = { "ORG-08", configure { waiting_area = { music = true } }, granted = "OR" },
  [9] = { "ORG-09", configure { call_interface = { raise_hand = true } }, granted = "OR" },
  [10] = { "ORG-10", configure { add_ons = { whiteboard = true } }, granted = "OR" },
  [11] = { "ROLE-13", function() return "configure_organisation", { call_interface = { full_screen = true } } end, granted = "OR" },
  [12] = { "ROLE-12", function() return "configure_organisation", { report = { durations = true } } end },
  [13] = { "ROLE-12", function() return "report" end },
  [14] = { "ROLE-12", function(s) return "report", s.clinic end, granted = "CC" },
  [15] = { "ORG-16", function() return "clinics" end,
    seen = function(list, s) return #list == s.clinics_in_all end, -- others see those they belong to
    ready = function(s)
      s.helper:add_clinic { name = "To nobody known" }
      s.clinics_in_all = #s.helper:clinics()
    end },
  [16] = { "ORG-17", function(s) return "settings", s.clinic end, granted = "OR" },
  [17] = { "WA-19", function(s) return "subscribe", s.clinic end, live = true, granted = "OR", breaks = { "keep-token" } },
  [18] = { "WA-19", function(s) return "note", s.card, { priority = "urgent" } end, live = true },
  [19] = { "ORG-08", function(s) return "settings", s.clinic end, seen = function(clinic) return clinic.link ~= nil end },
  [20] = { "WA-22", function(s) return "join", s.card end, live = true, media = true, breaks = { "tell-everybody" },
    after = function(s, who) who:leave(s.card) end },
  [21] = { "WA-23", function(s) return "join", s.card end, live = true, media = true, proven_as = 20,
    after = function(s, who) who:hold(s.card) end },
  [22] = { "MR-17", function(s) return "rooms", s.clinic end, live = true, granted = "OR",
    ready = function(s) s.room = add_room(s, "meeting") end,
    seen = function(list, s) return lists(list, function(room) return room.id == s.room.id end) end },
  [23] = { "MR-17", function(s) return "open_room", s.room end, live = true, media = true, granted = "OR", breaks = { "tell-everybody" },
    ready = function(s) s.room = add_room(s, "meeting") end,
    after = function(s, who) who:leave_room(s.room) end },
  [24] = { "MR-04", function(s) return "add_room", s.clinic, { kind = "meeting", name = "One more" } end, granted = "TM" },
  [25] = { "UR-12", function(s) return "rooms", s.clinic end, live = true, ready = give_each_a_room,
    seen = function(list, _, who)
      return lists(list, function(room) return room.owner ~= nil and room.owner.id == who.account.id end)
    end },
  [26] = { "UR-12", function(s, who) return "open_room", s.own[who] or { id = "nobody-made-this-one" } end, live = true, media = true,
    granted = "OR", ready = give_each_a_room, after = function(s, who) who:leave_room(s.own[who]) end },
  [27] = { "UR-04", function(s) return "add_room", s.clinic, { kind = "user", name = "Their own", owner = s.without_room[1] } end,
    granted = "TM", ready = function(s) s.without_room = table.move(s.owners, 1, #s.owners, 1, {}) end,
    after = function(s) table.remove(s.without_room, 1) end },
  [28] = { "GR-03", function(s) return "open_room", s.room end, live = true, media = true, granted = "OR",
    ready = function(s) s.room = add_room(s, "group") end,
    after = function(s, who) who:leave_room(s.room) end },
  [29] = { "GR-04", function(s) return "add_room", s.clinic, { kind = "group", name = "One more" } end, granted = "TM" },
  [30] = { "TR-01", function(s) return "transfer", s.patient, s.partner end, live = true, after = send_back },
}

local function try(s, who, row)
  local act = ACTS[row]
  local result, refusal = who:attempt(act[2](s, who))
  if refusal and refusal.class ~= "forbidden" and refusal.class ~= "hidden" then
    fail(("row %d: refused as '%s', which says nothing of a permission: %s"):format(row, refusal.class, refusal.message))
  end
  if result ~= nil and act.seen and not act.seen(result, s, who) then
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
  if row == 30 then
    s.helper:sign_on()
  end
  for _, code in ipairs(matrix.roles) do
    s[ROLES[code]]:sign_on { watch = false, media = act.media == true }
  end
end

-- Those whose cell begins with the word, in the order of the matrix.
local function each_cell(row, words, fn)
  for i, code in ipairs(matrix.roles) do
    local cell = matrix[row].cells[i]
    if words[cell] then fn(code, cell) end
  end
end

-- ---- event channel and media plane ----

-- Those who may not do it listen from now on → the rule of each.
local function listen(s, row)
  local rules = {}
  each_cell(row, { no = true, ["reading-no"] = true }, function(code)
    local rule = { requirement = ACTS[row][1], because = ("row %d: %s may not"):format(row, code) }
    s[ROLES[code]]:hears_nothing(rule)
    rules[code] = rule
  end)
  return rules
end

local function judge_silence(s, row, rules)
  local requirement = ACTS[row][1]
  sleep(ACTS[row].media and "3s" or "300ms")
  for code, rule in pairs(rules) do
    check(requirement, rule.heard == 0, ("row %d: %s, who may not, was told what others did"):format(row, code))
    if ACTS[row].media then
      check(requirement, s[ROLES[code]]:forbidden_packets() == 0, ("row %d: media reached %s, who may not"):format(row, code))
    end
  end
end

-- ---- replay ----

local function replay(s, row, code)
  local act, who = ACTS[row], s[ROLES[code]]
  local because = ("row %d: %s has signed out"):format(row, code)
  local token = who.account.token
  who:sign_out()
  if act.live then
    who:disconnect()
    who:cannot { "authenticate", token, requirement = act[1], as = "unauthenticated", because = because }
  end
  local again = { act[2](s, who) }
  again.requirement, again.as, again.because = act[1], "unauthenticated", because
  who:cannot(again)
end

-- ---- the checks ----

local function people()
  local all = { helper = "organisation_administrator", nurse = "team_member", candidate = "outsider", patient = "patient",
    owners = { "team_member", count = 4 } }
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
    list[("deny=%d:%s"):format(ACTS[row].proven_as or row, ROLES[first])] = { requirement }
  end
  if ACTS[row].granted then
    list[("grant=%d:%s"):format(row, ROLES[ACTS[row].granted])] = { requirement }
  end
  for _, fault in ipairs(ACTS[row].breaks or {}) do
    list[fault] = { requirement }
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
        local rules = ACTS[row].live and listen(s, row) or {}
        each_cell(row, { yes = true, ["reading-yes"] = true }, function(code, cell) judge(s, row, code, cell) end)
        judge_silence(s, row, rules)
        each_cell(row, { yes = true, ["reading-yes"] = true }, function(code) replay(s, row, code) end)
      end,
    }
  end
end

return checks(list)
