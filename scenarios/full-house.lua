-- A busy hour of one server: group rooms of twenty beside one-to-one consultations, ten to a hundred. The bench
-- full-house runs 110 of them at once.

return mix {
  name = "full-house",
  title = "Group rooms of twenty beside one-to-one consultations",
  profiles = { "core", "clinic", "rooms", "privacy", "meeting" },

  stories = { -- in proportion
    { "group-therapy", 10 },
    { "one-to-one", 100 },
  },

  load = { sessions = 11, duration = "60s" },
}
