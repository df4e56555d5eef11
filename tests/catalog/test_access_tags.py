"""Access tags on every entry, before a server whose access policy enforces them."""

import asyncio
import threading

import numpy as np
import pytest
import requests
from tiled.access_control.access_tags import AccessTagsCompiler
from tiled.access_control.scopes import ALL_SCOPES
from tiled.server.settings import DatabaseSettings

from spacecast.catalog import FILES, CatalogClient, CatalogFault, mark
from spacecast.sandbox.tiled import TiledSandbox
from support.catalog import Dataset, ObservedTransport
from support.tiled_server import prepared_catalog

USERS = {"admin": "a-secret", "alice": "b-secret", "bob": "c-secret"}
SCOPES = ["read:metadata", "read:data", "write:metadata", "create:node", "register", "delete:node", "delete:revision"]
READS = ["read:metadata", "read:data"]


class StrictTiled(TiledSandbox):
    """A server with several users and the policy that looks at tags."""

    def configuration(self):
        config = super().configuration()
        toy = {
            "provider": "toy",
            "authenticator": "tiled.authenticators:DictionaryAuthenticator",
            "args": {"users_to_passwords": USERS},
        }
        config["authentication"] |= {
            "providers": [toy],
            "tiled_admins": [{"provider": "toy", "id": "admin"}],
            "secret_keys": ["for-a-test-only-" * 3],
        }
        config["catalog"]["top_level_access_tags"] = ["anybody"]
        config["database"] = {"uri": f"sqlite:///{self.catalog_file.parent}/users.db", "init_if_not_exists": True}
        config["access_control"] = {
            "access_policy": "tiled.access_control.access_policies:TagBasedAccessPolicy",
            "args": {"provider": "toy", "access_tags_parser": "tiled.access_control.access_tags:AccessTagsParser"},
        }
        return config


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    folder, storage = tmp_path_factory.mktemp("tiled"), tmp_path_factory.mktemp("storage")
    with StrictTiled(folder, readable_storage=[storage], prepared_catalog=prepared_catalog(tmp_path_factory)) as server:
        server.storage = storage
        yield server


def asked(tiled, method, path, token=None, **content):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, f"{tiled.url}/api/v1/{path}", headers=headers, timeout=30, **content)


@pytest.fixture(scope="module")
def tokens(tiled):
    found = {None: None}
    for name, password in USERS.items():
        form = {"username": name, "password": password, "grant_type": "password"}
        answer = asked(tiled, "POST", "auth/provider/toy/token", data=form)
        found[name] = answer.json()["access_token"]
    return found


@pytest.fixture(scope="module")
def daemon_key(tiled, tokens):
    """The narrow key of a service that owns two tags; alice may read what has the one, bob the other."""
    service = asked(tiled, "POST", "auth/principal?role=admin", tokens["admin"]).json()["uuid"]
    wish = {"scopes": SCOPES, "expires_in": 3600}
    answer = asked(tiled, "POST", f"auth/principal/{service}/apikey", tokens["admin"], json=wish)
    ours = {"name": service, "scopes": SCOPES}
    definitions = {
        "tags": {
            "group-1": {"users": [ours, {"name": "alice", "scopes": READS}]},
            "group-2": {"users": [ours, {"name": "bob", "scopes": READS}]},
            "anybody": {"users": [ours], "auto_tags": [{"name": "public"}]},
        },
        "tag_owners": {tag: {"users": [{"name": service}]} for tag in ("group-1", "group-2", "anybody")},
    }
    settings = DatabaseSettings(uri=f"sqlite:///{tiled.catalog_file}")
    compiler = AccessTagsCompiler(ALL_SCOPES, definitions, settings, lambda _group: [])
    compiler.load_tag_config()
    asyncio.run(compiler.compile())
    return answer.json()["secret"]


@pytest.fixture
def dataset(tiled, daemon_key, request):
    folder = tiled.storage / request.node.name
    folder.mkdir()
    with ObservedTransport(tiled.url, daemon_key) as transport:
        dataset = Dataset(folder, CatalogClient(transport), transport, None)
        # The facility's container, which everybody may look into.
        mark(dataset.client, (), "datasets", status="pending", access_tags=["anybody"], stop=threading.Event())
        for number in range(2):
            dataset.image(f"frame_{number}.tif", number)
        dataset.hdf5("scan.h5", 1)
        dataset.write("notes.txt", b"hello")
        yield dataset


def keys_seen_by(tiled, dataset, token):
    """The entries that somebody finds below the dataset; None where it is not there for them."""
    answer = asked(tiled, "GET", f"search/datasets/{dataset.key}", token, params={"fields": ""})
    return {item["id"] for item in answer.json()["data"]} if answer.ok else None


ALL = {FILES, "frame_series.tif", "scan.h5"}


def test_whoever_has_the_tag_gets_every_entry_and_nobody_else_any(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    assert keys_seen_by(tiled, dataset, tokens["alice"]) == ALL
    assert keys_seen_by(tiled, dataset, tokens["bob"]) is None
    assert keys_seen_by(tiled, dataset, None) is None
    read = asked(tiled, "GET", f"array/full/datasets/{dataset.key}/frame_series.tif?format=application/octet-stream",
                 tokens["alice"])  # fmt: skip
    assert np.frombuffer(read.content, "<u2").reshape(2, 4, 6)[1, 0, 0] == 1
    assert asked(tiled, "GET", f"metadata/datasets/{dataset.key}/{FILES}", tokens["bob"]).status_code == 404


def test_entries_that_come_later_and_changed_tags_are_for_those_who_are_meant(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    dataset.hdf5("later.h5", 2)
    dataset.image("frame_2.tif", 2)
    dataset.register(access_tags=["group-1"])
    assert keys_seen_by(tiled, dataset, tokens["alice"]) == {*ALL, "later.h5"}
    dataset.register(access_tags=["group-2"])
    assert keys_seen_by(tiled, dataset, tokens["alice"]) is None
    assert keys_seen_by(tiled, dataset, tokens["bob"]) == {*ALL, "later.h5"}


def test_a_public_dataset_has_its_tag_on_every_entry_too(tiled, tokens, dataset):
    dataset.register(access_tags=["anybody"])
    assert keys_seen_by(tiled, dataset, None) == keys_seen_by(tiled, dataset, tokens["bob"]) == ALL


def test_a_dataset_that_is_taken_back_answers_those_who_could_read_it(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    mark(dataset.client, ("datasets",), dataset.key, status="removed", reason="wrong sample",
         access_tags=["group-1"], stop=threading.Event())  # fmt: skip
    assert keys_seen_by(tiled, dataset, tokens["alice"]) == set()
    said = asked(tiled, "GET", f"metadata/datasets/{dataset.key}", tokens["alice"]).json()
    assert said["data"]["attributes"]["metadata"]["spacecast"]["reason"] == "wrong sample"
    assert keys_seen_by(tiled, dataset, tokens["bob"]) is None


def test_a_tag_that_the_server_does_not_know_is_named_for_a_person(dataset):
    with pytest.raises(CatalogFault, match=r"access_tags|nobody-knows-it"):
        dataset.register(access_tags=["nobody-knows-it"])
