-- The media of an actor: opening it, what it tells, what the platform says about it.

local acts = core.prelude("acts")
local actors = core.prelude("actors")
local calls = core.prelude("calls")
local failure = core.prelude("failure")
local foreign = core.prelude("foreign")
local groups = core.prelude("groups")
local modules = core.prelude("modules")
local permission = core.prelude("permission")
local target = core.prelude("target")
local values = core.prelude("values")

local verbs = actors.verbs()
local media = {}

-- ---- first packets ----

local MEASURED = { -- event → metric per participant, kind of m.join_media
  first_rtp = { metric = "connect.first_rtp" },
  first_audio = { metric = "connect.first_audio", kind = "audio" },
  first_frame = { metric = "connect.first_frame", kind = "video" },
  first_decoded = {},
}

local function note_session(actor, name, value)
  local session = actor.session
  if session then
    session:note_measure(name, value)
  end
end

-- Measures that count from the join's acceptance wait for it when media was faster than the answer.
local function record_first(actor, event, at)
  local row = MEASURED[event]
  if not row.metric or not actor.joined_at or actor._first[event] then
    return
  end
  actor._first[event] = true
  actors.record(actor, row.metric, math.max(0, at - actor.joined_at), "role=" .. actor.role)
end

-- The join was accepted: what media told before that counts from it.
function media.catch_up(actor)
  local early = actor._early
  actor._early = nil
  for _, one in ipairs(early or {}) do
    record_first(actor, one.event, one.at)
  end
end

local function first(actor, event, number, at)
  local pair = actor.pairs[number]
  if not pair or not pair.permitted then
    return
  end
  local row, value = MEASURED[event], math.max(0, at - pair.due)
  if pair.chosen and row.kind and not pair.chosen[row.kind] then
    return -- the choice that brings it is on its way, and it is told again then
  end
  if row.kind and not pair[row.kind] then
    pair[row.kind] = at
    if pair.later and pair.later[row.kind] then
      actors.record(actor, "tile.media", math.max(0, at - pair.later[row.kind]), "kind=" .. row.kind, "role=" .. actor.role)
    else
      actors.record(actor, pair.measure, value, "kind=" .. row.kind, "role=" .. actor.role)
      note_session(actor, pair.measure:sub(3), value)
    end
  elseif event == "first_decoded" then
    actors.record(actor, "m.join_decoded", value, "role=" .. actor.role)
  end
  if actor.joined_at then
    record_first(actor, event, at)
  else
    actor._early = actor._early or {}
    table.insert(actor._early, { event = event, at = at })
  end
  actors.receive(actor, { type = "media", from = pair.sender, at = at })
end

-- The key frame that was asked for has come.
local function refreshed(actor, number, at)
  local pair = actor.pairs[number]
  if pair and pair.permitted then
    pair.refreshed = at
    actors.receive(actor, { type = "media", from = pair.sender, at = at })
  end
end

-- ---- forbidden packets ----

-- Who has not been joined by staff at that time waits.
local function waited(actor, at)
  local in_call = actor.call and actor.call.members and actor.call.members[actor]
  return actor.is_caller and (not in_call or (actor.joined_at ~= nil and at < actor.joined_at))
end

local ENDED = { -- what ended the permission → requirement, how to say it
  hold = { "WA-13", "media after the hold" },
  leave = { "WA-11", "media of somebody who has left" },
  ["end"] = { "WA-05", "media after the end" },
  transfer = { "TR-08", "media across a transfer" },
  refused = { "WA-11", "media after a join that was refused" },
}

-- Which requirement a packet of `sender` (nil: unknown) breaks, and how to say it.
local function violated(receiver, sender, number, at)
  local pair = receiver.pairs[number]
  if not sender then
    return "WA-24", "media of somebody unknown"
  elseif pair and ENDED[pair.ended_by] then
    return table.unpack(ENDED[pair.ended_by])
  elseif receiver.is_caller and sender.is_caller then
    return "WA-24", "media of another caller"
  elseif waited(receiver, at) and (sender.session or {}).index ~= (receiver.session or {}).index then
    return "WA-24", "media of another session while waiting"
  elseif waited(receiver, at) then
    return "WA-13", "media of staff while waiting"
  elseif waited(sender, at) then
    return "WA-13", "media of a caller who waits"
  end
  return "WA-11", "media of somebody who is in another call"
