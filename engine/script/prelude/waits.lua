-- Verbs that wait: for the platform's events, and for other people.

local actors = core.prelude("actors")
local failure = core.prelude("failure")
local values = core.prelude("values")

local verbs = actors.verbs()

-- me:expect("space", { state = "in_call", within = "5s" }) → the event. With requirement = "WA-12" it is
-- a check too.
function verbs.expect(me, kind, filter)
  filter = filter or {}
  if type(kind) ~= "string" or type(filter) ~= "table" then
    error("expect: write me:expect(\"space\", { state = \"in_call\", within = \"5s\" })", 2)
  end
  local limit = actors.limit_us(filter)
  local wanted = actors.expectation(kind, filter)
  me.step = "expect " .. wanted
  local event = actors.wait_for(me, kind, filter, limit)
  local text = ("expected %s within %s, and it did not come%s"):format(wanted,
    values.text_of_us(limit), filter.because and " (" .. filter.because .. ")" or "")
  if filter.requirement then
    actors.check_in_time(me, filter.requirement, event ~= nil, limit, text)
  end
  if not event then
    failure.raise(me, text)
  end
  return event
end

-- me:tell(other, "checked in", value): a word outside the platform, as on the telephone.
function verbs.tell(me, other, word, value)
  actors.receive(other, { type = "word", word = word, value = value, teller = me, at = core.now() })
end

-- me:hear("checked in", { within = "10s" }) → the value told with it.
function verbs.hear(me, word, filter)
  filter = filter or {}
  local limit = actors.limit_us(filter)
  me.step = ("hear '%s'"):format(word)
  local event = actors.wait_for(me, "word", { word = word }, limit)
  if not event then
    failure.raise(me, ("nobody said '%s' within %s"):format(word, values.text_of_us(limit)))
  end
  return event.value
end

-- me:meet("both press join", { count = 2, within = "5s" }): go on together, in the same instant.
function verbs.meet(me, name, filter)
  local meetings = me.session.meetings
  local meeting = meetings[name] or { come = {} }
  meetings[name] = meeting
  table.insert(meeting.come, me)
  if #meeting.come == (filter.count or 2) then
    meetings[name] = nil
    local now = core.now()
    for _, one in ipairs(meeting.come) do
      if one ~= me then
        actors.receive(one, { type = "meeting", name = name, at = now })
      end
    end
    core.set_due(now)
    return
  end
  local limit = actors.limit_us(filter)
  me.step = ("meet '%s'"):format(name)
  if not actors.wait_for(me, "meeting", { name = name }, limit) then
    failure.raise(me, ("'%s': the others did not come within %s"):format(name,
      values.text_of_us(limit)))
  end
end

return {}
