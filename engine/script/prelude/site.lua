-- Where a run takes place: clinics with their partner clinics, accounts for staff, bystanders and
-- residents. The demand says what the load needs; the driver makes a fixture of it and reads it back.

local failure = core.prelude("failure")
local jobs = core.prelude("jobs")
local repertoire = core.prelude("repertoire")
local target = core.prelude("target")

local site = {}

local SPARE_SHARE = 0.25 -- more accounts than sessions planned at once: an open model overshoots
local SPARE_LEAST = 2
local SIGN_INS_AT_ONCE = 8

-- ---- demand ----

-- How many sessions a clinic has at once, at most.
local function sessions_of_clinic(sessions, clinics)
  local share = (sessions + clinics - 1) // clinics
  return share + math.max(SPARE_LEAST, math.ceil(share * SPARE_SHARE))
end

local function is_staff(actor)
  return actor.role ~= "patient" and actor.role ~= "anonymous" and actor.role ~= "guest"
end

-- Accounts by role for the session actors at one place ("own", "partner"): enough that all sessions may be of the
-- part that needs most.
local function posts_for_actors(parts, place, sessions)
  local posts = {}
  for _, part in ipairs(parts) do
    local needed = {}
    for _, actor in pairs(part.told.actors) do
      if is_staff(actor) and (actor.at or "own") == place then
        needed[actor.role] = (needed[actor.role] or 0) + sessions * (actor.count or 1)
      end
    end
    for role, count in pairs(needed) do
      posts[role] = math.max(posts[role] or 0, count)
    end
  end
  return posts
end

-- Accounts for people who stand there all the time, by their name in the story.
local function posts_for_standing(group)
  local posts = {}
  for name, row in pairs(repertoire.standing(group)) do
    local actor = row.declared
    if is_staff(actor) then
      posts[name] = { role = actor.role, at = actor.at or "own", count = actor.count or 1 }
    end
  end
  return posts
end

-- Does any of them play in a group room? Then every session of a clinic may need one.
local function needs_rooms(parts)
  for _, part in ipairs(parts) do
    if part.told.room then return true end
  end
  return false
end

