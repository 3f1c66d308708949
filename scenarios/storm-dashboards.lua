-- W16 of the requirement catalogue, second storm: two hundred dashboards lose their connections and come back at the same
-- instant, while some of the patients leave. Each must have the whole board again, without those who left, and live.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"

local LONG = "60s"
local SETTLED = 3 -- seconds after the last has come

return story {
  name = "storm-dashboards",
  title = "Two hundred dashboards reconnect at once",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    dashboards = { 200, "how many, each with a patient who waits" },
    gather = { "10s", "the time in which all of them come before the storm" },
    away = { "1s", "how long the connections are lost" },
    whole = { "5s", "the time in which a dashboard must be whole again" },
    leave_share = { 0.2, "share of patients who leave while nobody watches" },
  },

  load = {
    sessions = function() return settings.dashboards end,
    ramp = function() return settings.gather end,
    duration = function() return settings.gather end,
    planned = function() return settings.gather + SETTLED + settings.away + settings.whole end,
    sessions_per_clinic = 50,
  },

  thresholds = { "m.board.p95<2s" },

  plan = function()
    return { leaves = chance("leaves", settings.leave_share) }
  end,

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, { reason = "Waits through the storm" })
      if session.plan.leaves then
        sleep_until(settings.gather + SETTLED + settings.away * 0.5)
      else
        me:hear("live again", { within = LONG })
      end
      me:hang_up()
    end },

    staff = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", LONG)
      sleep_until(settings.gather + SETTLED)
      me:drop()
      sleep(settings.away)
      doctor.comes_on_duty(me)
      me:has_whole_board { within = settings.whole, requirement = "WA-10" }
      if session.plan.leaves then
        check("WA-28", me:shows(session.patient) == nil, "who left while nobody watched is still listed")
        return
      end
      sleep_until(settings.gather + SETTLED + settings.away + settings.whole)
      me:note(card, { priority = "routine" })
      me:expect("card", { of = session.patient, cause = "noted", within = "10s", requirement = "WA-27" })
      me:tell(session.patient, "live again")
      me:expect("card_gone", { of = session.patient, cause = "left", within = "10s", requirement = "WA-27" })
    end },
  },

  bystanders = bystander.set,
}
