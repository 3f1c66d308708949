-- A patient whose path towards them narrows to `narrow` for a while and is wide again afterwards; the doctor's is as it is.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"

return story {
  name = "narrow-path",
  title = "A consultation with a patient whose path narrows and widens again",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    narrow = { "down:rate=350kbit/s", "network of the patient in the middle" },
    wide = { "wifi", "network of the patient afterwards" },
    before = { "3s", "how long the path is as it was" },
    narrowed = { "10s", "how long it is narrow" },
    widened = { "18s", "how long it is wide again" },
  },

  load = { sessions = 1, duration = "1s",
    planned = function() return settings.before + settings.narrowed + settings.widened + 3 end,
    grace = function() return settings.before + settings.narrowed + settings.widened + 20 end },

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, {})
      patient.is_joined_by(me, session.doctor, "30s")
      sleep(settings.before)
      me:network(settings.narrow)
      sleep(settings.narrowed)
      me:network(settings.wide)
      patient.sees_the_end(me, settings.widened + 30)
    end },

    doctor = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", "30s")
      doctor.joins(me, session.patient, card)
      sleep(settings.before + settings.narrowed + settings.widened)
      doctor.ends(me, session.patient, card)
    end },
  },

  bystanders = bystander.set,
}
