"""What registering does when the server fails, refuses, or holds what it should not."""

import threading

import numpy as np
import pytest
import requests

from spacecast.catalog import (
    FILES,
    CatalogClient,
    Conflict,
    Failed,
    Forbidden,
    Gone,
    NewEntry,
    NoAdapter,
    Overtaken,
    Unauthorized,
    Unavailable,
)
from spacecast.faults import NeedsPerson, Passing
from spacecast.transport import Answer
from support.catalog import failing
from support.http_server import Close, Reply, ScriptedServer

KEY = "s3cretkey"


@pytest.fixture
def post(tiled):
    def post(path, body):
        headers = {"Authorization": f"Apikey {tiled.sandbox.api_key}"}
        return requests.post(f"{tiled.sandbox.url}/api/v1{path}", json=body, headers=headers, timeout=30)

    return post


def broken_entry(key, path):
    asset = {"data_uri": f"file://localhost{path}", "is_directory": False, "parameter": "data_uri"}
    source = {"structure_family": "array", "mimetype": "image/tiff", "structure": None, "assets": [asset]}
    source["management"] = "external"
    return {"id": key, "structure_family": "array", "metadata": {}, "data_sources": [source], "specs": []}


def test_an_entry_is_made_at_the_second_attempt_after_a_failure(dataset):
    dataset.image("a.tif", 1)
    dataset.transport.spoil = failing(1, method="POST", ending=dataset.key, after=True)
    dataset.register()
    # What the failed attempt may have left behind is removed before the next one.
    assert dataset.transport.writes.count(f"DELETE /metadata/datasets/{dataset.key}/a.tif") == 1
    assert np.array_equal(dataset.entry["a.tif"].read(), np.full((4, 6), 1))


def test_an_entry_that_never_succeeds_does_not_keep_the_others_out_and_is_tried_again(dataset):
    dataset.image("a.tif", 1)
    dataset.image("b.tif", 2)

    dataset.transport.spoil = failing(3, method="POST", ending=f"register/datasets/{dataset.key}")
    with pytest.raises(Failed):
        dataset.register()
    dataset.transport.spoil = None
    assert set(dataset.entry) == {"b.tif", FILES}
    assert dataset.entry.metadata["spacecast"]["status"] == "available"
    assert dataset.register().created == ("a.tif",)
    assert set(dataset.entry) == {"a.tif", "b.tif", FILES}


def test_a_lost_reply_to_a_creation_is_taken_for_what_it_is(dataset):
    dataset.image("a.tif", 1)
    lost = [True]

    def spoil(sent, send):
        answer = send()
        if sent.method == "POST" and sent.path.startswith("/register") and lost:
            lost.clear()
            return Answer(503, {}, b"")
        return answer

    dataset.transport.spoil = spoil
    dataset.register()
    assert np.array_equal(dataset.entry["a.tif"].read(), np.full((4, 6), 1))
    assert dataset.register().updated == ()


def test_a_broken_entry_of_ours_is_removed_and_made_again(dataset, post):
    path = dataset.image("a.tif", 1)
    dataset.register()
    dataset.entry.delete_contents("a.tif", external_only=True)
    assert post(f"/register/datasets/{dataset.key}", broken_entry("a.tif", path)).status_code == 500
    dataset.image("b.tif", 2)
    dataset.register()
    assert set(dataset.entry) == {"a.tif", "b.tif", FILES}
    assert np.array_equal(dataset.entry["a.tif"].read(), np.full((4, 6), 1))


def test_a_broken_entry_of_somebody_else_is_named_and_left_alone(dataset, post):
    path = dataset.image("a.tif", 1)
    dataset.register()
    post(f"/register/datasets/{dataset.key}", broken_entry("theirs", path))
    dataset.image("b.tif", 2)
    with pytest.raises(Conflict, match=f"datasets/{dataset.key}/theirs .*Remove it"):
        dataset.register()
    assert dataset.client.delete(("datasets", dataset.key, "theirs"))


def test_a_container_that_is_not_ours_is_not_touched(dataset, post):
    dataset.client.delete(("datasets", dataset.key))
    post("/metadata/", {"id": "datasets", "structure_family": "container", "metadata": {}, "specs": []})
    theirs = {"id": dataset.key, "structure_family": "container", "metadata": {"theirs": 1}, "specs": []}
    assert post("/metadata/datasets", theirs).status_code == 200
    dataset.image("a.tif", 1)
    with pytest.raises(Conflict, match="was not made by Spacecast"):
        dataset.register()
    assert dict(dataset.entry.metadata) == {"theirs": 1}


