-- W1 of the requirement catalogue: a nurse sees every patient first. Routine: back to waiting, a doctor later.
-- Urgent: the doctor comes while the nurse is there. Transfer: on to another clinic. On the way: two doctors
-- press join at once, a patient hangs up, a call fills up to its six places.

local bystander = require "roles.bystander"
local doctor = require "roles.doctor"
local nurse = require "roles.triage_nurse"
local patient = require "roles.patient"
local receptionist = require "roles.receptionist"

local LONG = "30s" -- until somebody else has done their part

-- ---- after triage, from the patient's side ----

local after_triage = {}

function after_triage.routine(me, session)
  patient.is_put_back(me, LONG)
  if session.plan.hangs_up then
    sleep(settings.wait * 0.5)
    me:hang_up()
    return
  end
  patient.is_joined_by(me, session.doctor, LONG)
  if session.plan.race then
    me:sees(session.second_doctor, { within = "10s", requirement = "WA-12" })
  end
  patient.answers(me, session.doctor, "It began on Monday", LONG)
  patient.sees_the_end(me, settings.consult + 30)
end

function after_triage.urgent(me, session)
  me:sees(session.doctor, { within = LONG, requirement = "WA-12" })
  me:expect("participants", { excludes = session.nurse, includes = session.doctor, within = LONG,
    requirement = "WA-12" })
  measure("handover.gap", "us", me:longest_gap(session.doctor) * 1000000)
  patient.answers(me, session.doctor, "It hurts here", LONG)
  patient.sees_the_end(me, settings.consult + 30)
end

function after_triage.transfer(me, session)
  local space = me.space
  local event = me:expect("space", { state = "waiting", reason = "transferred", within = LONG,
    requirement = "TR-08" })
  check("TR-08", event.clinic_name == session.partner.name,
    ("the patient is told to wait at '%s'"):format(tostring(event.clinic_name)))
  patient.is_joined_by(me, session.partner_doctor, LONG)
  check("WA-14", me.space == space, "after the transfer the patient is in another space")
  patient.answers(me, session.partner_doctor, "They sent me to you", LONG)
  patient.sees_the_end(me, settings.consult + 30)
end

-- ---- and from the staff's side ----

-- Everybody joins until the call is full; the seventh is refused.
local function fill_the_call(me, session)
  local helpers = { session.second_doctor, session.nurse, session.desk, session.colleague }
  for _, helper in ipairs(helpers) do
    me:tell(helper, "come in")
    me:hear("here I am", { within = LONG })
    me:sees(helper, { within = "10s", requirement = "WA-15" })
  end
  me:tell(session.latecomer, "come in")
  me:hear("it is full", { within = LONG })
  for _, helper in ipairs(helpers) do
    me:tell(helper, "thank you")
    me:hear("left", { within = LONG })
  end
end

-- One of those who are called in.
local function helps(me, session)
  me:hear("come in", { within = LONG })
  local card = doctor.finds(me, session.patient, "in_call", LONG)
  doctor.joins(me, session.patient, card)
  me:tell(session.doctor, "here I am")
  me:hear("thank you", { within = LONG })
  me:leave(card)
  me:tell(session.doctor, "left")
end

local function sees_routine_patient(me, session)
  local card = doctor.finds(me, session.patient, "on_hold", LONG)
  if session.plan.hangs_up then
    doctor.finds_nobody(me, session.patient, card, "left", LONG)
    return
  end
  sleep(settings.wait)
  if session.plan.race then
    me:meet("press join", { count = 2, within = LONG })
  end
  doctor.joins(me, session.patient, card)
  if session.plan.race then
    me:sees(session.second_doctor, { within = "10s", requirement = "WA-12" })
  end
  if session.plan.full then
    fill_the_call(me, session)
  end
  doctor.writes(me, session.patient, card, "Since when?", LONG)
  sleep(settings.consult)
  doctor.ends(me, session.patient, card)
end

local function sees_urgent_patient(me, session)
  me:hear("urgent", { within = LONG })
  local card = doctor.finds(me, session.patient, "in_call", LONG)
  doctor.joins(me, session.patient, card)
  me:expect("participants", { excludes = session.nurse, within = LONG })
  doctor.writes(me, session.patient, card, "Where does it hurt?", LONG)
  sleep(settings.consult)
  doctor.ends(me, session.patient, card)
end

-- The second doctor presses join in the same instant as the first, and leaves a little later.
local function races(me, session)
  local card = doctor.finds(me, session.patient, "on_hold", LONG)
  me:meet("press join", { count = 2, within = LONG })
  doctor.joins(me, session.patient, card)
  me:sees(session.doctor, { within = "10s", requirement = "WA-12" })
  sleep(settings.consult * 0.5)
  me:leave(card)
end

