"""Each test has a facility of its own."""

from dataclasses import replace

import pytest
from tiled.client import from_uri

from spacecast.sandbox.onedata.settings import RELEASES
from support.world import made


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


@pytest.fixture(params=["21.02.0", "25.0"])
def seedless_world(tmp_path, monkeypatch, request):
    """A facility whose zone computes no ids; the older release has no descriptions of spaces either."""
    changed = {"version": request.param, "honours_seed": False, "space_description": request.param == "25.0"}
    monkeypatch.setitem(RELEASES, "21.02", replace(RELEASES["21.02"], **changed))
    with made(tmp_path) as world:
        yield world


@pytest.fixture
def connect(tiled):
    """Read entries at their addresses as scientists do, on the server of the test."""
    clients = []

    def connected(address):
        clients.append(from_uri(address, api_key=tiled.api_key))
        return clients[-1]

    yield connected
    for client in clients:
        client.context.close()
