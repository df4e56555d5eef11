"""A facility with a real Tiled server; each test has a container of its own for its datasets."""

import hashlib
import shutil
import threading
from pathlib import PurePosixPath

import numpy as np
import pytest

from spacecast import data
from spacecast.catalog import CatalogClient, build_plan, mark, register
from spacecast.data import recording
from spacecast.folders import open_folder
from spacecast.sandbox.acquisition import acquire
from support.downloads import NAME
from support.tiled_server import prepared_catalog


class Facility:
    """Folders, and what the daemon says of them in the catalog."""

    def __init__(self, tiled, base, container):
        self.tiled = tiled
        self.container = container
        self.root = base / container
        self.root.mkdir()
        self.client = CatalogClient.connect(tiled.url, lambda: tiled.api_key)

    @property
    def address(self):
        return f"{self.tiled.url}/api/v1/metadata/{self.container}"

    def mark(self, status, reason="", name=NAME):
        mark(self.client, (self.container,), name, status=status, reason=reason, stop=threading.Event())

    def acquire(self, name=NAME, seed=417):
        list(acquire(self.root / name, seed))
        return self.root / name

    def publish(self, name=NAME, facts=None, **metadata):
        folder = self.root / name
        with open_folder(self.root, name) as opened:
            plan = build_plan(
                opened.files(), opened.open, folder=PurePosixPath(folder.resolve()), stop=threading.Event()
            )
        register(
            self.client,
            (self.container,),
            name,
            plan,
            metadata=metadata,
            facts=facts or {},
            stop=threading.Event(),
        )
        return folder


@pytest.fixture(autouse=True)
def catalogs_made_before(tmp_path_factory, monkeypatch, request):
    """Begin catalogs with a copy of an empty one, which spares seconds; `makes_catalogs` has them made."""
    if "makes_catalogs" not in request.fixturenames:
        empty = prepared_catalog(tmp_path_factory)
        monkeypatch.setattr(
            recording, "make_catalog", lambda uri: shutil.copyfile(empty, uri.removeprefix("sqlite:///"))
        )


@pytest.fixture
def makes_catalogs():
    """Let a test make its catalogs as users do."""


@pytest.fixture(scope="session")
def served(tmp_path_factory, shared_tiled):
    """Give a folder for data, and the server that reads it."""
    yield tmp_path_factory.mktemp("served"), shared_tiled
    data.disconnect()


@pytest.fixture
def make_facility(monkeypatch):
    """Give what makes a facility; the data's users find it by the environment."""
    clients = []

    def make(tiled, base, container):
        made = Facility(tiled, base, container)
        clients.append(made.client)
        monkeypatch.setenv("SPACECAST_URL", made.address)
        for name in ("SPACECAST_API_KEY", "TILED_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        return made

    yield make
    data.disconnect()
    for client in clients:
        client.close()


@pytest.fixture
def facility(served, request, make_facility):
    base, tiled = served
    container = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    return make_facility(tiled, base, container)


@pytest.fixture
def published(facility):
    folder = facility.acquire()
    (folder / "notes").mkdir()
    (folder / "notes" / "holder.txt").write_text("it drifts")
    np.save(folder / "mask.npy", np.arange(12).reshape(3, 4))
    facility.publish(Sample={"Name": "ribosome"})
    return folder


@pytest.fixture
def opened():
    clients = []

    def open_catalog(*arguments, **options):
        clients.append(data.from_catalog(*arguments, **options))
        return clients[-1]

    yield open_catalog
    for client in clients:
        client.context.close()
