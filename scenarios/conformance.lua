-- What a platform must do (docs/requirements), check by check: caseload run conformance --media none.
-- --set requirement=WA-05,TR-05 or --set check=one-name chooses.

return examination {
  name = "conformance",
  title = "What a platform must do, check by check",
  profiles = { "core", "clinic", "rooms", "transfer", "privacy" },
  checks = {
    require "conformance.organisation",
    require "conformance.permissions",
    require "conformance.team",
    require "conformance.waiting_area",
    require "conformance.transfer",
    require "conformance.meeting_room",
    require "conformance.user_room",
    require "conformance.session",
    require "conformance.privacy",
    require "conformance.workflow",
  },
}
