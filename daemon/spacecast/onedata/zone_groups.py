"""Groups at Onezone."""

from typing import Literal

from spacecast.onedata.service import Operation, Service, at, get
from spacecast.onedata.zone_facts import GroupDetails

GroupType = Literal["organization", "unit", "team", "role_holders"]


class ZoneGroups(Service):
    """Operations on groups. Names are not unique: repeating a creation makes another group."""

    def group(self, group_id: str) -> GroupDetails:
        """Read a group; its effective members may."""
        return GroupDetails.read(self.read(get(f"read the group {group_id}", at("groups", group_id))))

    def user_groups(self) -> tuple[str, ...]:
        """List the ids of the groups that the token's user is a direct member of."""
        return self.ids(get("list your groups", "user/groups"), "groups")

    def effective_groups(self) -> tuple[str, ...]:
        """List the ids of the groups that the token's user belongs to, through other groups too."""
        return self.ids(get("list your groups", "user/effective_groups"), "groups")

    def child_groups(self, parent_id: str) -> tuple[str, ...]:
        """List the ids of the direct children of a group."""
        operation = get(
            f"list the children of the group {parent_id}", at("groups", parent_id, "children"), needs="group_view"
        )
        return self.ids(operation, "groups")

    def child_group(self, parent_id: str, group_id: str) -> GroupDetails:
        """Read a group as a child of another, for which the parent's members may."""
        path = at("groups", parent_id, "children", group_id)
        return GroupDetails.read(self.read(get(f"read the group {group_id}", path, needs="group_view")))

    def create_group(self, name: str, *, parent_id: str | None = None, group_type: GroupType = "team") -> str:
        """Make a group, below `parent_id` where given, with the token's user as its first member; gives its id.

        Members of a child are effective members of the parent and of all its spaces.
        """
        path = "user/groups" if parent_id is None else at("groups", parent_id, "children")
        phrase = f"create the group {name!r}" + (f" in the group {parent_id}" if parent_id else "")
        needs = "group_add_child in the parent group" if parent_id else ""
        body = {"name": name, "type": group_type}
        return self.id_from_location(Operation(phrase, "POST", path, json=body, needs=needs))

    def change_group(self, group_id: str, *, name: str) -> None:
        """Rename a group."""
        phrase = f"rename the group {group_id}"
        self.perform(Operation(phrase, "PATCH", at("groups", group_id), json={"name": name}, needs="group_update"))

    def delete_group(self, group_id: str) -> None:
        """Delete a group with its memberships and invites; raises Gone where there is none."""
        self.perform(Operation(f"delete the group {group_id}", "DELETE", at("groups", group_id), needs="group_delete"))

    def group_privileges(self, group_id: str, user_id: str) -> frozenset[str]:
        """List what a user may do in a group, by all his memberships together; Gone where he is no member."""
        path = at("groups", group_id, "effective_users", user_id, "privileges")
        return frozenset(self.ids(get(f"read privileges in the group {group_id}", path), "privileges"))

    def known_group_privileges(self) -> frozenset[str]:
        """List all group privileges that this release knows."""
        return self.read(get("list group privileges", "groups/privileges", authenticated=False)).all_texts()
