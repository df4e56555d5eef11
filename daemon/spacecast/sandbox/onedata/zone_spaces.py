"""Zone: spaces; making, describing, changing and deleting them, and their supports as the zone has them."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Group, Space, User
from spacecast.sandbox.onedata.identifiers import new_id, space_id_from_seed
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.privileges import SPACE_ALL
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.zone_service import PREFIX, shown_provider, zone_location

ROUTES = Routes(PREFIX)
_TEXTS = ("description", "organizationName", "marketplaceContactEmail")
_MARKETPLACE = ("advertisedInMarketplace", "marketplaceContactEmail")
_CHANGEABLE = ("name", "tags", "advertisedInMarketplace", *_TEXTS)
_KNOWN_TAGS = ("demo", "biology")


def make_space(call: Call, creator: User) -> Space:
    """Make a space from the body, under the id of its seed if it has one; nobody is a member yet."""
    state = call.state
    name = bodies.require_name(call.body)
    texts = _texts(call, {})
    space_id = new_id()
    if "idGeneratorSeed" in call.body and state.release.honours_seed:
        space_id = space_id_from_seed(bodies.text(call.body, "idGeneratorSeed"))
        if space_id in state.spaces:
            raise errors.already_exists()
    space = Space(space_id, name, creator.id, state.now(), texts)
    state.spaces[space_id] = space
    return space


def _texts(call: Call, known: dict[str, Any]) -> dict[str, Any]:
    """Validate the optional keys; releases that do not know them ignore them."""
    if not call.state.release.space_description:
        return {}
    texts: dict[str, Any] = {key: bodies.text(call.body, key, known.get(key, "")) for key in _TEXTS}
    tags = bodies.strings(call.body, "tags")
    if tags is not None and not set(tags) <= set(_KNOWN_TAGS):
        raise errors.list_not_allowed("tags", _KNOWN_TAGS)
    texts["tags"] = known.get("tags", []) if tags is None else tags
    advertised = known.get("advertisedInMarketplace", False)
    texts["advertisedInMarketplace"] = bodies.boolean(call.body, "advertisedInMarketplace", default=advertised)
    if texts["advertisedInMarketplace"]:
        for key in _TEXTS:
            if not texts[key]:
                raise errors.bad_value("badValueEmpty", key, "not empty")
    return texts


def _add_owner(call: Call, space: Space, user: User) -> None:
    space.users.add(user.id, SPACE_ALL, call.state.clock())
    space.owners.add(user.id)


def shown_space(call: Call, space: Space) -> dict[str, Any]:
    """Describe a space."""
    supports = call.state.supports_of_space(space.id)
    shown: dict[str, Any] = {
        "spaceId": space.id,
        "name": space.name,
        **space.texts,
        "providers": {support.provider_id: support.size for support in supports},
        "creator": {"type": "user", "id": space.creator},
        "creationTime": space.creation_time,
    }
    if call.state.release.space_description:
        registry = {
            support.provider_id: {
                "accountingEnabled": support.accounting,
                "dirStatsServiceEnabled": support.directory_statistics,
                "dirStatsServiceStatus": "enabled" if support.directory_statistics else "disabled",
            }
            for support in supports
        }
        shown["supportParametersRegistry"] = {"registry": registry}
    return shown


@ROUTES.on("GET", "/user/spaces")
def my_spaces(call: Call) -> Reply:
    """List the spaces that the caller is a direct member of."""
    user = call.caller()
    return json_reply({"spaces": [space.id for space in call.state.spaces.values() if user.id in space.users]})


@ROUTES.on("GET", "/user/effective_spaces")
def my_effective_spaces(call: Call) -> Reply:
    """List the caller's spaces, those of groups too."""
    return json_reply({"spaces": [space.id for space in call.state.spaces_of(call.caller().id)]})


@ROUTES.on("POST", "/user/spaces")
def create_own_space(call: Call) -> Reply:
    """Make a space that the caller owns."""
    user = call.caller()
    space = make_space(call, user)
    _add_owner(call, space, user)
    return created_at(zone_location(call, f"/user/spaces/{space.id}"))


