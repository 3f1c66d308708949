-- W5a of the requirement catalogue: one patient, one doctor, in the clinic's waiting area. Some patients are
-- prepared by a nurse first, some lose the network or leave by mistake and come back.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local nurse = require "roles.triage_nurse"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

local LONG = "30s" -- until somebody else has done their part

return story {
  name = "one-to-one",
  title = "A patient waits, a doctor admits, both see and hear each other",
  profiles = { "core", "clinic", "privacy", "meeting" },

  settings = {
    arrive = { "500ms", "mean time from the session's start to the opening of the link" },
    think = { "500ms", "mean pause before a member of staff acts" },
    consult = { "20s", "mean length of the consultation" },
    spread = { 0.5, "how far a consultation is longer or shorter than that, at most, as a share of it" },
    prepare = { "1500ms", "length of the nurse's preparation" },
    prepared_share = { 0.2, "share of patients whom a nurse prepares first" },
    drop_share = { 0.2, "share of patients whose network drops during the consultation" },
    leave_share = { 0.1, "share of patients who leave by mistake and come back" },
    away = { "1s", "how long a patient who dropped or left is away" },
    stranger_share = { 0.1, "share of sessions in which a stranger tries links and tokens" },
  },

  load = { sessions = 20, duration = "60s", planned = function() return settings.consult + 3 end,
    grace = function() return settings.consult * (1 + settings.spread) + 20 end },

  thresholds = { "m.join_media.p95<1s", "freeze.ratio<1%", "frame.loss.ratio<1%" },

  plan = function()
    local consult = settings.consult * (1 + settings.spread * (2 * draw("consult") - 1))
    return {
      consult = math.max(0, math.floor(consult * 1000) / 1000), -- to the millisecond
      prepared = chance("prepared", settings.prepared_share),
      stranger = chance("stranger", settings.stranger_share),
      interruption = choose("interruption", {
        { "dropped", settings.drop_share },
        { "left", settings.leave_share },
        { "none", math.max(0, 1 - settings.drop_share - settings.leave_share) },
      }),
    }
  end,

  actors = {
    patient = { role = "patient", play = function(me, session)
      pause("arrive", settings.arrive)
      patient.arrives(me, { reason = "Follow-up", born = "1980-01-01" })
      me:tell(session.stranger, "patient is here")
      bystander.replays_space(session.bystanders.other_patient, me)
      if session.plan.prepared then
        patient.is_joined_by(me, session.nurse, LONG)
        patient.is_put_back(me, LONG)
      end
      patient.is_joined_by(me, session.doctor, LONG)
      patient.answers(me, session.doctor, "Better, thank you", LONG)
      patient.looks_around(me, 1)
      sleep(session.plan.consult * 0.3)
      if session.plan.interruption == "dropped" then
        patient.drops_and_returns(me, session.doctor, settings.away)
      elseif session.plan.interruption == "left" then
        patient.leaves_and_returns(me, session.doctor, settings.away)
      end
      patient.sees_the_end(me, session.plan.consult + 30)
    end },

    nurse = { role = "team_member", optional = true, play = function(me, session)
      if not session.plan.prepared then return end
      nurse.comes_on_duty(me)
      local card = nurse.finds(me, session.patient, { session.bystanders.other_patient }, LONG)
      pause("think", settings.think)
      nurse.talks(me, session.patient, card, settings.prepare)
      nurse.puts_back(me, session.patient, card)
    end },

    doctor = { role = "team_member", play = function(me, session)
      doctor.comes_on_duty(me)
      local state = session.plan.prepared and "on_hold" or "waiting"
      local card = doctor.finds(me, session.patient, state, LONG)
      pause("think", settings.think)
      doctor.joins(me, session.patient, card)
      doctor.writes(me, session.patient, card, "How are you today?", LONG)
      if session.plan.interruption ~= "none" then
        doctor.waits_for_return(me, session.patient, session.plan.interruption,
          session.plan.consult * 0.3 + 5, LONG)
        sleep(session.plan.consult * 0.7)
      else
        sleep(session.plan.consult)
      end
      doctor.ends(me, session.patient, card)
    end },

    stranger = { role = "anonymous", optional = true, play = function(me, session)
      if not session.plan.stranger then return end
      me:hear("patient is here", { within = LONG })
      bystander.tries_links(me, session.patient)
    end },
  },

  residents = {
    desk = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
