-- A patient of ours is admitted by the clinician whom a browser plays; asked by chat, says what was counted.

return story {
  name = "browser-clinician",
  title = "A synthetic patient waits, a browser admits them",

  actors = {
    clinician = { role = "team_member", foreign = "Browser clinician" },

    patient = { role = "patient", play = function(me)
      me:enter { details = { reason = "Follow-up" } }
      me:expect("space", { state = "in_call", within = "60s", requirement = "WA-12" })
      me:expect("chat", { text = "count", within = "60s" })
      for name, value in pairs(me:counts()) do
        measure("story." .. name, "1", value)
      end
      me:expect("space", { state = "ended", within = "20s", requirement = "WA-05" })
    end },
  },
}
