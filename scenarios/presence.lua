-- Many who are there and do little: of each ten users one watches a dashboard and nine wait. Every caller asks after their
-- space, and on every dashboard a card changes, once per interval. Made for `--media none` and thousands of users.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"

local USERS_MAX = 10 -- of one session, the dashboard included
local ARRIVE = 2     -- seconds in which the people of a session come, each at a moment of their own
local SETTLED = 4    -- seconds after the last session has begun
local LEAST = 0.1    -- seconds between two things somebody does
local ANSWERED = 2   -- seconds in which the last of these is over
local CLOSE = 4      -- seconds in which the dashboards are closed at last

local function begins()
  return settings.gather + SETTLED + settings.idle
end

local function ends()
  return begins() + settings.stay
end

-- Somebody acts once in each `every`, at a moment of their own, until all are to leave.
local function in_turn(every, act)
  every = math.max(every, LEAST)
  for at = begins() + between("turn", 0, every), ends(), every do
    sleep_until(at)
    act()
  end
end

local function plays(number)
  return number < settings.users
end

local function wait_as(number)
  return function(me)
    if not plays(number) then
      return
    end
    sleep(between("arrive", 0, ARRIVE))
    patient.arrives(me, { reason = "Waits with many others" })
    in_turn(settings.interval, function()
      local room = me:look()
      check("WA-18", room.state == "waiting", "the platform shows a caller who waits in another state")
    end)
    sleep_until(ends() + ANSWERED + between("leave", 0, settings.part))
    patient.looks_around(me, 0)
    patient.has_waited_alone(me)
    me:hang_up()
  end
end

-- One dashboard after the other changes a card of its own; all of the clinic see it.
local function watch(me, session)
  local round = 0
  doctor.comes_on_duty(me)
  sleep_until(begins() + between("look", 0, settings.interval))
  me:has_whole_board { within = "10s", requirement = "WA-10" }
  in_turn(settings.interval * settings.desks, function()
    local caller = session["caller_" .. round % (math.min(settings.users, USERS_MAX) - 1) + 1]
    local priority = round % 2 == 0 and "urgent" or "routine"
    round = round + 1
    me:note(caller, { priority = priority })
    me:expect("card", { of = caller, cause = "noted", priority = priority, within = "10s", requirement = "WA-27" })
  end)
  sleep_until(ends() + ANSWERED + settings.part + between("close", 0, CLOSE))
end

local actors = { desk = { role = "team_member", play = watch } }
for number = 1, USERS_MAX - 1 do
  actors["caller_" .. number] = { role = "patient", play = wait_as(number) }
end

return story {
  name = "presence",
  title = "Thousands are connected; each has one event or call per interval",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    users = { USERS_MAX, "users of a session, 2 to 10: one dashboard, the others wait" },
    desks = { 5, "dashboards of a clinic" },
    interval = { "5s", "each user has one event or call in this time" },
    gather = { "10s", "the time in which all of them come" },
    idle = { "0s", "how long all are there before the first of them does anything" },
    stay = { "20s", "how long all are there" },
    part = { "5s", "the time in which they leave" },
  },

  load = {
    sessions = 10,
    ramp = function() return settings.gather end,
    duration = ends, -- nobody leaves before it, so that no session is replaced
    planned = function() return ends() + ANSWERED + settings.part + CLOSE end,
    sessions_per_clinic = function() return settings.desks end,
  },

  thresholds = { "m.link_waiting.p95<1s", "m.fanout.p95<1s" },

  actors = actors,
  bystanders = bystander.set,
}
