-- A group session in a group room: the one who hosts it, the members, and what both do in it. People talk in turns:
-- the host gives the word, one talks, the others listen, look at who talks, and are silent.

local group = {}

local SOON = "10s"

-- ---- the host ----

-- On duty, before anybody comes: watches the waiting room and opens the session.
function group.is_opened_by(me, room)
  me:sign_on()
  local listed = false
  for _, one in ipairs(me:rooms()) do
    listed = listed or (one.link == room.link and one.kind == "group")
  end
  check("GR-05", listed, "the clinic's group room is not listed with its kind")
  me:watch_room(room)
  me:open_room(room)
  me:talks(false)
end

-- Everybody who was expected waits, each seen by the host and knowing of nobody.
function group.waits_for(me, members)
  for _ = 1, #members do
    me:hear("I am here", { within = "20s" })
  end
  for _, member in ipairs(members) do
    me:card_of(member, { state = "waiting", within = "20s", requirement = "GR-06" })
  end
end

function group.lets_all_in(me, room, members)
  local admitted = me:admit_all(room)
  check("GR-02", #admitted == #members,
    ("of %d who wait %d were let in at once"):format(#members, #admitted))
end

-- What is said to everybody in the group.
function group.says(me, people, what, value)
  for _, other in ipairs(people) do
    if other ~= me then me:tell(other, what, value) end
  end
end

-- ---- members ----

-- Come by the room's link and wait.
function group.arrives(me, room, host, details)
  local entry = me:enter { room = room, details = details }
  me:talks(false)
  check("GR-06", entry.state == "waiting",
    ("the group room's link leads to '%s', not to 'waiting'"):format(entry.state))
  me:tell(host, "I am here")
end

-- Let in, having seen and heard nothing of the group before.
function group.is_let_in(me, host, within)
  me:expect("space", { state = "in_call", within = within, requirement = "GR-06",
    because = host.label .. " lets the group in" })
  check("SES-04", me:forbidden_packets() == 0, "media of the group reached somebody who was not let in yet")
end

-- ---- both ----

-- One turn: `speaker` talks for so long; everybody else has them before them, and no more than is declared.
function group.takes_a_turn(me, speaker, length)
  if me == speaker then
    me:talks(true)
    sleep(length)
    me:talks(false)
    return
  end
  me:attends(speaker, { within = "5s", requirement = "GR-01" })
  me:gets_the_declared("GR-01")
end

-- Put back to the waiting room for a word in private, and let in again.
function group.is_put_back(me, host)
  me:expect("space", { state = "on_hold", within = SOON, requirement = "SES-06" })
  me:expect("space", { state = "in_call", within = "20s", requirement = "SES-06" })
  me:talks(false)
end

-- Lost for a while; the room's link leads back without being let in again.
function group.leaves_and_returns(me, away)
  me:hang_up()
  sleep(away)
  local entry = me:come_back()
  check("SES-15", entry.state == "in_call",
    ("coming back while the group goes on leads to '%s'"):format(entry.state))
end

function group.sees_the_end(me, within)
  me:expect("space", { state = "ended", within = within, requirement = "GR-06" })
  me:cannot { "look", me.space, requirement = "WA-05", because = "the group session has ended" }
  me:cannot { "come_back", requirement = "WA-05", as = "gone", because = "the group session has ended" }
end

-- What a member may never do, tried in passing.
function group.tries_the_hosts_work(me, room)
  me:cannot { "open_room", room, requirement = "GR-03", because = "a guest is no host" }
  me:cannot { "admit_all", room, requirement = "GR-03", because = "a guest lets nobody in" }
  me:cannot { "end_room", room, requirement = "GR-03", because = "a guest ends nothing" }
end

return group
