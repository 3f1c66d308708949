-- The receptionist: watches the waiting area, checks patients in, answers their questions.

local receptionist = {}

-- A resident: on the dashboard all day, one of those whom every event must reach.
function receptionist.watches_the_board(me)
  me:sign_on { media = false }
end

function receptionist.comes_on_duty(me)
  me:sign_on()
end

-- Answer the next question of a waiting patient.
function receptionist.answers(me, patient, text, within)
  local card = me:card_of(patient, { within = within })
  me:expect("card_message", { card_id = card.id, within = within })
  me:chat(card, ("%s (to patient %d)"):format(text, me.session.index))
end

-- A short talk: who are you, is this right? Then the entry is corrected and staff see it.
function receptionist.checks_identity(me, patient, card, length, corrected)
  me:join(card)
  me:sees(patient, { within = "10s", requirement = "WA-12" })
  sleep(length)
  me:update(card, corrected)
  local event = me:expect("card", { of = patient, cause = "updated", within = "5s", requirement = "WA-27" })
  check("WA-27", event.card.details ~= nil and event.card.details.born == corrected.details.born,
    "the corrected entry did not reach the dashboard")
end

function receptionist.puts_back(me, patient, card)
  me:note(card, { note = "Checked in" })
  me:hold(card)
  me:expect("card", { of = patient, state = "on_hold", within = "5s", requirement = "WA-18" })
end

-- Remove a caller who is not meant; the caller is told nothing but that it ended.
function receptionist.removes(me, patient, card, reason)
  me:remove(card, reason)
  me:expect("card_gone", { of = patient, cause = "removed", within = "5s", requirement = "WA-18" })
  me:cannot { "join", card, requirement = "WA-18", because = "the caller was removed" }
end

return receptionist