return story {
  name = "teletriage",
  title = "A nurse sees everybody first: routine, urgent, or on to another clinic",
  profiles = { "core", "clinic", "transfer", "privacy" },

  settings = {
    arrive = { "1s", "mean time from the session's start to the opening of the link" },
    think = { "500ms", "mean pause before a member of staff acts" },
    triage = { "2s", "length of the nurse's talk" },
    wait = { "1500ms", "how long a routine patient waits for the doctor" },
    consult = { "4s", "length of the doctor's consultation" },
    routine_share = { 0.3, "share of routine patients" },
    hang_up_share = { 0.1, "share of routine patients who hang up while they wait" },
    race_share = { 0.1, "share of routine patients whom two doctors join at once" },
    full_share = { 0.1, "share of routine patients whose call fills up to six" },
    urgent_share = { 0.2, "share of urgent patients" },
    transfer_share = { 0.2, "share of patients for another clinic" },
    question_share = { 0.3, "share of patients who write to the desk while they wait" },
  },

  load = { sessions = 20, duration = "60s", arrivals = "poisson",
    planned = function() return settings.triage + settings.wait + settings.consult + 4.5 end },

  thresholds = { "m.join_media.p95<1s", "freeze.ratio<1%", "frame.loss.ratio<1%" },

  plan = function()
    local turn = choose("turn", {
      { "routine", settings.routine_share },
      { "hangs_up", settings.hang_up_share },
      { "race", settings.race_share },
      { "full", settings.full_share },
      { "urgent", settings.urgent_share },
      { "transfer", settings.transfer_share },
    })
    return {
      branch = (turn == "urgent" or turn == "transfer") and turn or "routine",
      hangs_up = turn == "hangs_up",
      race = turn == "race",
      full = turn == "full",
      question = chance("question", settings.question_share),
    }
  end,

  actors = {
    patient = { role = "patient", play = function(me, session)
      pause("arrive", settings.arrive)
      patient.arrives(me, { reason = "Fever since Monday" })
      bystander.replays_space(session.bystanders.other_patient, me)
      patient.tries_staff_work(me)
      if session.plan.question then
        patient.asks(me, session.desk, "How long will it take?", LONG)
      end
      me:tell(session.nurse, "ready")
      patient.is_joined_by(me, session.nurse, LONG)
      patient.looks_around(me, 1)
      after_triage[session.plan.branch](me, session)
    end },

    nurse = { role = "team_member", play = function(me, session)
      nurse.comes_on_duty(me)
      local card = nurse.finds(me, session.patient, { session.bystanders.other_patient }, LONG)
      me:hear("ready", { within = LONG })
      pause("think", settings.think)
      nurse.talks(me, session.patient, card, settings.triage)
      if session.plan.branch == "transfer" then
        nurse.transfers(me, session.patient, card, session.partner)
        return
      end
      nurse.marks(me, session.patient, card, session.plan.branch)
      if session.plan.branch == "urgent" then
        me:tell(session.doctor, "urgent")
        nurse.hands_over(me, session.doctor, card)
        return
      end
      nurse.puts_back(me, session.patient, card)
      if session.plan.full then
        helps(me, session)
      end
    end },

    doctor = { role = "team_member", play = function(me, session)
      if session.plan.branch == "transfer" then return end
      doctor.comes_on_duty(me)
      if session.plan.branch == "urgent" then
        sees_urgent_patient(me, session)
      else
        sees_routine_patient(me, session)
      end
    end },

    second_doctor = { role = "team_member", optional = true, play = function(me, session)
      if session.plan.race then
        doctor.comes_on_duty(me)
        races(me, session)
      elseif session.plan.full then
        doctor.comes_on_duty(me)
        helps(me, session)
      end
    end },

    colleague = { role = "team_member", optional = true, play = function(me, session)
      if not session.plan.full then return end
      doctor.comes_on_duty(me)
      helps(me, session)
    end },

    latecomer = { role = "team_member", optional = true, play = function(me, session)
      if not session.plan.full then return end
      doctor.comes_on_duty(me)
      me:hear("come in", { within = LONG })
      me:cannot { "join", session.patient, requirement = "WA-15", as = "capacity",
        because = "six are in the call already" }
      me:tell(session.doctor, "it is full")
    end },

    partner_doctor = { role = "team_member", at = "partner", play = function(me, session)
      if session.plan.branch ~= "transfer" then return end
      doctor.comes_on_duty(me)
      local card = doctor.finds(me, session.patient, "waiting", LONG)
      check("TR-08", card.transferred_from ~= nil and card.clinic == me.clinic.id,
        "the arrival at the target clinic is not shown as a transfer")
      pause("think", settings.think)
      doctor.joins(me, session.patient, card)
      doctor.writes(me, session.patient, card, "What did they say?", LONG)
      sleep(settings.consult)
      doctor.ends(me, session.patient, card)
    end },

    desk = { role = "clinic_clerk", optional = true, play = function(me, session)
      if not (session.plan.question or session.plan.full) then return end
      receptionist.comes_on_duty(me)
      if session.plan.question then
        receptionist.answers(me, session.patient, "You are next", LONG)
      end
      if session.plan.full then
        helps(me, session)
      end
    end },
  },

  residents = {
    board = { role = "clinic_clerk", play = receptionist.watches_the_board },
  },

  bystanders = bystander.set,
}
