-- Patients come one after the other, each is connected, waits a moment and goes: what joining costs, with nothing
-- beside it but one dashboard. A join is a connection opened, the clinic's link entered, and the media's own path to the platform open
-- and secured (ICE and DTLS); with `--media none` it ends with "waiting".

local bystander = require "roles.bystander"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

return story {
  name = "joins",
  title = "Patients join at a constant rate and go again",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    stay = { "1s", "how long each stays once connected" },
  },

  load = {
    rate = 20,
    sessions = 20000, -- so many at once are nobody's limit: the rate is
    duration = "10s",
    planned = function() return 3 + settings.stay end,
    sessions_per_clinic = 20000,
  },

  thresholds = { "m.link_waiting.p95<1s" },

  actors = {
    patient = { role = "patient", play = function(me)
      local come = now()
      patient.arrives(me, { reason = "Comes and goes" })
      me:is_connected { within = "10s" }
      measure("session.connected", "us", (now() - come) * 1000000)
      sleep(settings.stay)
      patient.has_waited_alone(me)
      me:hang_up()
    end },
  },

  residents = {
    desk = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