end

local function forbidden(actor, number, text, at)
  local sender = permission.sender(number)
  local requirement, what = violated(actor, sender, number, at)
  actor._violations = actor._violations + 1
  actors.check(actor, requirement, false, ("received %s (%s%s%s)"):format(what,
    sender and sender.label or "sender " .. number,
    sender and sender.session and " of session " .. sender.session.index or "",
    text ~= "" and ": " .. text or ""))
end

-- ---- events ----

-- Called by C: something happened to the media of `actor`.
function media.event(actor, event, number, text, at)
  if MEASURED[event] then
    first(actor, event, number, at)
  elseif event == "forbidden" then
    forbidden(actor, number, text, at)
  elseif event == "refreshed" then
    refreshed(actor, number, at)
  elseif event == "connected" then
    actor._media_connected = true
    actors.trace(actor, "media connected", at)
    actors.receive(actor, { type = "media_connected", at = at })
  elseif event == "lost" or event == "failed" then
    local network = actors.was_impaired(actor) and (" (emulated network: %s)"):format(actors.network(actor)) or ""
    local problem = ("media %s: %s%s"):format(event == "lost" and "was lost" or "never connected", text, network)
    actors.trace(actor, problem, at)
    if actor._on_media_problem then
      actor._on_media_problem(problem)
    end
  end
end

-- ---- what the platform says ----

-- Whose pictures the platform says it withholds, of those who feed slots.
local function set_withheld(actor, withheld, at)
  local before = actor._withheld or {}
  actor._withheld = withheld
  for source in pairs(before) do
    if not withheld[source] and source.media then
      actors.trace(actor, "is shown the picture again of " .. source.label, at)
      actor.media:withhold(source.media, false, at)
    end
  end
  for source in pairs(withheld) do
    if not before[source] then
      actors.trace(actor, "is not shown the picture, for lack of bandwidth, of " .. source.label, at)
      actor.media:withhold(source.media, true, at)
    end
  end
end

-- The platform said who feeds which slot: in a call that is too large for everybody to receive everybody, that is
-- all that is expected; there a picture that is withheld is one that is not chosen.
local function set_slots(actor, event)
  local withheld, chosen = {}, { audio = {}, video = {}, withheld = 0 }
  local by_choice = groups.of(actor) ~= nil
  for _, slot in ipairs(event.slots) do
    local source = slot.participant and actors.find(slot.participant)
    local kind = actor.media:slot(slot.mid, source and source.media)
    if slot.paused == true and by_choice then
      chosen.withheld = chosen.withheld + 1
    elseif kind and source then
      chosen[kind][source] = true
      if slot.paused == true and source.media then withheld[source] = true end
    end
  end
  actor._chosen = chosen
  permission.follow_choice(actor, event.at)
  set_withheld(actor, withheld, event.at)
end

-- Send or not, and who is in which slot, as the platform said last (maybe before there was media).
function media.follow_platform(me)
  if not me.media then
    return
  end
  if me._media_send and not me._uninvited then
    me.media:send(me._media_send.audio, me._media_send.video)
  end
  if me._media_slots then
    set_slots(me, me._media_slots)
  end
  if me._participants then
    foreign.follow(me, me._participants)
  end
end

-- ---- opening and closing ----

-- Keys by which a description is one of encrypted media (WA-25).
local function is_encrypted(sdp)
  return sdp:find("UDP/TLS/RTP/SAVPF", 1, true) and sdp:find("a=fingerprint:", 1, true)
    and not sdp:find("a=crypto:", 1, true)
end

