"""Zone: the members of a space and what they may do in it."""

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Group, Space
from spacecast.sandbox.onedata.invites import given_privileges, note_use, verify_invite
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.privileges import GROUP_ALL, SPACE_ALL, SPACE_MEMBER
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.zone_groups import make_group, shown_group
from spacecast.sandbox.onedata.zone_service import PREFIX, zone_location

ROUTES = Routes(PREFIX)


@ROUTES.on("GET", "/spaces/{sid}/groups")
def groups(call: Call) -> Reply:
    """List the groups of a space."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    return json_reply({"groups": list(space.groups.ids())})


@ROUTES.on("GET", "/spaces/{sid}/effective_groups")
def effective_groups(call: Call) -> Reply:
    """List the groups of a space and those below them."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    found = list(space.groups.ids())
    for group_id in found:
        group = call.state.groups.get(group_id)
        found += [child for child in (group.children.ids() if group else ()) if child not in found]
    return json_reply({"groups": found})


@ROUTES.on("POST", "/spaces/{sid}/groups")
def create_group_in_space(call: Call) -> Reply:
    """Make a group as a member of a space; the caller becomes its direct member."""
    space = call.space()
    user = call.allow_in_space(space, "space_add_group")
    group = make_group(call, user)
    at = call.state.clock()
    group.users.add(user.id, GROUP_ALL, at)
    space.groups.add(group.id, SPACE_MEMBER, at)
    return created_at(zone_location(call, f"/spaces/{space.id}/groups/{group.id}"))


@ROUTES.on("GET", "/spaces/{sid}/groups/{gid}")
def group_in_space(call: Call) -> Reply:
    """Describe a group of a space."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    return json_reply(shown_group(_member(call, space)))


@ROUTES.on("PUT", "/spaces/{sid}/groups/{gid}")
def add_group(call: Call) -> Reply:
    """Make a group a member, with default privileges (which include writing) unless told."""
    space = call.space()
    user = call.allow_in_space(space, "space_add_group")
    group = call.state.groups.get(call.ids["gid"])
    if group is None:
        raise errors.id_not_found("groupId")
    call.allow_in_group(group, "group_add_space")
    if "privileges" in call.body:
        call.allow(granted="space_set_privileges" in (call.state.space_privileges(space, user.id) or ()))
    given = bodies.privileges(call.body, "privileges", SPACE_ALL)
    if group.id in space.groups:
        raise errors.relation_already_exists(("od_group", group.id), ("od_space", space.id))
    space.groups.add(group.id, SPACE_MEMBER if given is None else given, call.state.clock())
    return created_at(zone_location(call, f"/spaces/{space.id}/groups/{group.id}"))


@ROUTES.on("DELETE", "/spaces/{sid}/groups/{gid}")
def remove_group(call: Call) -> Reply:
    """Take a group out of a space."""
    space = call.space()
    call.allow_in_space(space, "space_remove_group")
    group_id = call.ids["gid"]
    if group_id not in space.groups:
        raise errors.relation_does_not_exist(("od_group", group_id), ("od_space", space.id))
    space.groups.remove(group_id, call.state.clock())
    return no_content()


@ROUTES.on("GET", "/spaces/{sid}/groups/{gid}/privileges")
def group_privileges(call: Call) -> Reply:
    """List what a group may do in a space."""
    space = call.space()
    call.allow_in_space(space, "space_view_privileges")
    held = space.groups.privileges(_member(call, space).id)
    return json_reply({"privileges": sorted(held or ())})


@ROUTES.on("PATCH", "/spaces/{sid}/groups/{gid}/privileges")
def change_group_privileges(call: Call) -> Reply:
    """Grant and revoke privileges of a group in a space."""
    space = call.space()
    call.allow_in_space(space, "space_set_privileges")
    group = _member(call, space)
    bodies.at_least_one(call.body, ("grant", "revoke"))
    granted = bodies.privileges(call.body, "grant", SPACE_ALL) or []
    revoked = bodies.privileges(call.body, "revoke", SPACE_ALL) or []
    held = set(space.groups.privileges(group.id) or ())
    space.groups.add(group.id, (held | set(granted)) - set(revoked), call.state.clock())
    return no_content()


@ROUTES.on("GET", "/spaces/{sid}/users")
def users(call: Call) -> Reply:
    """List the direct users of a space."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    return json_reply({"users": list(space.users.ids())})


@ROUTES.on("GET", "/spaces/{sid}/effective_users")
def effective_users(call: Call) -> Reply:
    """List all users of a space, those of groups too."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    everybody = call.state.users
    return json_reply({"users": [one for one in everybody if call.state.space_privileges(space, one) is not None]})


@ROUTES.on("PUT", "/spaces/{sid}/users/{uid}")
def add_user(call: Call) -> Reply:
    """Make a user a member."""
    space = call.space()
    call.allow_in_space(space, "space_add_user")
    user_id = call.ids["uid"]
    if user_id not in call.state.users:
        raise errors.id_not_found("userId")
    given = bodies.privileges(call.body, "privileges", SPACE_ALL)
    if given is not None:
        call.allow_in_space(space, "space_set_privileges")
    if user_id in space.users:
        raise errors.relation_already_exists(("od_user", user_id), ("od_space", space.id))
    space.users.add(user_id, SPACE_MEMBER if given is None else given, call.state.clock())
    if not space.owners:
        space.owners.add(user_id)
    return created_at(zone_location(call, f"/spaces/{space.id}/users/{user_id}"))


@ROUTES.on("POST", "/user/spaces/join")
def join_space(call: Call) -> Reply:
    """Make the caller a member of the space that an invite token names."""
    user = call.caller()
    state = call.state
    text = bodies.require(call.body, "token")
    token = verify_invite(state, call.world.mint, text, invite_type="userJoinSpace", consumer=f"usr-{user.id}")
    space = state.spaces[token.invite["spaceId"]]
    if user.id in space.users:
        raise errors.relation_already_exists(("od_user", user.id), ("od_space", space.id))
    space.users.add(user.id, given_privileges(state, token, SPACE_MEMBER), state.clock())
    note_use(state, token)
    return created_at(zone_location(call, f"/user/spaces/{space.id}"))


def _member(call: Call, space: Space) -> Group:
    group = call.state.groups.get(call.ids["gid"])
    if group is None or group.id not in space.groups:
        raise errors.not_found()
    return group
