-- W16 of the requirement catalogue, third storm: in every clinic all who wait are admitted within the same second, and
-- each gets their call, with the doctor's picture and sound.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

local LONG = "60s"
local SETTLED = 3 -- seconds after the last has come

return story {
  name = "storm-admissions",
  title = "All who wait are admitted within one second, in every clinic",
  profiles = { "core", "clinic", "privacy", "meeting" },

  settings = {
    patients = { 300, "how many wait, each with a doctor on duty" },
    gather = { "10s", "the time in which all of them come before the storm" },
    within = { "1s", "the time in which all are admitted" },
    limit = { "5s", "the time after it in which everybody's call must have begun" },
    consult = { "4s", "length of the consultations, a half more or less" },
  },

  load = {
    sessions = function() return settings.patients end,
    ramp = function() return settings.gather end,
    duration = function() return settings.gather end,
    planned = function() return settings.gather + SETTLED + settings.within + settings.consult end,
    sessions_per_clinic = 50,
  },

  thresholds = { "m.join_state.p95<1s", "m.join_media.p95<2s", "frame.loss.ratio<1%" },

  actors = {
    patient = { role = "patient", play = function(me, session)
      patient.arrives(me, { reason = "Waits to be admitted" })
      sleep_until(settings.gather + SETTLED)
      patient.is_joined_by(me, session.doctor, settings.within + settings.limit)
      patient.looks_around(me, 1)
      patient.sees_the_end(me, LONG)
    end },

    doctor = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", LONG)
      sleep_until(settings.gather + SETTLED)
      sleep(between("moment", 0, settings.within))
      doctor.joins(me, session.patient, card)
      pause("consult", settings.consult)
      doctor.ends(me, session.patient, card)
    end },
  },

  residents = {
    desk = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
