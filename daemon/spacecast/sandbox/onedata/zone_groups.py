"""Zone: groups, their children, their users, and joining one with an invite token."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Group, User
from spacecast.sandbox.onedata.identifiers import new_id
from spacecast.sandbox.onedata.invites import given_privileges, note_use, verify_invite
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.privileges import GROUP_ALL, GROUP_MEMBER
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.zone_service import PREFIX, zone_location

ROUTES = Routes(PREFIX)
TYPES = ("organization", "unit", "team", "role_holders")


def make_group(call: Call, creator: User) -> Group:
    """Make a group from the body; its creator is not a member yet."""
    group = Group(
        id=new_id(),
        name=bodies.require_name(call.body),
        type=bodies.one_of(call.body, "type", TYPES, "team"),
        creator=creator.id,
        creation_time=call.state.now(),
    )
    call.state.groups[group.id] = group
    return group


def shown_group(group: Group, *, creator: bool = False) -> dict[str, Any]:
    """Describe a group; its creator is shown to members only."""
    shown: dict[str, Any] = {
        "groupId": group.id,
        "name": group.name,
        "type": group.type,
        "creationTime": group.creation_time,
    }
    if creator:
        shown["creator"] = {"type": "user", "id": group.creator}
    return shown


@ROUTES.on("GET", "/user/groups")
def my_groups(call: Call) -> Reply:
    """List the groups that the caller is a direct member of."""
    user = call.caller()
    return json_reply({"groups": [group.id for group in call.state.groups.values() if user.id in group.users]})


@ROUTES.on("GET", "/user/effective_groups")
def my_effective_groups(call: Call) -> Reply:
    """List the caller's groups, inherited ones too."""
    return json_reply({"groups": [group.id for group in call.state.groups_of(call.caller().id)]})


@ROUTES.on("POST", "/user/groups")
def create_own_group(call: Call) -> Reply:
    """Make a group with the caller as its member with all privileges."""
    user = call.caller()
    group = make_group(call, user)
    group.users.add(user.id, GROUP_ALL, call.state.clock())
    return created_at(zone_location(call, f"/user/groups/{group.id}"))


@ROUTES.on("POST", "/user/groups/join")
def join_group(call: Call) -> Reply:
    """Make the caller a member of the group that an invite token names."""
    user = call.caller()
    text = bodies.require(call.body, "token")
    state = call.state
    token = verify_invite(state, call.world.mint, text, invite_type="userJoinGroup", consumer=f"usr-{user.id}")
    group = state.groups[token.invite["groupId"]]
    if user.id in group.users:
        raise errors.relation_already_exists(("od_user", user.id), ("od_group", group.id))
    group.users.add(user.id, given_privileges(state, token, GROUP_MEMBER), state.clock())
    note_use(state, token)
    return created_at(zone_location(call, f"/user/groups/{group.id}"))


@ROUTES.on("GET", "/groups")
def all_groups(call: Call) -> Reply:
    """List all groups; for administrators of the zone."""
    call.allow(granted=call.caller().zone_admin)
    return json_reply({"groups": list(call.state.groups)})


@ROUTES.on("POST", "/groups")
def create_memberless_group(call: Call) -> Reply:
    """Make a group without members; for administrators of the zone."""
    user = call.allow(granted=call.caller().zone_admin)
    return created_at(zone_location(call, f"/groups/{make_group(call, user).id}"))


@ROUTES.on("GET", "/groups/{gid}")
def group_details(call: Call) -> Reply:
    """Describe a group to its members."""
    group = call.group()
    call.allow_in_group(group)
    return json_reply(shown_group(group, creator=True))


@ROUTES.on("PATCH", "/groups/{gid}")
def change_group(call: Call) -> Reply:
    """Rename a group or change its type."""
    group = call.group()
    call.allow_in_group(group, "group_update")
    bodies.at_least_one(call.body, ("name", "type"))
    name = bodies.name_if_given(call.body)
    group.type = bodies.one_of(call.body, "type", TYPES, group.type)
    group.name = name or group.name
    return no_content()


