-- A patient whose path towards them carries 300 kbit/s, less than one picture takes; the doctor's is as it is.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"

return story {
  name = "weak-link",
  title = "A consultation with a patient who has little bandwidth",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    consult = { "30s", "length of the consultation" },
    path = { "down:rate=300kbit/s", "network of the patient, once joined" },
  },

  load = { sessions = 2, duration = "10s", planned = function() return settings.consult + 3 end,
    grace = function() return settings.consult + 20 end },

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, {})
      patient.is_joined_by(me, session.doctor, "30s")
      me:network(settings.path)
      patient.sees_the_end(me, settings.consult + 30)
    end },

    doctor = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", "30s")
      doctor.joins(me, session.patient, card)
      sleep(settings.consult)
      doctor.ends(me, session.patient, card)
    end },
  },

  bystanders = bystander.set,
}
