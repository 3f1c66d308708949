-- People of a story whom somebody else plays: a browser, a person. They have a name and a role, and no
-- play. Their media carries no stamps: it is expected of them while the platform says that they are in
-- the call, and of nobody else.

local actors = core.prelude("actors")

local verbs = actors.verbs()
local foreign = {}

local function is_this(one, person)
  return one.name == person.name and (one.kind == "caller") == person.is_caller
end

-- The platform said who is in the call of `me`.
function foreign.follow(me, event)
  if not me.session or not me.media then
    return
  end
  local expected = false
  for _, person in ipairs(me.session.people) do
    for _, one in ipairs(person._foreign and event.participants or {}) do
      if is_this(one, person) then
        actors.known_as(person, one.participant)
        expected = true
      end
    end
  end
  me.media:expect_foreign(expected, event.at)
end

-- me:counts() → packets and frames sent so far, and those that came of foreign people: audio_packets_sent,
-- video_packets_sent, frames_sent, foreign_audio_packets, foreign_video_packets, foreign_frames.
function verbs.counts(me)
  if not me.media then
    return {}
  end
  return me.media:counts()
end

return foreign
