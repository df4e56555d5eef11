"""Access tags on every entry, before a server whose access policy enforces them."""

import threading

import numpy as np
import pytest

from spacecast.catalog import FILES, CatalogClient, CatalogFault, give_access_tags, mark
from support.catalog import Dataset, ObservedTransport
from support.strict_tiled import StrictTiled, asked, keys_seen_by, narrow_key, tokens_of
from support.tiled_server import prepared_catalog


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    folder, storage = tmp_path_factory.mktemp("tiled"), tmp_path_factory.mktemp("storage")
    with StrictTiled(folder, readable_storage=[storage], prepared_catalog=prepared_catalog(tmp_path_factory)) as server:
        server.storage = storage
        yield server


@pytest.fixture(scope="module")
def tokens(tiled):
    return tokens_of(tiled)


@pytest.fixture(scope="module")
def daemon_key(tiled, tokens):
    return narrow_key(tiled, tokens)


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


def seen_by(tiled, dataset, token):
    return keys_seen_by(tiled, f"datasets/{dataset.key}", token)


def retag(dataset, tag):
    return give_access_tags(dataset.client, ("datasets",), dataset.key, [tag], stop=threading.Event())


ALL = {FILES, "frame_series.tif", "scan.h5"}


def test_whoever_has_the_tag_gets_every_entry_and_nobody_else_any(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    assert seen_by(tiled, dataset, tokens["alice"]) == ALL
    assert seen_by(tiled, dataset, tokens["bob"]) is None
    assert seen_by(tiled, dataset, None) is None
    read = asked(tiled, "GET", f"array/full/datasets/{dataset.key}/frame_series.tif?format=application/octet-stream",
                 tokens["alice"])  # fmt: skip
    assert np.frombuffer(read.content, "<u2").reshape(2, 4, 6)[1, 0, 0] == 1
    assert asked(tiled, "GET", f"metadata/datasets/{dataset.key}/{FILES}", tokens["bob"]).status_code == 404


def test_entries_that_come_later_and_changed_tags_are_for_those_who_are_meant(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    dataset.hdf5("later.h5", 2)
    dataset.image("frame_2.tif", 2)
    dataset.register(access_tags=["group-1"])
    assert seen_by(tiled, dataset, tokens["alice"]) == {*ALL, "later.h5"}
    retag(dataset, "group-2")
    assert seen_by(tiled, dataset, tokens["alice"]) is None
    assert seen_by(tiled, dataset, tokens["bob"]) == {*ALL, "later.h5"}


def test_a_public_dataset_has_its_tag_on_every_entry_too(tiled, tokens, dataset):
    dataset.register(access_tags=["anybody"])
    assert seen_by(tiled, dataset, None) == seen_by(tiled, dataset, tokens["bob"]) == ALL


def test_a_dataset_that_is_taken_back_answers_those_who_could_read_it(tiled, tokens, dataset):
    dataset.register(access_tags=["group-1"])
    mark(dataset.client, ("datasets",), dataset.key, status="removed", reason="wrong sample",
         access_tags=["group-1"], stop=threading.Event())  # fmt: skip
    assert seen_by(tiled, dataset, tokens["alice"]) == set()
    said = asked(tiled, "GET", f"metadata/datasets/{dataset.key}", tokens["alice"]).json()
    assert said["data"]["attributes"]["metadata"]["spacecast"]["reason"] == "wrong sample"
    assert seen_by(tiled, dataset, tokens["bob"]) is None


def test_a_tag_that_the_server_does_not_know_is_named_for_a_person(dataset):
    with pytest.raises(CatalogFault, match=r"access_tags|nobody-knows-it"):
        dataset.register(access_tags=["nobody-knows-it"])
