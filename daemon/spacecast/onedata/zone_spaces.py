"""Spaces at Onezone: making them, their groups with what these may do, their shares and providers."""

from collections.abc import Iterable
from typing import Any

from spacecast.onedata.service import Operation, Service, at, get
from spacecast.onedata.zone_facts import GroupDetails, ProviderDetails, SpaceDetails


class ZoneSpaces(Service):
    """Operations on spaces. Names are not unique; a space made with a seed is."""

    def space(self, space_id: str) -> SpaceDetails:
        """Read a space; Gone where there is none, Forbidden where the token's user is no member."""
        return SpaceDetails.read(self.read(get(f"read the space {space_id}", at("spaces", space_id))))

    def user_spaces(self) -> tuple[str, ...]:
        """List the ids of all spaces that the token's user is in, through groups too."""
        return self.ids(get("list your spaces", "user/effective_spaces"), "spaces")

    def group_spaces(self, group_id: str) -> tuple[str, ...]:
        """List the ids of the spaces that a group is in directly."""
        operation = get(
            f"list the spaces of the group {group_id}", at("groups", group_id, "spaces"), needs="group_view"
        )
        return self.ids(operation, "spaces")

    def create_space(
        self, name: str, *, description: str | None = None, seed: str | None = None, group_id: str | None = None
    ) -> str:
        """Make a space, for the group where given, else for the token's user; gives its id.

        With a `seed` the id is `space_id_from_seed(seed)` and a second creation raises AlreadyThere. Releases before
        21.02.1 ignore seed and description: there the id differs, which the caller has to look at.
        """
        body = {"name": name, "description": description, "idGeneratorSeed": seed}
        operation = Operation(
            f"create the space {name!r}",
            "POST",
            "user/spaces" if group_id is None else at("groups", group_id, "spaces"),
            json={key: value for key, value in body.items() if value is not None},
            needs="" if group_id is None else f"group_add_space in the group {group_id}",
        )
        return self.id_from_location(operation)

    def change_space(self, space_id: str, *, name: str | None = None, description: str | None = None) -> None:
        """Change name or description of a space."""
        changes = {"name": name, "description": description}
        body = {key: value for key, value in changes.items() if value is not None}
        phrase = f"change the space {space_id}"
        self.perform(Operation(phrase, "PATCH", at("spaces", space_id), json=body, needs="space_update"))

    def delete_space(self, space_id: str) -> None:
        """Delete a space, its memberships, supports and shares; files on imported storages stay."""
        phrase = f"delete the space {space_id}"
        self.perform(Operation(phrase, "DELETE", at("spaces", space_id), needs="space_delete"))

    def space_groups(self, space_id: str) -> tuple[str, ...]:
        """List the ids of the groups that are directly in a space."""
        phrase = f"list the groups of the space {space_id}"
        return self.ids(get(phrase, at("spaces", space_id, "groups"), needs="space_view"), "groups")

    def space_group(self, space_id: str, group_id: str) -> GroupDetails:
        """Read a group that is in a space."""
        path = at("spaces", space_id, "groups", group_id)
        return GroupDetails.read(self.read(get(f"read the group {group_id}", path, needs="space_view")))

    def add_group_to_space(self, space_id: str, group_id: str, *, privileges: Iterable[str]) -> None:
        """Put a group into a space with exactly these privileges; raises AlreadyThere where it is in already.

        They are always sent: the default of the servers lets new members write.
        """
        operation = Operation(
            f"add the group {group_id} to the space {space_id}",
            "PUT",
            at("spaces", space_id, "groups", group_id),
            json={"privileges": list(privileges)},
            needs="space_add_group, space_set_privileges in the space, or group_add_space in the group",
        )
        self.perform(operation)

    def create_group_in_space(self, space_id: str, name: str) -> str:
        """Make a group inside a space, with the default privileges; gives its id."""
        operation = Operation(
            f"create the group {name!r} in the space {space_id}",
            "POST",
            at("spaces", space_id, "groups"),
            json={"name": name, "type": "team"},
            needs="space_add_group",
        )
        return self.id_from_location(operation)

    def space_group_privileges(self, space_id: str, group_id: str) -> frozenset[str]:
        """List what a group may do in a space; raises Gone where it is not in it."""
        path = at("spaces", space_id, "groups", group_id, "privileges")
        phrase = f"read the privileges of the group {group_id} in the space {space_id}"
        return frozenset(self.ids(get(phrase, path, needs="space_view_privileges"), "privileges"))

    def change_space_group_privileges(
        self, space_id: str, group_id: str, *, grant: Iterable[str] = (), revoke: Iterable[str] = ()
    ) -> None:
        """Give and take privileges of a group in a space; nothing to change is no request."""
        changes = {"grant": list(grant), "revoke": list(revoke)}
        body: dict[str, Any] = {key: privileges for key, privileges in changes.items() if privileges}
        if not body:
            return
        phrase = f"change the privileges of the group {group_id} in the space {space_id}"
        path = at("spaces", space_id, "groups", group_id, "privileges")
        self.perform(Operation(phrase, "PATCH", path, json=body, needs="space_set_privileges"))

    def remove_group_from_space(self, space_id: str, group_id: str) -> None:
        """Take a group out of a space; raises Gone where it is not in it."""
        phrase = f"remove the group {group_id} from the space {space_id}"
        path = at("spaces", space_id, "groups", group_id)
        self.perform(Operation(phrase, "DELETE", path, needs="space_remove_group"))

    def space_shares(self, space_id: str) -> tuple[str, ...]:
        """List the ids of the shares of a space."""
        phrase = f"list the shares of the space {space_id}"
        return self.ids(get(phrase, at("spaces", space_id, "shares"), needs="space_view"), "shares")

    def space_providers(self, space_id: str) -> tuple[str, ...]:
        """List the ids of the providers that support a space."""
        phrase = f"list the providers of the space {space_id}"
        return self.ids(get(phrase, at("spaces", space_id, "providers"), needs="space_view"), "providers")

    def space_provider(self, space_id: str, provider_id: str) -> ProviderDetails:
        """Read a provider that supports a space."""
        path = at("spaces", space_id, "providers", provider_id)
        return ProviderDetails.read(self.read(get(f"read the provider {provider_id}", path, needs="space_view")))

    def known_space_privileges(self) -> frozenset[str]:
        """List all space privileges that this release knows."""
        return self.read(get("list space privileges", "spaces/privileges", authenticated=False)).all_texts()
