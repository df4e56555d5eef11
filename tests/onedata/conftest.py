import pytest

from spacecast.onedata import PanelClient, ProviderClient, ZoneClient
from spacecast.sandbox.onedata import Delays, OnedataSandbox
from support.http_server import ScriptedServer
from support.onedata_deployment import Deployment

DELAYS = {"propagation_seconds": 0.05, "first_scan_seconds": 0.05, "verdict_cache_seconds": 0.1}
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


@pytest.fixture(scope="module", params=["21.02", "21.02.1", "25.0", "20.02"])
def deployment(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    with OnedataSandbox(folder, release=request.param, delays=Delays(**DELAYS)) as sandbox:
        urls = (sandbox.zone_url, sandbox.providers[0].url, sandbox.providers[0].url)
        kinds = (ZoneClient, ProviderClient, PanelClient)
        clients = [
            kind.connect(url, lambda: sandbox.token, ca_bundle=sandbox.ca_file)
            for kind, url in zip(kinds, urls, strict=True)
        ]
        yield Deployment(sandbox, clients)
        for client in clients:
            client.close()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dataset 1"
    (folder / "raw").mkdir(parents=True)
    (folder / "SPA.yml").write_text("a: 1\n")
    (folder / "raw" / "ä 1.mrc").write_bytes(b"x" * 1000)
    return folder