local function create(me)
  local session = me.session
  local handle, why = core.media_open(me, {
    role = me.is_bystander and "bystander" or me.role,
    name = (session and "" or "clinic-") .. me.label,
    session = session and session.index,
    impairable = modules.calls("network"),
    capture = session ~= nil and session.index == core.config.capture_session,
    tag = actors.tag_of(me),
    decode = not me.is_bystander and session ~= nil
      and core.unit("probe", session.index, me.label) < core.config.probe_share,
  })
  if not handle then
    failure.raise(me, "media cannot be opened: " .. why)
  end
  me.media = handle
  me._first, me._withheld = {}, nil
  if me._network then
    handle:network(me._network.text)
  end
  if me._listens then handle:talk(false) end
end

-- → true, or nil and why not.
local function take_answer(me, answer)
  if type(answer) ~= "string" then
    return nil, "there is no answer"
  end
  actors.check(me, "WA-25", is_encrypted(answer), "the answer does not promise encrypted media")
  return me.media:set_answer(answer)
end

local function make_offer(me)
  local slots = target.driver().media or { video_slots = 6, audio_slots = 5 }
  return me.media:offer(slots.video_slots, slots.audio_slots)
end

-- Offer, and take the platform's answer → true, or nil and why not.
local function negotiate(me)
  local offer, why = make_offer(me)
  if not offer then
    return nil, why
  end
  return take_answer(me, acts.act(me, "offer", { sdp = offer }))
end

local function disagree(me, why)
  failure.raise(me, "the media descriptions do not agree: " .. why)
end

-- Have media ready. `due` is when what it is for was due; `returns`: a caller comes back, maybe into a call. A driver
-- without the operation `offer` negotiates when its platform does, by the words below.
function media.open(me, due, returns)
  if core.config.media == "none" or me.media then
    return
  end
  create(me)
  permission.open_sender(me)
  calls.opening(me, due, returns)
  if not target.driver().operations.offer then
    return
  end
  local agreed, why = negotiate(me)
  media.follow_platform(me)
  if not agreed then
    disagree(me, why)
  end
end

-- ---- words of drivers whose platform offers itself, or negotiates with each call ----

-- → what `step` gives, after its actor's media follows what the platform said so far; nil without media.
local function negotiated(actor, step, ...)
  if not actor.media then
    return nil
  end
  local result, why = step(actor, ...)
  media.follow_platform(actor)
  return result or disagree(actor, why)
end

modules.offer("driver", "media_offer", function(actor) return negotiated(actor, make_offer) end)
modules.offer("driver", "media_take_answer", function(actor, sdp) return negotiated(actor, take_answer, sdp) end)
modules.offer("driver", "media_answer", function(actor, sdp)
  return negotiated(actor, function(me)
    actors.check(me, "WA-25", is_encrypted(sdp), "the offer does not promise encrypted media")
    return me.media:answer(sdp)
  end)
end)

function media.close(me)
  if me.media then
    permission.close_sender(me, function()
      for _, one in ipairs(me.media:judge()) do
        forbidden(me, one.sender, one.text, one.at)
      end
    end)
    me.media:close()
    me.media, me._media_connected = nil, nil
  end
end

-- ---- the emulated network ----

-- How media comes late or not at all under an emulated network says nothing about the platform: what a requirement
-- promises of it is not judged then. What must not come is judged as ever.
local function is_judged(me, other)
  return actors.network(me) == "none" and actors.network(other) == "none"
end

-- me:network("weak-mobile"): from now on, for all media of this actor, both ways; "none" ends it. Texts as of --net.
function verbs.network(me, text)
  if type(text) ~= "string" then
    error("network: write me:network(\"weak-mobile\")", 2)
  end
  local name, why = core.network_profile(text)
  if not name then
    error(why, 2)
  end
  me._was_impaired = actors.was_impaired(me)
  me._network = { name = name, text = text }
  actors.trace(me, "network " .. text)
  if me.media then
    me.media:network(text)
  end
end

-- ---- verbs ----

-- Has `me` heard and seen `other` since the two were joined, as far as this run has media?
local function has_media_from(me, other)
  local pair = me.media and other.media and me.pairs[other.media:sender()]
  if not pair then
    return false
  end
  local mode = core.config.media
  return (mode ~= "full" or pair.video ~= nil) and pair.audio ~= nil
end

-- A picture follows its sound: a slot that gets somebody's media asks for a key frame instead of waiting for the
-- sender's next one.
local PICTURE_AFTER_SOUND_US = 2000000

