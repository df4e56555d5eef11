import pytest

from spacecast.onedata import PanelClient, ProviderClient, ZoneClient
from support.http_server import ScriptedServer

TOKEN = "MDAxSERVICEUSERTOKENxxxxxxxxxxxxxxxx"


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


def _client(kind, server):
    return kind.connect(server.url, lambda: TOKEN, read_timeout_seconds=5)


@pytest.fixture
def zone(server):
    with _client(ZoneClient, server) as client:
        yield client


@pytest.fixture
def panel(server):
    with _client(PanelClient, server) as client:
        yield client


@pytest.fixture
def provider(server):
    with _client(ProviderClient, server) as client:
        yield client
