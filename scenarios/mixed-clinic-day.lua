-- W16 of the requirement catalogue: what a clinic's platform carries on an ordinary day, all at once. Each session
-- is one of these stories, with its own plan, measures and limits. --set one-to-one.consult=30s reaches a story's
-- setting, --set teletriage.share=0 its share.

return mix {
  name = "mixed-clinic-day",
  title = "A day at the clinic: consultations, triage, reception and groups at once",
  profiles = { "core", "clinic", "rooms", "transfer", "privacy", "meeting" },

  stories = { -- percent of the sessions
    { "one-to-one", 50 },
    { "teletriage", 30 },
    { "check-in", 15 },
    { "group-therapy", 5 },
  },

  load = { rate = "1/s", duration = "60s", arrivals = "poisson" },
}
