"""What must be true of published datasets at Onedata: one of everything, with the rights and limits asked for.

Each function gives what is broken, a line each.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from spacecast.ledger import Dataset, RemoteObject, State


def tokens_of(world: Any, dataset: Dataset) -> list[Any]:
    """Give the tokens that carry the dataset's marker, and the one of another tool that was taken over."""
    with world.ledger() as ledger:
        known = ledger.objects(dataset.id).get("invite")
    tokens = world.onedata.state.tokens.values()
    return [token for token in tokens if _is_marked(token, dataset) or (known and token.id == known.remote_id)]


def _is_marked(token: Any, dataset: Dataset) -> bool:
    return bool(token.custom.get("spacecast") == dataset.marker)


def live_tokens(world: Any, dataset: Dataset) -> list[Any]:
    return [token for token in tokens_of(world, dataset) if not token.revoked]


def remote_breaches(world: Any, dataset: Dataset, objects: Mapping[str, RemoteObject]) -> Iterator[str]:
    state, mount_point = world.onedata.state, str(dataset.path)
    known = {kind: made.remote_id for kind, made in objects.items() if made.confirmed}
    with state.lock:
        present = {
            "space": [space.id for space in state.spaces.values() if _is_of(space, dataset)],
            "storage": [one.id for one in state.storages.values() if one.mount_point.rstrip("/") == mount_point],
            "group": [group.id for group in state.groups.values() if group.name == dataset.title],
            "share": [share.id for share in state.shares.values() if share.space_id == known.get("space")],
        }
        if world.config.metadata.invite_token != "none":
            present["invite"] = [token.id for token in live_tokens(world, dataset)]
        for kind, ids in present.items():
            if ids != [known.get(kind)]:
                yield f"{dataset.name}: {kind} {ids} in the world, {known.get(kind)} in the ledger"
        yield from _support(world, dataset, known)
        yield from _membership(world, dataset, known)
        yield from _invite(world, dataset, known)


def _is_of(space: Any, dataset: Dataset) -> bool:
    return space.name == dataset.title or dataset.marker in space.texts.get("description", "")


def _support(world: Any, dataset: Dataset, known: Mapping[str, str | None]) -> Iterator[str]:
    supports = [one for one in world.onedata.state.supports.values() if one.space_id == known.get("space")]
    if [one.storage_id for one in supports] != [known.get("storage")]:
        yield f"{dataset.name}: supported by {[one.storage_id for one in supports]}"
    if any(one.storage_import is None for one in supports):
        yield f"{dataset.name}: its support has no import"
    elif dataset.state is State.READY:
        scans = [one.storage_import.config["continuousScan"] for one in supports]
        if scans != [dataset.live] * len(supports):
            yield f"{dataset.name}: live {dataset.live}, but its import is continuous {scans}"
    others = [one for one in world.onedata.state.supports.values() if one.storage_id == known.get("storage")]
    if others != supports:
        yield f"{dataset.name}: its storage supports {[one.space_id for one in others]}"


def _membership(world: Any, dataset: Dataset, known: Mapping[str, str | None]) -> Iterator[str]:
    space = world.onedata.state.spaces.get(known.get("space"))
    if space is None:
        return
    config = world.config.onedata
    managers = {config.manager_group} - {None}
    if set(space.groups.ids()) != {known.get("group")} | managers:
        yield f"{dataset.name}: its groups are {list(space.groups.ids())}"
    granted = space.groups.privileges(known.get("group"))
    if granted != frozenset(config.group_privileges):
        yield f"{dataset.name}: the group's privileges are {sorted(granted or ())}"
    parents = {group.id for group in world.onedata.state.parents_of(known.get("group"))}
    if config.user_group is not None and parents != {config.user_group}:
        yield f"{dataset.name}: the group is below {sorted(parents)}"


def _invite(world: Any, dataset: Dataset, known: Mapping[str, str | None]) -> Iterator[str]:
    limits = world.config.onedata.invite
    for token in live_tokens(world, dataset):
        invitation = token.type.get("inviteToken", {})
        if invitation.get("groupId") != known.get("group") or invitation.get("inviteType") != "userJoinGroup":
            yield f"{dataset.name}: the token invites to {invitation}"
        if not _is_marked(token, dataset):
            # Others hold it already; it stays as it was made.
            continue
        if token.usage_limit != limits.usage_limit:
            yield f"{dataset.name}: the token may be used {token.usage_limit} times"
        if not any(caveat.get("type") == "time" for caveat in token.caveats):
            yield f"{dataset.name}: the token is valid for ever"


def breaches_of_number(world: Any, names: Collection[str]) -> Iterator[str]:
    """Where all datasets are named, everything in the world belongs to one of them."""
    with world.ledger() as ledger:
        everybody = {dataset.name for dataset in ledger.datasets()}
    if everybody != set(names):
        return
    state, before = world.onedata.state, {world.onedata.manager_group, world.onedata.user_group}
    counted = {
        "spaces": len(state.spaces),
        "storages": len(state.storages),
        "supports": len(state.supports),
        "shares": len(state.shares),
        "groups": len(set(state.groups) - before),
    }
    for what, number in counted.items():
        if number != len(names):
            yield f"{number} {what} for {len(names)} datasets"
