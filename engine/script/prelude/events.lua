-- Events of the platform as they reach an actor: looked at for what must not come, then handed on.

local actors = core.prelude("actors")
local board = core.prelude("board")
local foreign = core.prelude("foreign")
local groups = core.prelude("groups")
local media = core.prelude("media")
local staff = core.prelude("staff")
local target = core.prelude("target")

local verbs = actors.verbs()

-- ---- bystanders ----

-- me:hears_nothing{ requirement = "WA-08", because = "…", allow = function(event) … end }: from now on
-- every event but the allowed ones is a violation, until the run ends.
function verbs.hears_nothing(me, rule)
  me._silence = rule
  rule.heard = 0
end

local function is_allowed(me, rule, event)
  return rule.allow ~= nil and rule.allow(event, me)
end

local function judge_silence(me, event)
  local rule = me._silence
  if not rule or event.type == "word" or is_allowed(me, rule, event) then
    return
  end
  rule.heard = rule.heard + 1
  local about = event.cause and ", cause " .. event.cause or ""
  actors.breach(me, rule.requirement, ("heard '%s'%s and must hear nothing (%s)"):format(
    event.type, about, rule.because or "it is no business of theirs"))
end

-- ---- callers ----

-- Nobody who called may ever learn of another caller.
local function judge_privacy(me, event)
  if not me.is_caller or me._silence then
    return
  end
  if event.type == "card" or event.type == "card_gone" or event.type == "card_message" then
    actors.breach(me, "WA-08", ("a caller was told of a card ('%s')"):format(event.type))
  elseif event.space and me.space and event.space ~= me.space then
    actors.breach(me, "WA-08", ("a caller was told of another space ('%s')"):format(event.type))
  end
  -- Who does not know their own name yet (the answer to the entry is late) may be the one stranger there.
  local strangers = me.participant and 0 or -1
  for _, one in ipairs(event.participants or {}) do
    if one.kind == "caller" and one.participant ~= me.participant and not groups.knows(me, one.participant) then
      strangers = strangers + 1
    end
  end
  if strangers > 0 then
    actors.breach(me, "WA-11", "another caller, with whom staff did not bring them together, is in the caller's own room")
  end
end

-- ---- what is handed on ----

local function is_ours(me, event)
  if not me.session then
    return false
  end
  for _, one in ipairs(me.session.people) do
    if one.is_caller then
      local card = event.card
      if event.card_id and event.card_id == one._card_id then return true end
      if card and (card.id == one._card_id or staff.is_card_of(card, one)) then return true end
    end
  end
  return false
end

local function remember_card(me, card)
  local caller = staff.caller_of(me, card)
  if caller and caller.session == me.session then
    caller._card_id = card.id
  end
end

local function arrived(me, event)
  actors.trace(me, ("· %s %s"):format(event.type, event.cause or event.state or event.reason or ""),
    event.at)
  judge_privacy(me, event)
  judge_silence(me, event)
end

local function on_card(me, event)
  arrived(me, event)
  if me.is_caller then
    return
  end
  remember_card(me, event.card)
  board.event(me, event)
  if is_ours(me, event) then
    actors.receive(me, event)
  end
end

local function on_card_gone(me, event)
  arrived(me, event)
  if me.is_caller then
    return
  end
  local ours = is_ours(me, event)
  board.event(me, event)
  if ours then
    actors.receive(me, event)
  end
end

-- The platform shows this dashboard no more.
local function on_board_ended(me, event)
  arrived(me, event)
  board.unsubscribed(me, event.clinic)
  actors.receive(me, event)
end

local function note_message(me, event)
  local messages = me.session and me.session.messages
  local due = messages and messages[event.text]
  if due then
    messages[event.text] = nil
    actors.record(me, "m.msg", math.max(0, event.at - due))
  end
end

local function on_message(me, event)
  arrived(me, event)
  note_message(me, event)
  if me.session then
    actors.receive(me, event)
  end
end

local function on_space(me, event)
  arrived(me, event)
  me.state = event.state
  local awaited = me._awaited
  if awaited and awaited.state == event.state then
    me._awaited = nil
    if awaited.metric then
      actors.record(me, awaited.metric, math.max(0, event.at - awaited.due), "at=caller")
    end
  end
  actors.receive(me, event)
end

local function on_participants(me, event)
  arrived(me, event)
  me._participants = event
  foreign.follow(me, event)
  actors.receive(me, event)
end

local function on_media_send(me, event)
  if event.audio or event.video then
    arrived(me, event)
  end
  me._media_send = event
  media.follow_platform(me)
end

local function on_media_slots(me, event)
  me._media_slots = event
  media.follow_platform(me)
  if groups.of(me) then
    actors.receive(me, { type = "media", at = event.at })
  end
end

local function on_closed(me, event)
  local text = ("the platform closed the connection (%d%s)"):format(event.code,
    event.reason ~= "" and " " .. event.reason or "")
  actors.trace(me, text, event.at)
  board.forget(me)
  me.connection = nil
  if me._silence then
    core.check(me._silence.requirement, "BLOCKED", nil, me.label .. ": " .. text)
  end
  actors.receive(me, event)
  if #me._waiters > 0 then
    actors.hang_up_waiters(me, text)
  end
end

target.on("card", on_card)
target.on("card_gone", on_card_gone)
target.on("board_ended", on_board_ended)
target.on("card_message", on_message)
target.on("space", on_space)
target.on("participants", on_participants)
target.on("chat", on_message)
target.on("media_send", on_media_send)
target.on("media_slots", on_media_slots)
target.on("closed", on_closed)

return {}
