"""Which requests give access tags to entries, new ones and old ones."""

import threading

from spacecast.catalog import FILES, give_access_tags


def test_access_tags_go_to_every_entry_and_new_ones_in_place_of_the_old(dataset):
    dataset.image("a.tif", 1)
    dataset.register(access_tags=("group-1",))
    bodies = [sent.body for sent in dataset.transport.sent if sent.method in ("POST", "PUT")]
    assert len(bodies) >= 4
    assert all(body["access_tags"] == ["group-1"] for body in bodies)
    dataset.transport.sent.clear()
    path = ("datasets", dataset.key)
    assert give_access_tags(dataset.client, path[:1], path[1], ["group-2"], stop=threading.Event()) == 3
    sent = {sent.path.rsplit("/", 1)[1]: sent.body for sent in dataset.transport.sent if sent.method == "PUT"}
    assert next(iter(sent)) == dataset.key
    assert sent == {key: {"access_tags": ["group-2"]} for key in (dataset.key, "a.tif", FILES)}
    dataset.register(access_tags=("group-2",))
    assert dataset.transport.writes == []


def test_access_tags_of_what_others_have_made_stay(dataset, tiled):
    dataset.image("a.tif", 1)
    dataset.register()
    dataset.entry.create_container("mine")
    assert give_access_tags(dataset.client, ("datasets",), dataset.key, ["group-2"], stop=threading.Event()) == 3
    tiled.client.create_container("not-ours")
    assert give_access_tags(dataset.client, (), "not-ours", ["group-2"], stop=threading.Event()) == 0
    assert give_access_tags(dataset.client, (), "nowhere", ["group-2"], stop=threading.Event()) == 0
