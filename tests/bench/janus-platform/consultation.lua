-- The least that a consultation is, so that every platform with waiting and joining can play it: a patient waits, a
-- doctor joins, both see and hear each other until the doctor ends it. Nobody else is there.

local doctor = require "roles.doctor"
local patient = require "roles.patient"

return story {
  name = "consultation",
  title = "A patient waits, a doctor joins, both see and hear each other",
  profiles = { "core" },

  settings = {
    consult = { "600s", "length of the consultation" },
  },

  load = { sessions = 1, duration = "10s", planned = function() return settings.consult + 2 end,
    grace = function() return settings.consult + 20 end },

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, {})
      patient.is_joined_by(me, session.doctor, "30s")
      me:expect("space", { state = "ended", within = settings.consult + 60, requirement = "WA-05" })
    end },

    doctor = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", "30s")
      doctor.joins(me, session.patient, card)
      sleep(settings.consult)
      me:end_call(card)
      me:expect("card_gone", { of = session.patient, cause = "ended", within = "5s", requirement = "WA-05" })
    end },
  },
}
