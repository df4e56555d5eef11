"""Panel: storages; listing, adding, changing, removing them."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Storage
from spacecast.sandbox.onedata.identifiers import new_id
from spacecast.sandbox.onedata.messages import Reply, json_reply, no_content
from spacecast.sandbox.onedata.panel_service import PREFIX, allow_changing, allow_reading
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.state import State

ROUTES = Routes(PREFIX)
_FEEDS = ("auto", "local", "external")
_OWN_SETTINGS = ("type", "name", "mountPoint", "importedStorage", "readonly", "qosParameters", "skipStorageDetection")


@ROUTES.on("GET", "/provider/storages")
def storages(call: Call) -> Reply:
    """List the ids of the provider's storages."""
    allow_reading(call)
    return json_reply({"ids": [storage.id for storage in call.state.storages.values() if _is_here(call, storage)]})


@ROUTES.on("GET", "/provider/storages/{stid}")
def storage_details(call: Call) -> Reply:
    """Describe a storage."""
    storage = _storage(call)
    allow_reading(call)
    return json_reply(_shown(storage))


@ROUTES.on("POST", "/provider/storages")
def add_storages(call: Call) -> Reply:
    """Add storages, named by the keys of the body; 400 with a map when one fails, the others are there then."""
    for name, parameters in call.body.items():
        _check_parameters(name, parameters)
    allow_changing(call)
    outcomes = {name: _add(call, name, parameters) for name, parameters in call.body.items()}
    failed = any("error" in outcome for outcome in outcomes.values())
    if failed:
        return json_reply(outcomes, 400)
    return json_reply(outcomes) if call.state.release.storage_ids_in_answer else no_content()


def _check_parameters(name: str, parameters: object, *, change: bool = False) -> None:
    """Validate the types, before anything is looked at; errors name `<storage>.<key>`."""
    if not isinstance(parameters, dict):
        raise errors.malformed_data()
    for key in ("type",) if change else ("type", "mountPoint"):
        if key not in parameters:
            raise errors.missing_required(f"{name}.{key}")
    if parameters["type"] != "posix":
        raise errors.not_allowed(f"{name}.type", ["posix"])
    if parameters.get("lumaFeed", "auto") not in _FEEDS:
        raise errors.not_allowed(f"{name}.lumaFeed", _FEEDS)
    _check_types(name, parameters)


def _check_types(name: str, parameters: Mapping[str, Any]) -> None:
    if not isinstance(parameters.get("mountPoint", ""), str):
        raise errors.bad_value("badValueString", f"{name}.mountPoint", "a string")
    for key in ("importedStorage", "readonly", "archiveStorage"):
        bodies.boolean(parameters, key, default=False, named=f"{name}.{key}")
    if "timeout" in parameters:
        bodies.integer(parameters, "timeout", low=1, named=f"{name}.timeout")
    for key, value in bodies.mapping(parameters, "qosParameters", named=f"{name}.qosParameters").items():
        if not isinstance(value, str):
            raise errors.bad_value("badValueString", f"{name}.qosParameters.{key}", "a string")


def _add(call: Call, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    state = call.state
    storage = Storage(
        id=new_id(),
        name=name,
        provider_id=call.here.id,
        mount_point=parameters["mountPoint"],
        imported=parameters.get("importedStorage", False),
        readonly=parameters.get("readonly", False),
        settings=_settings(parameters),
        qos_parameters=decoded_qos_parameters(parameters),
    )
    try:
        _check_storage(state, storage)
    except errors.ApiError as error:
        return {"error": error.as_json()}
    state.storages[storage.id] = storage
    return {"id": storage.id}


def _check_storage(state: State, storage: Storage) -> None:
    if not state.zone_up:
        raise errors.no_connection_to_zone()
    if not bodies.valid_name(storage.name):
        raise errors.bad_name()
    if storage.readonly and not storage.imported:
        raise errors.requires_imported_storage(storage.id)
    if not storage.mount_point.startswith("/"):
        raise errors.storage_test_failed("access")
    _probe(state.on_this_machine(storage.mount_point), readonly=storage.readonly)


def _probe(folder: Path, *, readonly: bool) -> None:
    """Look into the mount point; write, read and remove a hidden file there unless it is read-only."""
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise errors.storage_test_failed("access")
    if readonly:
        return
    file = folder / f".__onedata_probe_{secrets.token_hex(8)}"
    try:
        file.write_bytes(b"probe")
    except OSError as error:
        raise errors.storage_test_failed("write") from error
    file.unlink()


def _settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "storagePathType": "canonical",
        "rootUid": 0,
        "rootGid": 0,
        "archiveStorage": False,
        "lumaFeed": "auto",
    }
    known = (*defaults, "timeout", "lumaFeedUrl", "lumaFeedApiKey")
    return {**defaults, **{key: value for key, value in parameters.items() if key in known}}


def decoded_qos_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give the QoS parameters as they are stored: a text that is valid JSON is decoded."""
    return {key: _decoded(value) for key, value in parameters.get("qosParameters", {}).items()}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@ROUTES.on("PATCH", "/provider/storages/{stid}")
def change_storage(call: Call) -> Reply:
    """Change a storage; `verificationPassed: false` with status 200 means that it did not work."""
    for name, parameters in call.body.items():
        _check_parameters(name, parameters, change=True)
    storage = _storage(call)
    allow_changing(call)
    if list(call.body) != [storage.name]:
        raise errors.not_allowed("name", [storage.name])
    parameters = call.body[storage.name]
    if (
        call.state.storage_in_use(storage.id)
        and parameters.get("importedStorage", storage.imported) != storage.imported
    ):
        raise errors.storage_in_use()
    passed = _change(call, storage, parameters)
    return json_reply({**_shown(storage), "verificationPassed": passed})


def _change(call: Call, storage: Storage, parameters: Mapping[str, Any]) -> bool:
    changed = Storage(
        id=storage.id,
        name=parameters.get("name", storage.name),
        provider_id=storage.provider_id,
        mount_point=parameters.get("mountPoint", storage.mount_point),
        imported=parameters.get("importedStorage", storage.imported),
        readonly=parameters.get("readonly", storage.readonly),
        settings={**storage.settings, **_given_settings(parameters)},
        qos_parameters=storage.qos_parameters,
    )
    if "qosParameters" in parameters:
        changed.qos_parameters = decoded_qos_parameters(parameters)
    try:
        _check_storage(call.state, changed)
    except errors.ApiError:
        return False
    vars(storage).update(vars(changed))
    return True


def _given_settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key not in _OWN_SETTINGS}


@ROUTES.on("DELETE", "/provider/storages/{stid}")
def remove_storage(call: Call) -> Reply:
    """Remove the record of a storage; the files stay."""
    storage = _storage(call)
    allow_changing(call)
    if call.state.storage_in_use(storage.id):
        raise errors.storage_in_use()
    call.state.storages.pop(storage.id)
    return no_content()


def _shown(storage: Storage) -> dict[str, Any]:
    implicit = {"storageId": storage.id, "providerId": storage.provider_id}
    return {
        "id": storage.id,
        "name": storage.name,
        "type": "posix",
        "importedStorage": storage.imported,
        "readonly": storage.readonly,
        "mountPoint": storage.mount_point,
        **storage.settings,
        "qosParameters": {**storage.qos_parameters, **implicit},
    }


def _is_here(call: Call, storage: Storage) -> bool:
    return storage.provider_id == call.here.id


def _storage(call: Call) -> Storage:
    storage = call.state.storages.get(call.ids["stid"])
    if storage is None or not _is_here(call, storage):
        raise errors.not_found()
    return storage
