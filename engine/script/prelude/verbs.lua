-- What an actor can do: me:verb(…), gathered from the files beside this one. docs/scenario-language.md lists
-- the verbs for people who write stories.

local actors = core.prelude("actors")
local board = core.prelude("board")
local callers = core.prelude("callers")
local calls = core.prelude("calls")
local media = core.prelude("media")
local site = core.prelude("site")
local target = core.prelude("target")
core.prelude("administration")
core.prelude("events")
core.prelude("rooms")
core.prelude("staff")
core.prelude("waits")

local closing = {}

-- Whatever the actor has open is closed; nothing waits.
function closing.close(me)
  board.forget(me)
  media.close(me)
  calls.forget(me)
  callers.forget(me)
  actors.known_as(me, nil)
  if me.connection then
    target.driver().close(me)
    me.connection = nil
  end
  if me.account and me.session then
    site.give_back(me.account)
  end
end

return closing