@ROUTES.on("DELETE", "/groups/{gid}")
def delete_group(call: Call) -> Reply:
    """Delete a group; its invite tokens lose their target."""
    group = call.group()
    call.allow_in_group(group, "group_delete")
    call.state.delete_group(group)
    return no_content()


@ROUTES.on("GET", "/groups/{gid}/children")
def children(call: Call) -> Reply:
    """List child groups."""
    group = call.group()
    call.allow_in_group(group, "group_view")
    return json_reply({"groups": list(group.children.ids())})


@ROUTES.on("POST", "/groups/{gid}/children")
def create_child(call: Call) -> Reply:
    """Make a child group; the caller becomes its direct member with all privileges."""
    parent = call.group()
    user = call.allow_in_group(parent, "group_add_child")
    child = make_group(call, user)
    at = call.state.clock()
    child.users.add(user.id, GROUP_ALL, at)
    parent.children.add(child.id, GROUP_MEMBER, at)
    return created_at(zone_location(call, f"/groups/{parent.id}/children/{child.id}"))


@ROUTES.on("GET", "/groups/{gid}/children/{cid}")
def child_details(call: Call) -> Reply:
    """Describe a child group to those who may look into its parent."""
    parent = call.group()
    call.allow_in_group(parent, "group_view")
    return json_reply(shown_group(_child(call, parent)))


@ROUTES.on("PUT", "/groups/{gid}/children/{cid}")
def add_child(call: Call) -> Reply:
    """Make an existing group a child."""
    parent = call.group()
    child = call.state.groups.get(call.ids["cid"])
    user = call.allow_in_group(parent, "group_add_child")
    if child is None:
        raise errors.id_not_found("childGroupId")
    call.allow(granted=call.state.in_group(child, user.id, "group_add_parent"))
    given = bodies.privileges(call.body, "privileges", GROUP_ALL)
    if child.id in parent.children:
        raise errors.relation_already_exists(("od_group", child.id), ("od_group", parent.id))
    parent.children.add(child.id, GROUP_MEMBER if given is None else given, call.state.clock())
    return created_at(zone_location(call, f"/groups/{parent.id}/children/{child.id}"))


@ROUTES.on("DELETE", "/groups/{gid}/children/{cid}")
def remove_child(call: Call) -> Reply:
    """Take a child group out of its parent."""
    parent = call.group()
    call.allow_in_group(parent, "group_remove_child")
    parent.children.remove(_child(call, parent).id, call.state.clock())
    return no_content()


@ROUTES.on("PUT", "/groups/{gid}/users/{uid}")
def add_user(call: Call) -> Reply:
    """Make a user a member."""
    group = call.group()
    call.allow_in_group(group, "group_add_user")
    user_id = call.ids["uid"]
    if user_id not in call.state.users:
        raise errors.id_not_found("userId")
    given = bodies.privileges(call.body, "privileges", GROUP_ALL)
    if given is not None:
        call.allow_in_group(group, "group_set_privileges")
    if user_id in group.users:
        raise errors.relation_already_exists(("od_user", user_id), ("od_group", group.id))
    group.users.add(user_id, GROUP_MEMBER if given is None else given, call.state.clock())
    return created_at(zone_location(call, f"/groups/{group.id}/users/{user_id}"))


@ROUTES.on("GET", "/groups/{gid}/effective_users/{uid}/privileges")
def effective_privileges(call: Call) -> Reply:
    """List what a user may do in a group."""
    group = call.group()
    user = call.caller()
    user_id = call.ids["uid"]
    own = user.id == user_id
    held = call.state.group_privileges(group, user_id)
    if held is None:
        raise errors.not_found()
    call.allow(granted=own or call.state.in_group(group, user.id, "group_view_privileges"))
    return json_reply({"privileges": sorted(held)})


def _child(call: Call, parent: Group) -> Group:
    child = call.state.groups.get(call.ids["cid"])
    if child is None or child.id not in parent.children:
        raise errors.not_found()
    return child
