"""Write the catalog of a download: the same entries with the same metadata, their files being those on this disk."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from spacecast.data.choosing import Chosen, RemoteEntry
from spacecast.data.faults import DownloadFailed
from spacecast.data.moving import address_of, relocate, seal
from spacecast.data.offline import from_catalog, make_catalog, upgrade_catalog
from spacecast.formats import RAW_ARRAY_MIMETYPE

_MOST_ASSETS = 500
# What every Tiled server can read by itself, so that `tiled serve catalog` needs nothing of ours.
_READ_BY_TILED = {".tif": "image/tiff", ".tiff": "image/tiff", ".npy": "application/x-npy"}


def record_in_file(database: Path, data: Path, chosen: Sequence[Chosen]) -> None:
    """Enter datasets into a catalog file, which is made where missing; what is in it already and not chosen stays.

    A new file appears once it is whole; one that is there is changed in place, since somebody may have it open.
    Raises DownloadFailed where an entry is refused.
    """
    if database.exists():
        upgrade_catalog(database)
        relocate(database, data)
        record(database, data, chosen)
        seal(database, data)
        return
    draft = database.with_name(f".{database.name}.new")
    draft.unlink(missing_ok=True)
    make_catalog(f"sqlite:///{draft}")
    record(draft, data, chosen)
    seal(draft, data)
    draft.replace(database)


def record(database: Path | str, data: Path, chosen: Sequence[Chosen]) -> None:
    """Enter datasets into an existing catalog: a file, or a PostgreSQL address."""
    client = from_catalog(database, [data])
    try:
        recorder = _Recorder(client, data)
        for one in chosen:
            recorder.enter(one)
    finally:
        client.context.close()


class _Recorder:
    def __init__(self, client: Any, data: Path) -> None:
        self._http = client.context.http_client
        self._api = str(client.context.api_uri).rstrip("/")
        self._data = data

    def enter(self, chosen: Chosen) -> None:
        """Enter one dataset; a whole one replaces what is there under its key."""
        for number, entry in enumerate(chosen.entries):
            if chosen.is_whole or number:
                self._send("DELETE", "metadata", entry.path, {}, gone=True, params={"recursive": "true"})
            self._create(entry, is_there_allowed=not chosen.is_whole and not number)

    def _create(self, entry: RemoteEntry, *, is_there_allowed: bool) -> None:
        sources = [self._local(source, entry) for source in entry.attributes.get("data_sources") or ()]
        body = {
            "id": entry.path[-1],
            "structure_family": entry.attributes["structure_family"],
            "metadata": entry.attributes.get("metadata") or {},
            "specs": entry.attributes.get("specs") or [],
            "data_sources": [{**source, "assets": source["assets"][:_MOST_ASSETS]} for source in sources],
        }
        made = self._send("POST", "register" if sources else "metadata", entry.path[:-1], body, gone=is_there_allowed)
        for source, known in zip(sources, (made or {}).get("data_sources") or (), strict=False):
            for assets in _portions(source["assets"][_MOST_ASSETS:]):
                more = {"data_source": {**source, "id": known["id"], "assets": assets}}
                self._send("PUT", "data_source", entry.path, more)

    def _local(self, source: Mapping[str, Any], entry: RemoteEntry) -> dict[str, Any]:
        places = [entry.places[int(asset["id"])] for asset in source.get("assets") or ()]
        return {
            **{name: source[name] for name in ("structure_family", "structure", "mimetype", "parameters")},
            **_as_tiled_reads(source, places),
            "management": "external",
            "assets": [
                {
                    "data_uri": address_of(self._data / place),
                    **{name: asset.get(name) for name in ("is_directory", "parameter", "num", "size")},
                }
                for asset, place in zip(source.get("assets") or (), places, strict=True)
            ],
        }

    def _send(
        self,
        method: str,
        verb: str,
        path: Sequence[str],
        body: Mapping[str, Any],
        *,
        gone: bool = False,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        address = f"{self._api}/{verb}/" + "/".join(quote(key, safe="") for key in path)
        answer = self._http.request(method, address, json=dict(body) if body else None, params=params)
        if gone and answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return None
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise DownloadFailed(
                f"{'/'.join(path)} could not be entered into the catalog ({answer.status_code}); its files are there."
            )
        return answer.json() if answer.content else None


def _portions(assets: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(assets), _MOST_ASSETS):
        yield assets[start : start + _MOST_ASSETS]


def _as_tiled_reads(source: Mapping[str, Any], places: Sequence[PurePosixPath]) -> dict[str, Any]:
    """Let a whole TIFF or NPY file be read by Tiled's own adapter, which needs no parameters."""
    if source.get("mimetype") != RAW_ARRAY_MIMETYPE or len(places) != 1:
        return {}
    mimetype = _READ_BY_TILED.get(places[0].suffix.lower())
    return {} if mimetype is None else {"mimetype": mimetype, "parameters": {}}
