-- The doctor: picks a patient from the dashboard, consults, ends.

local doctor = {}

function doctor.comes_on_duty(me)
  me:sign_on()
end

-- The patient's card, as soon as it is in `state` ("waiting", "on_hold", "in_call").
function doctor.finds(me, patient, state, within)
  return me:card_of(patient, { state = state, within = within, requirement = "WA-10" })
end

-- Join and see the patient; others may be there already.
function doctor.joins(me, patient, card)
  me:join(card)
  me:sees(patient, { within = "10s", requirement = "WA-12" })
  me:refreshes(patient, { within = "3s", requirement = "SES-27" })
end

-- A message and its answer.
function doctor.writes(me, patient, card, text, within)
  me:chat(card, ("%s (consultation %d)"):format(text, me.session.index))
  me:expect("chat", { from = patient, within = within })
end

-- The patient goes away `before` this time (cause "dropped" or "left") and comes back without being admitted
-- again.
function doctor.waits_for_return(me, patient, cause, before, within)
  me:expect("card", { of = patient, cause = cause, present = false, within = before, requirement = "SES-15" })
  me:expect("card", { of = patient, cause = "returned", present = true, within = within,
    requirement = "SES-15" })
  me:sees(patient, { within = "10s", requirement = "SES-15" })
end

-- The consultation is over: card and space are gone, and a gone card cannot be joined.
function doctor.ends(me, patient, card)
  me:end_call(card)
  me:expect("card_gone", { of = patient, cause = "ended", within = "5s", requirement = "WA-05" })
  check("WA-05", me:shows(patient) == nil, "the ended consultation is still on the dashboard")
  me:cannot { "join", card, requirement = "WA-18", because = "who has left cannot be seen again" }
end

-- The patient hung up: no ghost card stays, and a join on it is refused.
function doctor.finds_nobody(me, patient, card, cause, within)
  me:expect("card_gone", { of = patient, cause = cause, within = within, requirement = "WA-28" })
  me:cannot { "join", card, requirement = "WA-28", because = "the patient is gone" }
  me:unsubscribe()
  me:subscribe()
  check("WA-28", me:shows(patient) == nil, "the card of a patient who left is still listed")
end

return doctor
