-- Verbs of administration: organisations, clinics and their settings, who belongs to them. They need an account and no
-- live connection.

local acts = core.prelude("acts")
local actors = core.prelude("actors")
local failure = core.prelude("failure")
local site = core.prelude("site")

local verbs = actors.verbs()

local function account_of(me)
  if not me.account then
    me.account = site.take_account(me.clinic, me._post or me.role)
    me.name = me.account.name
  end
  return me.account
end

local function act(me, name, arguments)
  account_of(me)
  return acts.act(me, name, arguments)
end

-- Where something is administered: a clinic, or (at = nil) the organisation that the actor's own clinic is in.
local function scope(me, at)
  if not at then
    return { organisation = me.clinic.organisation }
  elseif not at.id then
    failure.raise(me, ("the id of %s is not known: nobody of this session has a role there"):format(at.name))
  end
  return { clinic = at.id }
end

-- me:organisations() → list of { id =, name = }: those that I know of.
function verbs.organisations(me)
  return act(me, "organisations", {})
end

-- me:clinics([organisation id]) → list of { id =, name =, label = }: of my organisation, those that I may see.
function verbs.clinics(me, organisation)
  local list = act(me, "clinics", { organisation = organisation or me.clinic.organisation })
  site.learn_ids(list)
  return list
end

-- me:add_clinic{ name =, label =, organisation = } → the clinic, with its link.
function verbs.add_clinic(me, fields)
  return act(me, "add_clinic", {
    organisation = fields.organisation or me.clinic.organisation, name = fields.name, label = fields.label,
  })
end

-- me:settings(clinic) → { name =, label =, waiting_area =, call_interface =, add_ons =, link = }
function verbs.settings(me, clinic)
  return act(me, "clinic_settings", scope(me, clinic))
end

-- me:configure(clinic, { name =, label =, waiting_area = { open =, welcome =, music = }, call_interface = {…}, add_ons = {…} })
function verbs.configure(me, clinic, settings)
  local arguments = scope(me, clinic)
  arguments.settings = settings
  return act(me, "configure_clinic", arguments)
end

-- me:organisation_settings() → { name =, call_interface =, call_interface_locked = }
function verbs.organisation_settings(me)
  return act(me, "organisation_settings", { organisation = me.clinic.organisation })
end

-- me:configure_organisation{ call_interface = {…}, call_interface_locked = }: of all its clinics.
function verbs.configure_organisation(me, settings)
  return act(me, "configure_organisation", { organisation = me.clinic.organisation, settings = settings })
end

-- me:add_room(clinic, { kind = "meeting" | "group" | "user", name =, owner = member }) → the room, as the verbs about rooms
-- take it: { id =, name =, kind =, link = (of those that I may use or manage) }.
function verbs.add_room(me, clinic, fields)
  local arguments = scope(me, clinic)
  arguments.kind, arguments.name = fields.kind, fields.name
  arguments.owner = fields.owner and account_of(fields.owner).id
  return act(me, "add_room", arguments)
end

-- me:report([clinic]) → { visits =, seen =, waited_s =, consulted_s = } of the clinic, or of my organisation (with clinics =).
function verbs.report(me, clinic)
  return act(me, clinic and "clinic_report" or "organisation_report", scope(me, clinic))
end

-- me:renew_link(room) → the link that leads to it from now on; the old one leads nowhere.
function verbs.renew_link(me, room)
  return act(me, "renew_room_link", { room = room.id })
end

-- me:members([clinic]) → list of { user = { id =, name = }, role =, denied = {…} }
function verbs.members(me, at)
  return act(me, "members", scope(me, at))
end

-- me:invite(role, { at = clinic, denied = {…} }) → the secret that gives this role to whoever accepts it.
function verbs.invite(me, role, options)
  local arguments = scope(me, options and options.at)
  arguments.role, arguments.denied = role, options and options.denied
  return act(me, "invite", arguments)
end

-- me:accept(invitation)
function verbs.accept(me, invitation)
  return act(me, "accept_invitation", { token = invitation })
end

local function member_arguments(me, member, role, options)
  local arguments = scope(me, options and options.at)
  arguments.user, arguments.role = account_of(member).id, role
  return arguments
end

-- me:remove_role(member, role, { at = clinic })
function verbs.remove_role(me, member, role, options)
  return act(me, "remove_role", member_arguments(me, member, role, options))
end

-- me:deny(member, role, { permission, … }, { at = clinic }): what this member may not, though the role may.
function verbs.deny(me, member, role, denied, options)
  local arguments = member_arguments(me, member, role, options)
  arguments.denied = denied
  return act(me, "deny", arguments)
end

-- me:sign_out(): the account's token is over, here and wherever it was used.
function verbs.sign_out(me)
  return act(me, "sign_out", {})
end

return {}
