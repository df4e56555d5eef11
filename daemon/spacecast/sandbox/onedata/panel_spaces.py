"""Panel: which spaces the provider supports, with which storage and import."""

from collections.abc import Mapping
from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Storage, StorageImport, Support
from spacecast.sandbox.onedata.imported_files import SpaceFiles
from spacecast.sandbox.onedata.importing import DEFAULT_CONFIG
from spacecast.sandbox.onedata.invites import note_use, verify_invite
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.panel_service import PREFIX, allow_changing, allow_reading, wrapped
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes(PREFIX)
SMALLEST_SIZE = 1_000_000
_MODES = ("auto", "manual")


def supported_space(call: Call) -> Support:
    """Give the support named in the path; wrapped 403 for a space that exists, wrapped 404 for none."""
    space_id = call.ids["sid"]
    support = call.state.supports.get((call.here.id, space_id))
    if support is None:
        known = space_id in call.state.spaces
        raise wrapped(call, errors.forbidden() if known else errors.not_found())
    return support


@ROUTES.on("GET", "/provider/spaces")
def spaces(call: Call) -> Reply:
    """List the ids of the supported spaces."""
    allow_reading(call)
    return json_reply({"ids": [support.space_id for support in call.state.supports_by_provider(call.here.id)]})


@ROUTES.on("GET", "/provider/spaces/{sid}")
def space_details(call: Call) -> Reply:
    """Describe a support."""
    support = supported_space(call)
    allow_reading(call)
    return json_reply(_shown(call, support))


def _shown(call: Call, support: Support) -> dict[str, Any]:
    state = call.state
    storage = state.storages[support.storage_id]
    shown: dict[str, Any] = {
        "id": support.space_id,
        "name": state.spaces[support.space_id].name,
        "storageId": storage.id,
        "localStorages": [storage.id],
        "importedStorage": storage.imported,
        "supportingProviders": {other.provider_id: other.size for other in state.supports_of_space(support.space_id)},
        "spaceOccupancy": occupancy(call, support),
        "accountingEnabled": support.accounting,
        "dirStatsServiceEnabled": support.directory_statistics,
        "dirStatsServiceStatus": "enabled" if support.directory_statistics else "disabled",
    }
    if support.storage_import is not None:
        shown["storageImport"] = _shown_import(support.storage_import)
    return shown


def _shown_import(storage_import: StorageImport) -> dict[str, Any]:
    if storage_import.mode == "manual":
        return {"mode": "manual"}
    return {"mode": "auto", "autoStorageImportConfig": storage_import.config}


def occupancy(call: Call, support: Support) -> int:
    """Give the bytes that the space's files take."""
    files = call.state.files.get(support.space_id)
    return 0 if files is None else files.root.total_size()


@ROUTES.on("POST", "/provider/spaces")
def support_space(call: Call) -> Reply:
    """Support a space; first the support itself, then its storage import is set up."""
    body = call.body
    for key in ("token", "storageId"):
        bodies.text(body, key)
    bodies.integer(body, "size")
    storage_import = _requested_import(body)
    statistics = bodies.boolean(body, "dirStatsServiceEnabled", default=True)
    accounting = bodies.boolean(body, "accountingEnabled", default=False)
    allow_changing(call)
    if accounting and not statistics:
        raise errors.bad_data("dirStatsServiceEnabled", "accounting needs directory statistics")
    support = _support(call, storage_import, accounting=accounting, statistics=statistics)
    if support.storage_import is not None and support.storage_import.mode == "auto":
        call.world.importers[call.here.id].schedule(support, call.state.delays.first_scan_seconds)
    return created_at(f"{PREFIX}/provider/spaces/{support.space_id}", {"id": support.space_id})