-- As many clinics for every shard: then clinic and session go together however many shards there are.
local function clinics_for(sessions, sessions_per_clinic)
  local shards = core.config.shard_count
  local needed = math.max((sessions + sessions_per_clinic - 1) // sessions_per_clinic, 1)
  return shards * ((needed + shards - 1) // shards)
end

-- What one clinic needs for so many sessions at once, of any of these parts.
local function needs(parts, sessions)
  return {
    own = posts_for_actors(parts, "own", sessions),
    partner = posts_for_actors(parts, "partner", sessions),
    residents = posts_for_standing("residents"),
    bystanders = posts_for_standing("bystanders"),
    rooms = needs_rooms(parts) and sessions or 0,
  }
end

-- Each clinic alike: which session comes when is not known.
local function alike(clinics, sessions)
  local each, list = needs(repertoire.parts(), sessions_of_clinic(math.max(sessions, 1), clinics)), {}
  for number = 1, clinics do list[number] = each end
  return list
end

-- A clinic for each part, with whom that part needs and nobody else.
local function one_each(clinics)
  local parts, list = repertoire.parts(), {}
  for number = 1, clinics do
    list[number] = needs({ parts[(number - 1) % #parts + 1] }, 1)
  end
  return list
end

-- What the run needs for so many sessions at once.
function site.demand(declared, sessions, seed, asked)
  local clinics = asked and math.max(asked, core.config.shard_count)
    or clinics_for(sessions, declared.sessions_per_clinic)
  local apart = repertoire.is_in_order()
  return {
    seed = seed,
    word = function(length, ...) return core.word(length, seed, ...) end,
    apart = apart,
    clinics = apart and one_each(clinics) or alike(clinics, sessions),
  }
end

-- ---- the site that runs ----

local clinics  -- all of the run, in order; each { number, name, link, id, partner, elsewhere, posts, rooms }
local mine     -- those of this shard
local places   -- name → clinic, partner clinic or the clinic elsewhere

local function own_clinics()
  local list = {}
  for i = core.config.shard_index + 1, #clinics, core.config.shard_count do
    list[#list + 1] = clinics[i]
  end
  return list
end

local function places_by_name()
  local named = {}
  for _, clinic in ipairs(clinics) do
    named[clinic.name] = clinic
    if clinic.partner then named[clinic.partner.name] = clinic.partner end
    if clinic.elsewhere then named[clinic.elsewhere.name] = clinic.elsewhere end
  end
  return named
end

-- Read the fixture back through the driver. posts: name of the post → list of accounts.
function site.open(fixture)
  clinics = target.driver().site(fixture)
  if type(clinics) ~= "table" or #clinics == 0 then
    failure.again("the driver found no clinic in the fixture")
  end
  mine, places = own_clinics(), places_by_name()
  local shards = core.config.shard_count
  if #clinics < shards then
    failure.again(("%d clinics are too few for %d shards: --set clinics=%d"):format(#clinics, shards, shards))
  end
  -- Otherwise session k would be of another clinic than in one process: not the same plan.
  if core.config.apart and #clinics % shards ~= 0 then
    failure.again(("%d clinics do not share evenly between %d processes: take a fixture of %d"):format(#clinics,
      shards, #clinics - #clinics % shards))
  end
end

function site.mine()
  return mine
end

-- The clinic of session k: always one of the shard that runs k (k mod shards). Where the clinics share evenly it
-- is number k mod clinics, whatever the shards.
function site.clinic_of(index)
  return mine[index // core.config.shard_count % #mine + 1]
end

-- ---- accounts ----

local function all_accounts()
  local list, seen = {}, {}
  local function add(clinic)
    for _, accounts in pairs(clinic and clinic.posts or {}) do
      for _, account in ipairs(accounts) do
        if not seen[account] then
          seen[account], account.place = true, clinic
          list[#list + 1] = account
        end
      end
    end
  end
  for _, clinic in ipairs(mine) do
    add(clinic)
    add(clinic.partner)
  end
  table.sort(list, function(a, b) return a.username < b.username end)
  return list
end

-- A clinic learns its id, and that of its organisation, from the first account that belongs to it.
local function learn_clinics(account)
  for _, membership in ipairs(account.memberships or {}) do
    local place = membership.clinic and places[membership.clinic.name]
    local organisation = membership.organisation and membership.organisation.id
    if place then
      place.id, place.organisation = membership.clinic.id, organisation
    elseif not membership.clinic and account.place then
      account.place.organisation = organisation
    end
  end
end

-- Of a list of clinics { id =, name = } those that this run plays in.
function site.learn_ids(list)
  for _, clinic in ipairs(list) do
    if places[clinic.name] then
      places[clinic.name].id = clinic.id
    end
  end
end

-- Sign in one account (again); m.signin is measured.
function site.sign_in(account)
  local begun = core.now()
  local result = target.driver().sign_in(account)
  core.record("m.signin", core.due() - begun)
  account.token, account.id = result.token, result.user and result.user.id
  account.memberships = result.memberships
  learn_clinics(account)
end

function site.sign_in_all()
  jobs.each(all_accounts(), SIGN_INS_AT_ONCE, site.sign_in)
end

-- An account for a session actor, given back at the end of the session.
function site.take_account(clinic, post)
  local accounts = clinic.posts[post] or {}
  for _, account in ipairs(accounts) do
    if not account.taken then
      account.taken = true
      return account
    end
  end
  failure.again(("%s has no free %s account (all %d are taken): the fixture was made for fewer "
    .. "sessions at once"):format(clinic.name, post, #accounts))
end

-- A group room for a session, given back at its end.
function site.take_room(clinic)
  for _, room in ipairs(clinic.rooms or {}) do
    if not room.taken then
      room.taken = true
      return room
    end
  end
  failure.again(("%s has no free group room (all %d are taken): the fixture was made for fewer sessions at once")
    :format(clinic.name, #(clinic.rooms or {})))
end

function site.give_back(account)
  account.taken = false
end

return site