@ROUTES.on("GET", "/groups/{gid}/spaces")
def spaces_of_group(call: Call) -> Reply:
    """List the spaces that a group is a direct member of."""
    group = call.group()
    call.allow_in_group(group, "group_view")
    return json_reply({"spaces": _spaces_with(call, [group])})


@ROUTES.on("GET", "/groups/{gid}/effective_spaces")
def effective_spaces_of_group(call: Call) -> Reply:
    """List the spaces of a group and of the groups above it."""
    group = call.group()
    call.allow_in_group(group, "group_view")
    above = [group]
    for member in above:
        above += [parent for parent in call.state.parents_of(member.id) if parent not in above]
    return json_reply({"spaces": _spaces_with(call, above)})


def _spaces_with(call: Call, groups: list[Group]) -> list[str]:
    spaces = call.state.spaces.values()
    return [space.id for space in spaces if any(group.id in space.groups for group in groups)]


@ROUTES.on("POST", "/groups/{gid}/spaces")
def create_space_for_group(call: Call) -> Reply:
    """Make a space for a group; the caller becomes its owner if he belongs to the group."""
    group = call.group()
    user = call.allow_in_group(group, "group_add_space")
    space = make_space(call, user)
    space.groups.add(group.id, SPACE_ALL, call.state.clock())
    if call.state.group_privileges(group, user.id) is not None:
        _add_owner(call, space, user)
    return created_at(zone_location(call, f"/groups/{group.id}/spaces/{space.id}"))


@ROUTES.on("GET", "/spaces")
def all_spaces(call: Call) -> Reply:
    """List all spaces; for administrators of the zone."""
    call.allow(granted=call.caller().zone_admin)
    return json_reply({"spaces": list(call.state.spaces)})


@ROUTES.on("POST", "/spaces")
def create_memberless_space(call: Call) -> Reply:
    """Make a space without members; for administrators of the zone."""
    user = call.allow(granted=call.caller().zone_admin)
    return created_at(zone_location(call, f"/spaces/{make_space(call, user).id}"))


@ROUTES.on("GET", "/spaces/{sid}")
def space_details(call: Call) -> Reply:
    """Describe a space to its members."""
    space = call.space()
    call.allow_in_space(space)
    return json_reply(shown_space(call, space))


@ROUTES.on("PATCH", "/spaces/{sid}")
def change_space(call: Call) -> Reply:
    """Rename or describe a space."""
    space = call.space()
    marketplace = any(key in call.body for key in _MARKETPLACE)
    call.allow_in_space(space, "space_manage_in_marketplace" if marketplace else "space_update")
    bodies.at_least_one(call.body, _CHANGEABLE if call.state.release.space_description else ("name",))
    name = bodies.name_if_given(call.body)
    space.texts = _texts(call, space.texts)
    space.name = name or space.name
    return no_content()


@ROUTES.on("DELETE", "/spaces/{sid}")
def delete_space(call: Call) -> Reply:
    """Delete a space with its memberships, supports and shares; nothing on a disk is touched."""
    space = call.space()
    call.allow_in_space(space, "space_delete")
    call.state.delete_space(space)
    return no_content()


@ROUTES.on("GET", "/spaces/{sid}/providers")
def space_providers(call: Call) -> Reply:
    """List the providers that support a space."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    return json_reply({"providers": [support.provider_id for support in call.state.supports_of_space(space.id)]})


@ROUTES.on("GET", "/spaces/{sid}/providers/{pid}")
def space_provider(call: Call) -> Reply:
    """Describe one of them."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    if (call.ids["pid"], space.id) not in call.state.supports:
        raise errors.not_found()
    return json_reply(shown_provider(call.state.providers[call.ids["pid"]]))


@ROUTES.on("DELETE", "/spaces/{sid}/providers/{pid}")
def cease_support(call: Call) -> Reply:
    """End the support of a space by a provider."""
    space = call.space()
    call.allow_in_space(space, "space_remove_support")
    support = call.state.supports.get((call.ids["pid"], space.id))
    if support is None:
        raise errors.not_found()
    call.state.end_support(support)
    return no_content()