local function check_promptness(me, other, requirement)
  local pair = me.pairs[other.media:sender()]
  if not pair.video or not pair.audio or pair.was_prompt then
    return
  end
  pair.was_prompt = true -- one observation per join
  local after = pair.video - pair.audio
  actors.check_in_time(me, requirement, after <= PICTURE_AFTER_SOUND_US, PICTURE_AFTER_SOUND_US,
    ("the picture of %s came %.1f s after the sound"):format(other.label, after / 1000000))
end

-- me:is_connected{ within = "5s" }: the actor's own path for media is open and secured (ICE and DTLS), whoever is at
-- the other end of it; at once in a run without media.
function verbs.is_connected(me, filter)
  local limit = actors.limit_us(filter or {})
  me.step = "have media connected"
  if core.config.media == "none" or me._media_connected then
    return
  end
  if not actors.wait_for(me, "media_connected", {}, limit) then
    failure.raise(me, ("media did not connect within %s"):format(values.text_of_us(limit)))
  end
end

-- me:sees(other, { within = "5s" }): both picture and sound of `other` have arrived since the join.
function verbs.sees(me, other, filter)
  filter = filter or {}
  local limit = actors.limit_us(filter)
  me.step = "see and hear " .. other.label
  if core.config.media == "none" then
    return
  end
  local from = core.due()
  local seen = has_media_from(me, other)
  while not seen and core.due() - from < limit do
    actors.wait_for(me, "media", {}, limit - (core.due() - from))
    seen = has_media_from(me, other)
  end
  local text = ("saw and heard nothing of %s within %s"):format(other.label, values.text_of_us(limit))
  if filter.requirement and is_judged(me, other) then
    actors.check_in_time(me, filter.requirement, seen, limit, text)
    if seen then
      check_promptness(me, other, filter.requirement)
    end
  end
  if not seen then
    failure.raise(me, is_judged(me, other) and text
      or ("%s (emulated networks: %s and %s)"):format(text, actors.network(me), actors.network(other)))
  end
end

-- me:refreshes(other, { within = "2s", requirement = "SES-27" }): the picture of `other`, which is there already,
-- is asked for anew (a key frame), as a receiver does whose decoder has lost it.
function verbs.refreshes(me, other, filter)
  if type(filter) ~= "table" or not filter.requirement then
    error("refreshes: write me:refreshes(other, { within = \"2s\", requirement = \"SES-27\" })", 2)
  end
  local limit, asked = actors.limit_us(filter), core.now()
  local number = has_media_from(me, other) and core.config.media == "full" and other.media:sender()
  local pair = number and me.pairs[number]
  me.step = "refresh the picture of " .. other.label
  if not pair or not pair.permitted then
    return
  end
  pair.refreshed = nil
  local asking = me.media:ask_key_frame(number, asked)
  while asking and pair.permitted and not pair.refreshed and core.now() - asked < limit do
    actors.wait_for(me, "media", {}, limit - (core.now() - asked))
  end
  if not asking or not pair.permitted then
    return -- who has left or changed the slot meanwhile owes nothing
  end
  if pair.refreshed then
    actors.record(me, "picture.refresh", pair.refreshed - asked, "role=" .. me.role)
  end
  if not is_judged(me, other) then
    return
  end
  actors.check_in_time(me, filter.requirement, pair.refreshed ~= nil, limit,
    ("a key frame of %s was asked for and did not come within %s"):format(other.label, values.text_of_us(limit)))
end

-- Seconds of the longest pause between two frames of `other`, so far.
function verbs.longest_gap(me, other)
  local received = me.media and other.media and me.media:received(other.media:sender())
  return received and received.longest_gap_us / 1000000 or 0
end

-- Packets that must not have come, so far.
function verbs.forbidden_packets(me)
  return me.media and me.media:forbidden() or 0
end

-- Send media without being asked to, and go on: the platform has to drop it.
function verbs.send_uninvited(me)
  me._uninvited = true
  if me.media then
    me.media:send(true, core.config.media == "full")
  end
end

return media
