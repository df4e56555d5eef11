"""A real Tiled server for tests, and files registered with it as the catalog does: by what `describe` says."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from tiled.client import from_uri

from spacecast.formats import Readable, describe, stack
from spacecast.sandbox.tiled import TiledSandbox, prepare_catalog


def prepared_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalog made once for all workers of a test run; making one takes seconds."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    catalog_file = shared / "prepared-catalog.db"
    with (shared / "prepared-catalog.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_catalog(catalog_file)
    return catalog_file


def server(tmp_path_factory: pytest.TempPathFactory) -> TiledSandbox:
    """A server that may read all folders of the tests, not started yet."""
    return TiledSandbox(
        tmp_path_factory.mktemp("tiled"),
        readable_storage=[tmp_path_factory.getbasetemp()],
        prepared_catalog=prepared_catalog(tmp_path_factory),
    )


@contextmanager
def looked_at(sandbox: TiledSandbox, storage: Path) -> Iterator["Served"]:
    """A running server as scientists' client shows it, with a folder for data."""
    client = from_uri(f"{sandbox.url}/api/v1", api_key=sandbox.api_key)
    try:
        yield Served(sandbox, storage, client)
    finally:
        client.context.close()


@dataclass
class Served:
    sandbox: TiledSandbox
    storage: Path
    client: Any
    _count: int = field(default=0)

    def folder(self) -> Path:
        """A new folder that the server may read."""
        self._count += 1
        folder = self.storage / f"folder-{self._count}"
        folder.mkdir()
        return folder

    def open(self, *paths: Path) -> Any:
        """Register a file, or files as a series, and give the client's object for it."""
        readable = described(paths[0])
        if len(paths) > 1:
            readable = stack(readable, len(paths))
        return self.open_as(readable, paths)

    def open_as(self, readable: Readable, paths: Sequence[Path]) -> Any:
        self._count += 1
        key = f"entry-{self._count}"
        numbered = readable.asset_parameter == "data_uris"
        assets = [
            {
                "data_uri": f"file://localhost{path}",
                "is_directory": False,
                "parameter": readable.asset_parameter,
                "num": number if numbered else None,
                "size": path.stat().st_size,
            }
            for number, path in enumerate(paths)
        ]
        source = {
            "structure_family": readable.structure_family,
            "mimetype": readable.mimetype,
            "structure": readable.structure,
            "parameters": readable.parameters,
            "management": "external",
            "assets": assets,
        }
        answer = requests.post(
            f"{self.sandbox.url}/api/v1/register/",
            json={
                "id": key,
                "structure_family": readable.structure_family,
                "metadata": readable.metadata,
                "specs": [],
                "data_sources": [source],
            },
            headers={"Authorization": f"Apikey {self.sandbox.api_key}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return self.client[key]


def described(path: Path) -> Readable:
    with path.open("rb") as file:
        found = describe(file, path.name, path.stat().st_size)
    assert isinstance(found, Readable), found
    return found
