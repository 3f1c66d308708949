-- What strangers can learn: chapters PRV and MSG, refusals that tell nothing.

local changed = require("lib.checking").changed

-- All that a refusal tells.
local function text_of(refusal)
  local text = tostring(refusal.message)
  for name, value in pairs(refusal.data or {}) do text = ("%s %s=%s"):format(text, name, tostring(value)) end
  return text
end

local function says(refusal)
  return refusal and ("%s: %s"):format(refusal.class, tostring(refusal.message)) or "accepted"
end

return checks {
  { "telling-refusals", "What somebody may not know of is refused like what does not exist",
    requirements = { "ROLE-19" }, proven_by = { ["tell-existence"] = { "ROLE-19" } },
    people = { nurse = "team_member", stranger = "outsider", head = "clinic_administrator", patient = "patient", other = "patient" },
    examine = function(s)
      s.nurse:sign_on()
      s.stranger:sign_on { watch = false, media = false }
      s.patient:enter()
      s.other:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      local room = s.head:add_room(s.clinic, { kind = "meeting", name = "Board" })
      local tries = { -- who, act, an existing one, one that there is not
        { s.stranger, "subscribe", s.clinic, { id = changed(s.clinic.id) } },
        { s.stranger, "join", card, { id = changed(card.id) } },
        { s.stranger, "open_room", room, { id = changed(room.id), name = "none" } },
        { s.stranger, "settings", s.clinic, { id = changed(s.clinic.id) } },
        { s.other, "look", s.patient.space, changed(s.patient.space) },
      }
      for _, try in ipairs(tries) do
        local _, existing = try[1]:attempt(try[2], try[3])
        local _, none = try[1]:attempt(try[2], try[4])
        check("ROLE-19", existing ~= nil and existing.class == "hidden" and says(existing) == says(none),
          ("'%s' tells what exists ('%s') from what does not ('%s')"):format(try[2], says(existing), says(none)))
      end
      local refusal = select(2, s.other:attempt("subscribe"))
      check("ROLE-19", refusal ~= nil and refusal.class ~= nil, "a refusal does not say of which class it is")
    end },

  { "links", "Links say nothing by themselves and are not to be guessed",
    requirements = { "MSG-08" }, proven_by = { ["guessable-links"] = { "MSG-08" } },
    people = { administrator = "organisation_administrator", stranger = "patient" },
    examine = function(s)
      s.administrator:clinics()
      local links = {}
      for i = 1, 3 do links[i] = s.administrator:add_clinic { name = "Renal " .. i }.link end
      links[4] = s.administrator:add_room(s.clinic, { kind = "group", name = "Renal group" }).link
      links[5] = s.administrator:add_room(s.clinic, { kind = "meeting", name = "Renal board" }).link
      for i, link in ipairs(links) do
        check("MSG-08", #link >= 16, ("a link of %d letters can be tried out"):format(#link))
        check("MSG-08", not link:lower():find("renal"), "a link tells the name of what it leads to")
        local before = links[i - 1]
        if before then
          local alike = 0
          for k = 1, math.min(#link, #before) do
            if link:byte(k) == before:byte(k) then alike = alike + 1 end
          end
          check("MSG-08", alike * 2 < #link, "links that were made one after the other are nearly alike")
        end
        s.stranger:cannot { "enter", { link = changed(link) }, requirement = "MSG-08", as = "hidden", because = "it is nobody's" }
        local near, far = s.stranger:open_link { link = changed(link) }, s.stranger:open_link { link = "nobody-ever-had-it" }
        check("MSG-08", near == far, ("the page of a near miss answers %d, of any other %d"):format(near, far))
      end
    end },

  { "reports", "Reports count what happened and name nobody",
    requirements = { "PRV-03" }, proven_by = { ["report-names"] = { "PRV-03" } },
    people = { administrator = "organisation_administrator", nurse = "team_member", seen = "patient", unseen = "patient", waiting = "patient" },
    examine = function(s)
      local NAME = "Unmistakable"
      s.nurse:sign_on()
      for _, who in ipairs { s.seen, s.unseen, s.waiting } do who:enter { name = NAME .. " " .. who.label } end
      s.nurse:join(s.nurse:card_of(s.seen, { within = "5s" }))
      s.nurse:end_call(s.seen)
      s.unseen:hang_up()
      s.nurse:expect("card_gone", { of = s.unseen, within = "5s" })
      local of_clinic, of_all = s.administrator:report(s.clinic), s.administrator:report()
      check("PRV-03", of_clinic.visits == 2 and of_clinic.seen == 1 and of_all.visits == 2,
        ("2 visits with 1 consultation are reported as %d with %d"):format(of_clinic.visits, of_clinic.seen))
      local function names_in(value)
        if type(value) ~= "table" then
          return tostring(value):find(NAME) ~= nil
        end
        for _, inner in pairs(value) do
          if names_in(inner) then return true end
        end
        return false
      end
      check("PRV-03", not names_in(of_clinic) and not names_in(of_all), "a report names a patient")
    end },

  { "names-in-errors", "No refusal names a patient",
    requirements = { "PRV-03" }, proven_by = { ["chatty-errors"] = { "PRV-03" } },
    invariants = { ["PRV-03"] = { "INV-39" } },
    people = { nurse = "team_member", stranger = "outsider", colleague = { "team_member", at = "partner" }, patient = "patient", other = "patient" },
    examine = function(s)
      local NAME = "Unmistakable Patient"
      s.nurse:sign_on()
      for _, who in ipairs { s.stranger, s.colleague } do who:sign_on { watch = false, media = false } end
      s.patient:enter { name = NAME, details = { complaint = "Unmistakable complaint" } }
      s.other:enter()
      local card = s.nurse:card_of(s.patient, { state = "waiting", within = "5s" })
      for _, try in ipairs { { s.stranger, "join", card }, { s.colleague, "join", card }, { s.colleague, "note", card, { note = "x" } },
        { s.colleague, "subscribe", s.clinic }, { s.stranger, "subscribe", s.clinic }, { s.other, "look", s.patient.space },
        { s.other, "look", "no-space-has-this-id" }, { s.colleague, "remove", card, "other" } } do
        local _, refusal = try[1]:attempt(table.unpack(try, 2))
        local text = refusal and text_of(refusal) or ""
        check("PRV-03", refusal ~= nil and not text:find("Unmistakable"), ("'%s' tells of the patient: %s"):format(try[2], text))
      end
    end },
}
