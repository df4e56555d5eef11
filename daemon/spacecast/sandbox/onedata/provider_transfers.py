"""Provider: transfers between providers, and which provider has which part of a file."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call, without_nulls
from spacecast.sandbox.onedata.entities import Transfer
from spacecast.sandbox.onedata.file_access import (
    Target,
    held_privileges,
    need_privilege,
    reach,
    reference_in_body,
    reference_in_path,
    storage_of,
)
from spacecast.sandbox.onedata.identifiers import file_id, new_id
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.provider_service import PREFIX, supported_space
from spacecast.sandbox.onedata.provider_shares import broken_location
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes(PREFIX)
_TYPES = {
    "replication": ("replicatingProviderId",),
    "eviction": ("evictingProviderId",),
    "migration": ("replicatingProviderId", "evictingProviderId"),
}
_STATES = ("waiting", "ongoing", "ended")
_LONGEST_PAGE = 1000


def _status(call: Call, transfer: Transfer) -> str:
    """Give scheduled, active, completed or cancelled, by the time that has passed."""
    if transfer.cancelled:
        return "cancelled"
    passed = call.state.clock() - transfer.scheduled
    needed = call.state.delays.replication_seconds
    if passed >= needed:
        return "completed"
    return "scheduled" if passed < needed / 2 else "active"


@ROUTES.on("POST", "/transfers", writes_data=True)
def create_transfer(call: Call) -> Reply:
    """Schedule a transfer of a file; the same one may be scheduled any number of times."""
    request = without_nulls(call.body)
    call.body = request
    bodies.require(request, "type")
    kind = bodies.one_of(request, "type", list(_TYPES), "")
    if bodies.one_of(request, "dataSourceType", ["file", "view"], "file") == "view":
        raise errors.not_implemented()
    for key in ("fileId", *_TYPES[kind]):
        bodies.text(request, key)
    target = reach(call, reference_in_body(call, "fileId"))
    for key in _TYPES[kind]:
        privilege = "space_schedule_replication" if key == "replicatingProviderId" else "space_schedule_eviction"
        need_privilege(call, target.space, privilege)
        if (request[key], target.space.id) not in call.state.supports:
            raise errors.space_not_supported_by(target.space.id, request[key])
    return _schedule(call, target, request)


def _schedule(call: Call, target: Target, request: dict[str, Any]) -> Reply:
    transfer = Transfer(
        id=new_id(),
        space_id=target.space.id,
        file_uuid=target.file.uuid,
        user_id=call.caller().id,
        request=request,
        scheduled=call.state.clock(),
        schedule_time=call.state.now(),
    )
    call.state.transfers[transfer.id] = transfer
    return created_at(broken_location(call, "transfers", transfer.id), {"transferId": transfer.id})


@ROUTES.on("GET", "/transfers/{tid}")
def transfer_details(call: Call) -> Reply:
    """Describe a transfer."""
    transfer, target = _transfer(call)
    status = _status(call, transfer)
    kind = transfer.request["type"]
    shown_status = {"active": "evicting" if kind == "eviction" else "replicating"}.get(status, status)
    done = status == "completed"
    size = target.file.total_size() if done and kind != "eviction" else 0
    return json_reply(
        {
            "type": kind,
            "userId": transfer.user_id,
            "spaceId": transfer.space_id,
            "dataSourceType": "file",
            "fileId": target.id,
            "filePath": f"/{target.space.name}/{target.file.relative_path()}",
            "transferStatus": shown_status,
            "effectiveJobStatus": shown_status,
            "effectiveJobTransferId": transfer.rerun_id or transfer.id,
            "replicationStatus": "skipped" if kind == "eviction" else status,
            "evictionStatus": "skipped" if kind == "replication" else status,
            "rerunId": transfer.rerun_id,
            "replicatingProviderId": transfer.request.get("replicatingProviderId"),
            "evictingProviderId": transfer.request.get("evictingProviderId"),
            "callback": transfer.request.get("callback"),
            "filesToProcess": 1,
            "filesProcessed": int(done),
            "filesReplicated": int(done and kind != "eviction"),
            "filesEvicted": int(done and kind != "replication"),
            "filesFailed": 0,
            "bytesReplicated": size,
            "scheduleTime": transfer.schedule_time,
            "startTime": transfer.schedule_time if status != "scheduled" else 0,
            "finishTime": transfer.schedule_time if done or transfer.cancelled else 0,
            "lastUpdate": {},
        }
    )


@ROUTES.on("DELETE", "/transfers/{tid}", writes_data=True)
def cancel_transfer(call: Call) -> Reply:
    """Cancel a transfer that has not ended."""
    transfer, _ = _transfer(call)
    if _status(call, transfer) in ("completed", "cancelled"):
        raise errors.simple("transferAlreadyEnded", "Transfer has already ended.")
    transfer.cancelled = True
    return no_content()


@ROUTES.on("POST", "/transfers/{tid}/rerun", writes_data=True)
def rerun_transfer(call: Call) -> Reply:
    """Schedule an ended transfer again."""
    transfer, target = _transfer(call)
    if _status(call, transfer) not in ("completed", "cancelled"):
        raise errors.simple("transferNotEnded", "Transfer has not ended yet.")
    reply = _schedule(call, target, transfer.request)
    transfer.rerun_id = next(reversed(call.state.transfers))
    return reply


def _transfer(call: Call) -> tuple[Transfer, Target]:
    transfer = call.state.transfers.get(call.ids["tid"])
    if transfer is None:
        raise errors.not_found()
    target = reach(call, reference_in_path(call, file_id(transfer.file_uuid, transfer.space_id)))
    call.allow(granted="space_view_transfers" in held_privileges(call, target.space))
    return transfer, target


@ROUTES.on("GET", "/spaces/{sid}/transfers")
def transfers_of_space(call: Call) -> Reply:
    """List the transfers of a space that wait, go on or have ended; a page at a time."""
    wanted = call.query("state") or "ongoing"
    if wanted not in _STATES:
        raise errors.not_allowed("state", _STATES)
    limit = int(call.query("limit") or _LONGEST_PAGE)
    if not 1 <= limit <= _LONGEST_PAGE:
        raise errors.not_in_range("limit", 1, _LONGEST_PAGE)
    start = int(call.query("page_token") or call.query("offset") or 0)
    space = supported_space(call)
    need_privilege(call, space, "space_view_transfers")
    groups = {"scheduled": "waiting", "active": "ongoing"}
    found = [
        transfer.id
        for transfer in call.state.transfers.values()
        if transfer.space_id == space.id and groups.get(_status(call, transfer), "ended") == wanted
    ]
    following = str(start + limit) if start + limit < len(found) else None
    return json_reply({"transfers": found[start : start + limit], "nextPageToken": following})


@ROUTES.on("GET", "/data/{id}/distribution")
def distribution(call: Call) -> Reply:
    """Tell which provider has which blocks of a file: the importing one, and those it was replicated to."""
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_privilege(call, target.space, "space_view")
    blocks = {
        support.provider_id: _blocks(call, target, support.provider_id)
        for support in call.state.supports_of_space(target.space.id)
    }
    if not call.state.release.distribution_per_provider:
        size = sum(length for _, length in next(iter(blocks.values()), []))
        return json_reply(
            [
                {"providerId": provider_id, "blocks": held, "totalBlocksSize": size if held else 0}
                for provider_id, held in blocks.items()
            ]
        )
    shown = {provider_id: _shown_blocks(call, target, provider_id, held) for provider_id, held in blocks.items()}
    kind = "DIR" if target.file.is_directory else "REG"
    return json_reply({"type": kind, "distributionPerProvider": shown})


def _shown_blocks(call: Call, target: Target, provider_id: str, held: list[list[int]]) -> dict[str, Any]:
    storage_id = call.state.supports[provider_id, target.space.id].storage_id
    physical = {"physicalSize": sum(length for _, length in held)}
    shown: dict[str, Any] = {"success": True, "virtualSize": target.file.total_size()}
    if target.file.is_directory:
        return shown | {"logicalSize": target.file.total_size(), "distributionPerStorage": {storage_id: physical}}
    place = f"/{target.file.relative_path()}"
    return shown | {
        "distributionPerStorage": {storage_id: {**physical, "blocks": held}},
        "locationsPerStorage": {storage_id: place if held else None},
    }


def _blocks(call: Call, target: Target, provider_id: str) -> list[list[int]]:
    storage = storage_of(call, target)
    size = target.file.total_size()
    if storage is not None and storage.provider_id == provider_id:
        return [[0, size]] if size else []
    replicated = any(
        transfer.request.get("replicatingProviderId") == provider_id
        and _covers(transfer, target)
        and _status(call, transfer) == "completed"
        for transfer in call.state.transfers.values()
    )
    return [[0, size]] if replicated and size else []


def _covers(transfer: Transfer, target: Target) -> bool:
    uuids = [target.file.uuid, *(directory.uuid for directory in target.file.ancestors())]
    return transfer.space_id == target.space.id and transfer.file_uuid in uuids
