import pytest

from spacecast.transport import Transport
from support.http_server import ScriptedServer


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def make_transport():
    made = []

    def make(url, **options):
        options.setdefault("headers", lambda: {"X-Auth-Token": "MDAxSECRET"})
        transport = Transport(url, service="Onezone zone.example.org", **options)
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(server, make_transport):
    return make_transport(server.url, read_timeout_seconds=5)
