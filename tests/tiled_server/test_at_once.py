"""A server that enters the files of a request at once has the same in its database as one that does it one by one."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
import requests
from websockets.sync.client import connect

from spacecast.sandbox.tiled import TiledSandbox
from support.tiled_server import prepared_catalog

TABLES = {
    "nodes": "id, parent, key, structure_family, metadata, specs",
    "nodes_closure": "ancestor, descendant, depth",
    "structures": "id, structure",
    "data_sources": "id, node_id, structure_id, mimetype, parameters, properties, management, structure_family",
    "assets": "id, data_uri, is_directory, size",
    "data_source_asset_association": "data_source_id, asset_id, parameter, num",
}


class Server:
    """A running server, asked as the daemon asks it."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Apikey {sandbox.api_key}"

    def ask(self, method, path, **options):
        return self.session.request(method, f"{self.sandbox.url}/{path}", timeout=60, **options)

    def register(self, key, source):
        body = {"id": key, "structure_family": source["structure_family"], "metadata": {"of": key}, "specs": []}
        return self.ask("POST", "api/v1/register/", json=body | {"data_sources": [source]})

    def register_beside(self, key, source):
        return self.register(f"{key}-beside", source)

    def grow(self, key, source):
        entry = self.ask("GET", f"api/v1/metadata/{key}?include_data_sources=true").json()["data"]
        source_id = entry["attributes"]["data_sources"][0]["id"]
        return self.ask("PUT", f"api/v1/data_source/{key}", json={"data_source": source | {"id": source_id}})

    def rows(self):
        with closing(sqlite3.connect(self.sandbox.catalog_file)) as catalog:
            return {
                name: list(catalog.execute(f"SELECT {what} FROM {name} ORDER BY 1, 2")) for name, what in TABLES.items()
            }

    def messages(self, key):
        """What those who listen to an entry were told of it."""
        address = f"{self.sandbox.url.replace('http', 'ws')}/api/v1/stream/single/{key}?envelope_format=json&start=1"
        headers = {"Authorization": self.session.headers["Authorization"]}
        with connect(address, additional_headers=headers) as socket:
            told = [json.loads(socket.recv(timeout=20)) for _ in range(2)]
        # The address in it has the server's port.
        return [{name: value for name, value in each.items() if name not in ("timestamp", "uri")} for each in told]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One that enters files one by one, and one that does it at once."""
    prepared = prepared_catalog(tmp_path_factory)
    one_by_one, at_once = (
        TiledSandbox(tmp_path_factory.mktemp("tiled"), readable_storage=[], prepared_catalog=prepared, at_once=wanted)
        for wanted in (False, True)
    )
    with ThreadPoolExecutor() as starting, ExitStack() as stack:
        # Side by side: each takes seconds to start.
        running = list(starting.map(stack.enter_context, (one_by_one, at_once)))
        yield tuple(Server(sandbox) for sandbox in running)


def files(numbers, *, size=3, name="frame"):
    return [
        {
            "data_uri": f"file://localhost/data/{name}_{number:05}.tif",
            "is_directory": False,
            "parameter": "data_uris",
            "num": number,
            "size": size,
        }
        for number in numbers
    ]


def listed(assets):
    """A source without a structure, as the entry `files` has."""
    return {
        "structure_family": "bytes",
        "structure": None,
        "mimetype": "application/octet-stream",
        "parameters": {},
        "management": "external",
        "assets": assets,
    }


def series(assets, length):
    structure = {
        "data_type": {"endianness": "little", "kind": "u", "itemsize": 2, "dt_units": None},
        "chunks": [[1] * length, [8], [8]],
        "shape": [length, 8, 8],
        "dims": None,
        "resizable": False,
    }
    family = {"structure_family": "array", "mimetype": "multipart/related;type=image/tiff"}
    return listed(assets) | family | {"structure": structure}


def outcome(server, name, *requests_to_send):
    statuses = [getattr(server, kind)(name, source).status_code for kind, source in requests_to_send]
    return statuses, server.rows()


CASES = {
    "new": [("register", listed(files(range(40), name="n")))],
    "shared-with-another-entry": [
        ("register", listed(files(range(40), name="s"))),
        ("register_beside", listed(files(range(20, 60), name="s"))),
    ],
    "sizes-changed": [
        ("register", listed(files(range(40), name="z"))),
        ("register_beside", listed(files(range(30, 70), name="z", size=4))),
    ],
    "sizes-not-told": [
        ("register", listed(files(range(40), name="o"))),
        ("register_beside", listed(files(range(70), name="o", size=None))),
    ],
    "grown": [("register", series(files(range(5), name="a"), 5)), ("grow", series(files(range(5, 45), name="a"), 45))],
    "sent-twice": [
        ("register", series(files(range(9), name="b"), 9)),
        ("grow", series(files(range(5, 15), name="b", size=8), 15)),
        ("grow", series(files(range(5, 15), name="b", size=8), 15)),
    ],
    "list-grown": [("register", listed(files(range(3), name="c"))), ("grow", listed(files(range(3, 50), name="c")))],
    "one-file": [("register", listed(files([1], name="d"))), ("grow", listed(files([2], name="d")))],
    "no-file": [("register", listed([])), ("grow", listed([]))],
    "named-twice": [("register", listed(files(range(4), name="e") + files(range(2), name="e", size=9)))],
    "a-number-twice": [("register", listed(files(range(4), name="f") + files(range(2), name="g")))],
    "a-number-taken": [
        ("register", series(files(range(4), name="h"), 4)),
        ("grow", series(files(range(2, 6), name="i"), 6)),
    ],
    "no-such-reader": [("register", listed(files(range(4), name="j")) | {"mimetype": "application/x-unknown"})],
    "many": [("register", listed(files(range(500), name="k"))), ("grow", listed(files(range(500, 1000), name="k")))],
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_requests_leave_the_same_rows_and_have_the_same_answers(servers, name):
    one_by_one, at_once = (outcome(server, name, *CASES[name]) for server in servers)
    assert at_once == one_by_one


def test_who_listens_to_an_entry_is_told_of_all_new_files(servers):
    told = []
    for server in servers:
        assert server.register("told", series(files(range(5), name="t"), 5)).ok
        assert server.grow("told", series(files(range(5, 45), name="t"), 45)).ok
        told.append(server.messages("told"))
    assert told[1] == told[0]
    assert len(told[1][1]["data_source"]["assets"]) == 40


def test_a_server_tells_how_it_enters_files(servers):
    one_by_one, at_once = (server.ask("GET", "custom/spacecast", headers={"Authorization": ""}) for server in servers)
    assert one_by_one.status_code == 404
    assert at_once.json()["files"] == "at once"
    assert at_once.json()["reason"] == ""
