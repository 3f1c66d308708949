-- A browser's patient is seen by one clinician of ours and then by another: the slots that it looks at
-- change their source.

local function sees_patient(me, session, state)
  local card = me:card_of(session.patient, { state = state, within = "60s", requirement = "WA-10" })
  me:join(card)
  me:expect("chat", { text = "next", within = "60s" })
  return card
end

return story {
  name = "browser-switch",
  title = "A browser is seen by one synthetic clinician, then by another",
  load = { grace = "120s" }, -- the browser looks on until it has seen enough

  actors = {
    patient = { role = "patient", foreign = "Browser patient" },

    first = { role = "team_member", play = function(me, session)
      me:sign_on()
      me:leave(sees_patient(me, session, "waiting"))
    end },

    second = { role = "team_member", play = function(me, session)
      me:sign_on()
      me:end_call(sees_patient(me, session, "on_hold"))
    end },
  },
}