def test_an_entry_that_is_not_ours_keeps_its_key_and_the_rest_is_registered(dataset):
    dataset.write("a.txt")
    dataset.register()
    dataset.entry.create_container("a.tif")
    dataset.image("a.tif", 1)
    dataset.image("b.tif", 2)
    with pytest.raises(Conflict, match=r"a\.tif in the catalog was not made by Spacecast"):
        dataset.register()
    assert dataset.entry["a.tif"].structure_family == "container"
    assert np.array_equal(dataset.entry["b.tif"].read(), np.full((4, 6), 2))


def test_a_format_that_the_server_does_not_know_is_for_a_person_and_the_rest_is_registered(dataset):
    dataset.image("a.tif", 1)
    dataset.hdf5("b.h5", 1)

    def spoil(sent, send):
        is_first = sent.path == f"/register/datasets/{dataset.key}" and dataset.transport.sent.count(sent) == 1
        return Answer(415, {}, b'{"detail": "mimetype application/x-spacecast-raw-array"}') if is_first else send()

    dataset.transport.spoil = spoil
    with pytest.raises(NoAdapter, match="adapters_by_mimetype"):
        dataset.register()
    assert set(dataset.entry) == {"b.h5", FILES}


def test_a_server_that_lets_nobody_take_files_out_gets_the_entry_anew(dataset):
    for name in ("a.txt", "b.txt", "c.txt"):
        dataset.write(name)
    dataset.register()
    (dataset.folder / "a.txt").unlink()

    def spoil(sent, send):
        return Answer(403, {}, b"{}") if sent.path.startswith("/asset") else send()

    dataset.transport.spoil = spoil
    dataset.register()
    assert dataset.names() == ["b.txt", "c.txt"]


def test_a_container_that_somebody_removes_meanwhile_is_looked_at_again(dataset):
    dataset.write("a.txt")

    def spoil(sent, send):
        if sent.path.startswith("/register"):
            dataset.client.delete(("datasets", dataset.key))
        return send()

    dataset.transport.spoil = spoil
    with pytest.raises(Overtaken) as caught:
        dataset.register()
    assert isinstance(caught.value, Passing)


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def scripted_client(server):
    with CatalogClient.connect(server.url, lambda: KEY, connect_timeout_seconds=2, read_timeout_seconds=2) as client:
        yield client


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (401, Unauthorized, "api_key"),
        (403, Forbidden, "administrator"),
        (415, NoAdapter, "adapters_by_mimetype"),
        (422, NeedsPerson, "spacecast check"),
        (404, Gone, "datasets/d1"),
        (429, Unavailable, "tried again"),
        (500, Failed, "tried again"),
        (503, Unavailable, "tried again"),
    ],
)
def test_a_refusal_says_what_it_was_about_and_what_to_do(server, scripted_client, status, kind, advice):
    server.answers(Reply(status, json={"detail": "no"}))
    with pytest.raises(kind, match=advice) as caught:
        scripted_client.replace_metadata(("datasets", "d1"), {})
    assert "datasets/d1" in str(caught.value)
    assert caught.value.status == status
    assert KEY not in str(caught.value)


def test_a_server_that_says_nothing_is_unavailable_even_after_a_creation(server, scripted_client):
    server.answers(Close())
    with pytest.raises(Unavailable, match="Could not make datasets/d1"):
        scripted_client.create(("datasets",), NewEntry("d1", {}))


def test_a_web_page_where_the_server_should_be_points_at_the_config(server, scripted_client):
    server.answers(Reply(200, body=b"<html>welcome</html>"), Reply(200, body=b"<html>welcome</html>"))
    with pytest.raises(Unavailable, match="tiled: url:"):
        scripted_client.server()
    with pytest.raises(Unavailable, match="tiled: url:"):
        scripted_client.entry(("datasets",))


def test_only_two_writers_reach_the_server_at_a_time(server):
    together, most = [0], [0]
    lock, may_go = threading.Lock(), threading.Barrier(2, timeout=5)

    def script(received):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        may_go.wait()
        with lock:
            together[0] -= 1
        return Reply(200, json=None, body=b"null")

    with ScriptedServer(script) as busy, CatalogClient.connect(busy.url, lambda: KEY) as client:
        writers = [threading.Thread(target=client.delete, args=(("d", str(number)),)) for number in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert most == [2]


def test_the_server_tells_its_release_and_a_wrong_key_is_found_out(tiled):
    with CatalogClient.connect(tiled.sandbox.url, lambda: tiled.sandbox.api_key) as client:
        assert client.server().version.startswith("0.2")
        client.check_key()
    with (
        CatalogClient.connect(f"{tiled.sandbox.url}/api/v1/", lambda: "wrong") as client,
        pytest.raises(Unauthorized, match="register"),
    ):
        client.check_key()
