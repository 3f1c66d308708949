-- W3 of the requirement catalogue: the receptionist joins a patient, corrects the entry, puts the patient back
-- to waiting as checked in, and tells the doctor. Or the caller is the wrong person, or does not come.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

local LONG = "30s" -- until somebody else has done their part

return story {
  name = "check-in",
  title = "Reception checks who it is and corrects the entry; then the doctor comes",
  profiles = { "core", "clinic", "privacy" },

  settings = {
    arrive = { "1s", "mean time from the session's start to the opening of the link" },
    think = { "500ms", "mean pause before a member of staff acts" },
    identify = { "1500ms", "length of the talk at reception" },
    wait = { "1s", "how long a checked-in patient waits for the doctor" },
    consult = { "4s", "length of the consultation" },
    wrong_share = { 0.1, "share of callers who are the wrong person" },
    no_show_share = { 0.1, "share of callers who go before they are seen, and are removed" },
    vanish_share = { 0.05, "share of callers whose network is lost for good while they wait" },
    grace = { "12s", "how long the platform may keep the card of a caller who vanished" },
  },

  load = { sessions = 20, duration = "60s", arrivals = "poisson",
    planned = function() return settings.consult + 6 end },

  thresholds = { "m.join_media.p95<1s", "freeze.ratio<1%", "frame.loss.ratio<1%" },

  plan = function()
    return {
      outcome = choose("outcome", {
        { "wrong_person", settings.wrong_share },
        { "no_show", settings.no_show_share },
        { "vanishes", settings.vanish_share },
        { "checked_in",
          math.max(0, 1 - settings.wrong_share - settings.no_show_share - settings.vanish_share) },
      }),
    }
  end,

  actors = {
    patient = { role = "patient", play = function(me, session)
      pause("arrive", settings.arrive)
      patient.arrives(me, { reason = "Appointment", born = "1970-01-01" })
      bystander.replays_space(session.bystanders.other_patient, me)
      local outcome = session.plan.outcome
      if outcome == "no_show" or outcome == "vanishes" then
        me:hear("seen on the board", { within = LONG })
        me:drop()
        return
      end
      patient.is_joined_by(me, session.reception, LONG)
      if outcome == "wrong_person" then
        patient.sees_the_end(me, settings.consult + 30)
        return
      end
      patient.is_put_back(me, LONG)
      patient.is_joined_by(me, session.doctor, LONG)
      patient.answers(me, session.doctor, "Yes, that is right", LONG)
      patient.looks_around(me, 1)
      patient.sees_the_end(me, settings.consult + 30)
    end },

    reception = { role = "clinic_clerk", play = function(me, session)
      local who, outcome = session.patient, session.plan.outcome
      receptionist.comes_on_duty(me)
      local card = me:card_of(who, { state = "waiting", within = LONG, requirement = "WA-10" })
      check("WA-06", me:shows(session.bystanders.other_patient) ~= nil,
        "the other patient who waits is not on the dashboard")
      if outcome == "no_show" or outcome == "vanishes" then
        me:tell(who, "seen on the board")
        me:expect("card", { of = who, cause = "dropped", present = false, within = "5s",
          requirement = "WA-28" })
      end
      if outcome == "vanishes" then
        doctor.finds_nobody(me, who, card, "dropped", settings.grace)
        return
      elseif outcome == "no_show" then
        receptionist.removes(me, who, card, "no_show")
        return
      end
      pause("think", settings.think)
      receptionist.checks_identity(me, who, card, settings.identify,
        { details = { reason = "Appointment", born = "1970-01-10" } })
      if outcome == "wrong_person" then
        receptionist.removes(me, who, card, "wrong_person")
        return
      end
      receptionist.puts_back(me, who, card)
      me:tell(session.doctor, "checked in")
    end },

    doctor = { role = "team_member", play = function(me, session)
      if session.plan.outcome ~= "checked_in" then return end
      doctor.comes_on_duty(me)
      me:hear("checked in", { within = LONG })
      local card = doctor.finds(me, session.patient, "on_hold", LONG)
      sleep(settings.wait)
      doctor.joins(me, session.patient, card)
      doctor.writes(me, session.patient, card, "You were born in January?", LONG)
      sleep(settings.consult)
      doctor.ends(me, session.patient, card)
    end },
  },

  residents = {
    board = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
