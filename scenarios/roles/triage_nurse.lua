-- The triage nurse: sees patients first, briefly, notes how urgent it is, and passes them on.
-- Also the assistant who prepares a patient before the doctor comes.

local nurse = {}

function nurse.comes_on_duty(me)
  me:sign_on()
end

-- Find the patient on the dashboard, next to everybody else who waits.
function nurse.finds(me, patient, others, within)
  local card = me:card_of(patient, { state = "waiting", within = within, requirement = "WA-10" })
  for _, other in ipairs(others) do
    check("WA-06", me:shows(other) ~= nil, ("%s waits too and is not on the dashboard"):format(other.label))
    check("WA-07", other.space ~= patient.space, ("%s shares the patient's space"):format(other.label))
  end
  return card
end

-- A short talk, face to face.
function nurse.talks(me, patient, card, length)
  me:join(card)
  me:sees(patient, { within = "10s", requirement = "WA-12" })
  sleep(length)
end

function nurse.marks(me, patient, card, priority)
  me:note(card, { priority = priority, note = "Seen by triage" })
  me:expect("card", { of = patient, cause = "noted", priority = priority, within = "5s",
    requirement = "WA-27" })
end

-- Back to waiting; the card stays on the dashboard.
function nurse.puts_back(me, patient, card)
  me:hold(card)
  me:expect("card", { of = patient, state = "on_hold", within = "5s", requirement = "WA-18" })
end

-- The doctor is here: the nurse goes, the call goes on.
function nurse.hands_over(me, doctor, card)
  me:sees(doctor, { within = "10s", requirement = "WA-12" })
  me:leave(card)
end

-- To another clinic: gone here at once, and nobody here can join any more (TR-08).
function nurse.transfers(me, patient, card, clinic)
  local offered = false
  for _, one in ipairs(me:transfer_targets(card)) do
    offered = offered or one.id == clinic.id
  end
  check("TR-08", offered, ("%s is no transfer target for its referrer"):format(clinic.name))
  me:transfer(card, clinic)
  me:expect("card_gone", { of = patient, cause = "transferred", within = "5s", requirement = "TR-08" })
  me:cannot { "join", card, requirement = "TR-08", because = "the patient waits at the other clinic now" }
  me:unsubscribe()
  me:subscribe()
  check("TR-08", me:shows(patient) == nil, "the source clinic still lists the transferred patient")
end

return nurse
