-- The patient: opens a clinic's link, waits alone, talks with who joins, and leaves. Has no account.

local patient = {}

-- Enter by the clinic's link and be told "waiting".
function patient.arrives(me, details)
  local entry = me:enter { details = details }
  check("WA-01", entry.state == "waiting",
    ("the clinic's link leads to '%s', not to 'waiting'"):format(entry.state))
  check("WA-03", me.account == nil and me.token ~= nil,
    "a patient without an account cannot enter the waiting area")
end

-- While nobody has joined: still waiting, and no media of anybody.
function patient.has_waited_alone(me)
  check("WA-13", me:forbidden_packets() == 0, "media reached a patient whom nobody has joined")
end

-- A member of staff joins; both see and hear each other, in the patient's own space.
function patient.is_joined_by(me, staff, within)
  local space = me.space
  me:expect("space", { state = "in_call", within = within, requirement = "WA-12",
    because = staff.label .. " joins from the dashboard" })
  patient.has_waited_alone(me)
  me:sees(staff, { within = "10s", requirement = "WA-12" })
  check("WA-14", me.space == space, "the consultation is not in the patient's own space")
end

-- The patient's room holds the patient and the staff who joined, nobody else.
function patient.looks_around(me, staff_count)
  local room = me:look()
  local callers, staff = 0, 0
  for _, one in ipairs(room.participants or {}) do
    if one.kind == "caller" then callers = callers + 1 else staff = staff + 1 end
  end
  check("WA-11", callers == 1 and staff == staff_count,
    ("the patient's room shows %d callers and %d staff, not 1 and %d"):format(callers, staff, staff_count))
end

-- Put back to waiting: told so, and no media until somebody joins again.
function patient.is_put_back(me, within)
  me:expect("space", { state = "on_hold", within = within, requirement = "WA-18",
    because = "staff put the patient back to waiting" })
end

-- Answer the next message of `staff`.
function patient.answers(me, staff, text, within)
  me:expect("chat", { from = staff, within = within })
  me:chat(("%s (patient %d)"):format(text, me.session.index))
end

-- Write while waiting and get an answer from the desk.
function patient.asks(me, desk, text, within)
  me:chat(("%s (patient %d)"):format(text, me.session.index))
  me:expect("chat", { from = desk, within = within })
end

-- The network is lost for a while; the same link and token lead back into the call.
function patient.drops_and_returns(me, staff, away)
  me:drop()
  sleep(away)
  patient.returns(me, staff)
end

-- Leave by mistake; as long as staff are there the way back is open.
function patient.leaves_and_returns(me, staff, away)
  me:hang_up()
  sleep(away)
  patient.returns(me, staff)
end

function patient.returns(me, staff)
  local space = me.space
  local entry = me:come_back()
  check("SES-15", entry.state == "in_call" and entry.space == space,
    ("coming back while staff are in the call leads to '%s'"):format(entry.state))
  me:sees(staff, { within = "10s", requirement = "SES-15" })
end

-- The consultation is over: told so, the space answers "gone", and there is no way back.
function patient.sees_the_end(me, within)
  me:expect("space", { state = "ended", within = within, requirement = "WA-05" })
  me:cannot { "look", me.space, requirement = "WA-05", because = "the space of an ended consultation is gone" }
  me:cannot { "come_back", requirement = "WA-05", as = "gone", because = "the consultation has ended" }
end

-- What a patient may never do, tried in passing.
function patient.tries_staff_work(me)
  me:cannot { "subscribe", requirement = "WA-03", because = "a patient has no dashboard" }
  me:cannot { "join", me, requirement = "WA-12", because = "a patient cannot join itself to a provider" }
end

return patient