def _support(call: Call, storage_import: StorageImport, *, accounting: bool, statistics: bool) -> Support:
    state = call.state
    try:
        space_id, storage = _checked(call)
    except errors.ApiError as error:
        raise wrapped(call, error) from error
    support = Support(
        provider_id=call.here.id,
        space_id=space_id,
        storage_id=storage.id,
        size=call.body["size"],
        since=state.clock(),
        storage_import=storage_import if storage.imported and not call.half_made else None,
        accounting=accounting,
        directory_statistics=statistics,
    )
    state.supports[call.here.id, space_id] = support
    state.files.setdefault(space_id, SpaceFiles(space_id, state.now()))
    return support


def _checked(call: Call) -> tuple[str, Storage]:
    """Give the space that the token names and the storage, if the one may be supported with the other."""
    state, body = call.state, call.body
    if not state.zone_up:
        raise errors.no_connection_to_zone()
    token = verify_invite(
        state, call.world.mint, body["token"], invite_type="supportSpace", consumer=f"prv-{call.here.id}"
    )
    storage = state.storages.get(body["storageId"])
    if storage is None or storage.provider_id != call.here.id:
        raise errors.id_not_found("storageId")
    if body["size"] < SMALLEST_SIZE:
        raise errors.too_low("size", SMALLEST_SIZE)
    space_id: str = token.invite["spaceId"]
    _check_free(call, space_id, storage)
    note_use(state, token)
    return space_id, storage


def _check_free(call: Call, space_id: str, storage: Storage) -> None:
    state = call.state
    if (call.here.id, space_id) in state.supports:
        raise errors.relation_already_exists(("od_space", space_id), ("od_provider", call.here.id))
    if not storage.imported:
        return
    for other in state.supports_of_space(space_id):
        if state.storages[other.storage_id].imported:
            raise errors.already_supported_with_imported_storage(space_id, other.storage_id)
    if state.storage_in_use(storage.id):
        raise errors.storage_in_use()


def _requested_import(body: Mapping[str, Any]) -> StorageImport:
    requested = bodies.mapping(body, "storageImport")
    mode = bodies.one_of(requested, "mode", _MODES, "auto")
    return StorageImport(mode, _merged_config(requested, DEFAULT_CONFIG))


def _merged_config(body: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Give the import's settings, changed by the body; types are checked, unknown keys ignored."""
    given = bodies.mapping(body, "autoStorageImportConfig")
    merged: dict[str, Any] = {}
    for key, default in DEFAULT_CONFIG.items():
        if isinstance(default, bool):
            merged[key] = bodies.boolean(given, key, default=known[key])
        else:
            merged[key] = bodies.integer(given, key, known[key], low=1)
    return merged


@ROUTES.on("PATCH", "/provider/spaces/{sid}")
def change_support(call: Call) -> Reply:
    """Change size, import or statistics of a support."""
    body = call.body
    size = bodies.integer(body, "size") if "size" in body else None
    support = supported_space(call)
    allow_changing(call)
    if size is not None and size < (smallest := max(SMALLEST_SIZE, occupancy(call, support))):
        raise wrapped(call, errors.too_low("size", smallest))
    if "autoStorageImportConfig" in body:
        _change_import(call, support)
    support.accounting = bodies.boolean(body, "accountingEnabled", default=support.accounting)
    support.directory_statistics = bodies.boolean(body, "dirStatsServiceEnabled", default=support.directory_statistics)
    support.size = support.size if size is None else size
    return no_content()


def _change_import(call: Call, support: Support) -> None:
    """Merge the settings; a support whose import was never set up cannot be mended so."""
    if not call.state.storages[support.storage_id].imported:
        raise wrapped(call, errors.requires_imported_storage(support.storage_id))
    if support.storage_import is None:
        raise wrapped(call, errors.internal())
    if support.storage_import.mode == "auto":
        support.storage_import.config = _merged_config(call.body, support.storage_import.config)
        call.world.importers[call.here.id].reconfigure(support)


@ROUTES.on("DELETE", "/provider/spaces/{sid}")
def revoke_support(call: Call) -> Reply:
    """End a support; the files stay."""
    support = supported_space(call)
    allow_changing(call)
    call.state.end_support(support)
    return no_content()
