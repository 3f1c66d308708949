-- A clinician of ours admits the patient whom a browser plays; asked by chat, says what was counted.

return story {
  name = "browser-patient",
  title = "A browser waits, a synthetic clinician admits it",

  actors = {
    patient = { role = "patient", foreign = "Browser patient" },

    clinician = { role = "team_member", play = function(me, session)
      me:sign_on()
      local card = me:card_of(session.patient, { state = "waiting", within = "60s", requirement = "WA-10" })
      sleep("2s") -- the browser's media is connected by then: what is sent is received
      me:join(card)
      me:expect("chat", { text = "count", within = "60s" })
      for name, value in pairs(me:counts()) do
        measure("story." .. name, "1", value)
      end
      me:end_call(card)
      me:expect("card_gone", { of = session.patient, cause = "ended", within = "5s", requirement = "WA-05" })
    end },
  },
}
