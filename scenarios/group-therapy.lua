-- W2 of the requirement catalogue, in a group room: a facilitator lets a group in, they talk in turns, one is put back
-- for a while, one leaves and comes back, one is late. Above six people everybody sees the latest speakers and hears
-- the loudest.

local bystander = require "roles.bystander"
local group = require "roles.group"

local ROOM_FOR = 20 -- people in a group room
local LONG = "60s" -- until somebody else has done their part

-- The facilitator, the late one and the members.
local function members_at_first() return math.max(settings.members - 2, 1) end

local function rounds() return math.floor(settings.rounds) end

-- Everybody in the session's room.
local function everybody(session)
  local list = { session.host }
  for _, member in ipairs(session.member) do list[#list + 1] = member end
  list[#list + 1] = session.late
  return list
end

-- The host tells who talks; each does their part until "end".
local function follows(me, session)
  while true do
    local turn = me:hear("turn", { within = LONG })
    if turn == "end" then
      return
    elseif turn == "leave" then
      group.leaves_and_returns(me, "1s")
    elseif turn == "put back" then
      group.is_put_back(me, session.host)
    else
      group.takes_a_turn(me, turn, settings.turn)
    end
  end
end

-- ---- what the host does ----

local function gives_turns(me, people, from, upto)
  local session = me.session
  for i = from, upto do
    local speaker = session.member[session.plan.order[i]]
    group.says(me, people, "turn", speaker)
    group.takes_a_turn(me, speaker, settings.turn)
    sleep(settings.turn)
  end
end

-- One is put back to the waiting room for a while; the group goes on.
local function puts_one_back(me, upset)
  me:tell(upset, "turn", "put back")
  me:hold(upset)
  local card = me:card_of(upset, { state = "on_hold", within = "10s", requirement = "SES-06" })
  sleep("1s")
  me:admit(card)
end

local function waits_for_return(me, leaver)
  me:tell(leaver, "turn", "leave")
  me:expect("card", { of = leaver, cause = "left", within = "10s", requirement = "SES-15" })
  me:expect("card", { of = leaver, cause = "returned", within = "20s", requirement = "SES-15" })
end

local function finds_waiting(me, person)
  me:tell(person, "come now")
  me:hear("I am here", { within = "20s" })
  return me:card_of(person, { state = "waiting", within = "10s", requirement = "GR-06" })
end

local function lets_late_one_in(me, late)
  local card = finds_waiting(me, late)
  sleep("500ms")
  me:admit(card)
  me:hear("late is in", { within = LONG })
end

-- Where the room is full, one more is refused and sent away.
local function refuses_one_more(me, surplus)
  if settings.members < ROOM_FOR then return end
  local card = finds_waiting(me, surplus)
  me:cannot { "admit", card, requirement = "GR-01", as = "capacity", because = "it would be the 21st" }
  me:remove(card, "other")
end

local function begins(me, session)
  group.is_opened_by(me, session.room)
  group.says(me, everybody(session), "open")
  group.waits_for(me, session.member)
  me:cannot { "admit", session.bystanders.other_patient, requirement = "GR-06",
    because = "somebody with only the clinic's link was not invited" }
  group.lets_all_in(me, session.room, session.member)
  me:meet("all are in", { count = #session.member + 1, within = LONG })
end

local function hosts(me, session)
  local plan, people = session.plan, { me, table.unpack(session.member) }
  begins(me, session)
  gives_turns(me, people, 1, rounds())
  puts_one_back(me, session.member[plan.upset])
  waits_for_return(me, session.member[plan.leaver])
  lets_late_one_in(me, session.late)
  people[#people + 1] = session.late
  refuses_one_more(me, session.surplus)
  gives_turns(me, people, rounds() + 1, 2 * rounds())
  group.says(me, people, "turn", me)
  group.takes_a_turn(me, me, settings.turn)
  group.says(me, people, "turn", "end")
  me:end_room(session.room)
end

return story {
  name = "group-therapy",
  title = "A facilitator lets a group in; they talk in turns, one leaves and returns",
  profiles = { "core", "clinic", "rooms", "privacy", "meeting" },
  room = true,

  settings = {
    members = { 8, "people in the room at the end, the facilitator included: 3 to 20 (one of them comes late)" },
    arrive = { "1s", "mean time from the opening of the room to a member's arrival" },
    turn = { "2s", "how long each speaker talks" },
    rounds = { 4, "speakers before and after the interruptions" },
  },

  load = {
    sessions = 1, duration = "30s",
    planned = function() return settings.arrive * 2 + (2 * rounds() + 1) * settings.turn * 1.3 + 10 end,
    grace = "60s",
  },

  plan = function()
    local order = {}
    for i = 1, 2 * rounds() do
      order[i] = 1 + math.floor(draw("speaker " .. i) * members_at_first())
    end
    return {
      order = order,
      leaver = 1 + math.floor(draw("leaver") * members_at_first()),
      upset = 1 + math.floor(draw("upset") * members_at_first()),
    }
  end,

  actors = {
    host = { role = "team_member", play = hosts },

    member = { role = "patient", count = members_at_first, play = function(me, session)
      me:hear("open", { within = LONG })
      pause("arrive", settings.arrive)
      group.arrives(me, session.room, session.host, { reason = "Group" })
      group.is_let_in(me, session.host, LONG)
      if me.number == 1 then group.tries_the_hosts_work(me, session.room) end
      me:meet("all are in", { count = #session.member + 1, within = LONG })
      follows(me, session)
      group.sees_the_end(me, "10s")
    end },

    -- Comes when the group has begun; the group learns of it when the host lets them in.
    late = { role = "patient", play = function(me, session)
      me:hear("come now", { within = "120s" })
      group.arrives(me, session.room, session.host, { reason = "Group, late" })
      group.is_let_in(me, session.host, LONG)
      me:tell(session.host, "late is in")
      follows(me, session)
      group.sees_the_end(me, "10s")
    end },

    -- One too many, where the room is full.
    surplus = { role = "patient", optional = true, play = function(me, session)
      if settings.members < ROOM_FOR then return end
      me:hear("come now", { within = "120s" })
      me:enter { room = session.room, details = { reason = "Group, too late" }, media = false }
      me:tell(session.host, "I am here")
      me:expect("space", { state = "ended", within = LONG, requirement = "GR-01" })
    end },

    stranger = { role = "anonymous", optional = true, play = function(me)
      me:cannot { "enter", { link = "no-such-room-here", name = "Nobody", media = false },
        requirement = "GR-06", as = "hidden", because = "no room has this link" }
    end },
  },

  bystanders = bystander.set,
}
