"""Whether the Tiled server can read the files that it serves: one number of one array that is registered already.

The server does not tell its `readable_storage`, and believes every path until somebody reads from it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from spacecast.service.preflight.model import Finding, Notes
from spacecast.transport import Transport

_NEWEST_DATASETS = 5
_ENTRIES = 50


def check_reading(notes: Notes, transport: Transport, path: str) -> Iterator[Finding]:
    """Read one number of the first array in one of the datasets below `path`, if there is any."""
    array = _some_array(transport, path)
    if array is None:
        yield notes.ok("storage", "no array is registered yet, so reading could not be tried")
        return
    name, dimensions = array
    corner = ",".join(["0:1"] * dimensions)
    params = {"slice": corner, "format": "application/octet-stream"} if corner else {}
    answer = transport.request("GET", f"array/full/{name}", params=params)
    if answer.ok:
        yield notes.ok("storage", f"the server reads the files of {name}")
        return
    yield notes.problem(
        "storage",
        f"the server cannot read {name} ({HTTPStatus(answer.status).phrase})",
        "Check that the Tiled server sees the dataset folders (tiled.mount_points), that its user may read them, and"
        " that catalog.readable_storage in its config lists them with symbolic links resolved.",
    )


def _some_array(transport: Transport, path: str) -> tuple[str, int] | None:
    for dataset in _children(transport, path, _NEWEST_DATASETS):
        below = f"{path}/{quote(str(dataset.get('id')), safe='')}"
        for entry in _children(transport, below, _ENTRIES):
            attributes = entry.get("attributes") or {}
            if attributes.get("structure_family") == "array":
                shape = (attributes.get("structure") or {}).get("shape") or []
                return f"{below}/{quote(str(entry.get('id')), safe='')}", len(shape)
    return None


def _children(transport: Transport, path: str, number: int) -> list[dict[str, Any]]:
    params: dict[str, str | int] = {"page[limit]": number, "sort": "-"}
    body = transport.request("GET", f"search/{path}", params=params).json()
    data = body.get("data") if isinstance(body, dict) else None
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
