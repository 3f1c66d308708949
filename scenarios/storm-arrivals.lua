-- W16 of the requirement catalogue, first storm: a thousand patients enter waiting areas within ten seconds. Each is
-- told to wait and is on the dashboard of the clinic, however many come at once; then all go again.

local bystander = require "roles.bystander"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

local SETTLED = 2 -- seconds after the last arrival

return story {
  name = "storm-arrivals",
  title = "A thousand patients enter within ten seconds",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    patients = { 1000, "how many enter" },
    within = { "10s", "the time in which they do" },
    stay = { "3s", "how long they stay once all are there, a half more or less" },
  },

  load = {
    -- Evenly, the last a little before the end: exactly so many.
    rate = function() return (settings.patients - 0.5) / settings.within end,
    sessions = function() return settings.patients end,
    duration = function() return settings.within end,
    planned = function() return settings.within + SETTLED + settings.stay end,
    sessions_per_clinic = 50,
  },

  thresholds = { "m.link_waiting.p95<1s", "m.enter_card.p95<1s" },

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, { reason = "Comes with all the others" })
      sleep_until(settings.within + SETTLED)
      check("WA-06", session.residents.desk:shows(me) ~= nil,
        "one of many who entered at once is not on the clinic's dashboard")
      patient.has_waited_alone(me)
      pause("stay", settings.stay)
      me:hang_up()
    end },
  },

  residents = {
    desk = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
