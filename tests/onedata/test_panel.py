"""Storages and the panel's own facts, as the client asks for them and understands the answers."""

import pytest

from spacecast.onedata import (
    Gone,
    OutcomeUnclear,
    Refused,
    StillInUse,
)
from support.http_server import Reply
from support.onedata_bodies import error, on_nodes

MARKER = {"spacecast": "u-1"}
STORAGE = {
    "id": "st1",
    "name": "dataset",
    "type": "posix",
    "mountPoint": "/data/dataset",
    "importedStorage": True,
    "readonly": True,
    "qosParameters": {"storageId": "st1", "providerId": "p", **MARKER},
}


def add(panel, name="dataset"):
    return panel.add_storage(name, mount_point="/data/dataset", qos_parameters=MARKER)


def test_a_storage_is_imported_and_read_only_on_the_folder(server, panel):
    server.answers(Reply(200, json={"dataset": {"id": "st1"}}))
    assert add(panel) == "st1"
    assert server.received[0].json() == {
        "dataset": {
            "type": "posix",
            "mountPoint": "/data/dataset",
            "importedStorage": True,
            "readonly": True,
            "lumaFeed": "auto",
            "qosParameters": MARKER,
        }
    }


@pytest.mark.parametrize("name", ["dataset", "error"])
@pytest.mark.parametrize("wrap", [lambda body: body, on_nodes])
@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (error("storageTestFailed", {"operation": "access"}), Refused),
        (error("badValueName"), Refused),
        (error("noConnectionToOnezone"), OutcomeUnclear),
        (error("internalServerError"), OutcomeUnclear),
    ],
)
def test_the_reason_is_taken_from_the_map_of_names(server, panel, name, wrap, inner, kind):
    server.answers(Reply(400, json={name: wrap(inner)}))
    with pytest.raises(kind) as caught:
        add(panel, name)
    assert caught.value.error_id == inner["error"]["id"]


def test_a_folder_that_the_provider_cannot_reach_is_explained(server, panel):
    server.answers(Reply(400, json={"dataset": error("storageTestFailed", {"operation": "access"})}))
    with pytest.raises(Refused, match=r"on /data/dataset: .*\(400 storageTestFailed access\).*mount_points"):
        add(panel)


@pytest.mark.parametrize("name", ["dataset", "error"])
def test_a_refused_body_comes_in_the_usual_envelope(server, panel, name):
    server.answers(Reply(400, json=error("missingRequiredValue", {"key": "mountPoint"})))
    with pytest.raises(Refused) as caught:
        add(panel, name)
    assert caught.value.error_id == "missingRequiredValue"


@pytest.mark.parametrize("reply", [Reply(503), Reply(500, json=on_nodes(error("internalServerError"))), Reply(200)])
def test_an_empty_503_of_the_proxy_leaves_it_open_whether_the_storage_exists(server, panel, reply):
    if reply.status == 200:
        reply = Reply(200, json={"another": {"id": "x"}})
    server.answers(reply)
    with pytest.raises(OutcomeUnclear):
        add(panel)


def test_an_answer_without_body_is_followed_by_looking_for_the_storage(server, panel):
    other = STORAGE | {"id": "st0", "qosParameters": {"storageId": "st0"}}
    server.answers(
        Reply(204), Reply(200, json={"ids": ["st0", "st1"]}), Reply(200, json=other), Reply(200, json=STORAGE)
    )
    assert add(panel) == "st1"
    server.answers(Reply(204), Reply(200, json={"ids": []}))
    with pytest.raises(OutcomeUnclear):
        add(panel)


def test_a_storage_reads_with_its_marker(server, panel):
    server.answers(Reply(200, json={"ids": ["st1"]}), Reply(200, json=STORAGE))
    assert panel.storages() == ("st1",)
    storage = panel.storage("st1")
    assert (storage.mount_point, storage.imported, storage.readonly) == ("/data/dataset", True, True)
    assert storage.qos_parameters["spacecast"] == "u-1"


def test_a_change_that_did_not_verify_is_refused_although_the_status_is_200(server, panel):
    server.answers(Reply(200, json=STORAGE | {"verificationPassed": False}))
    with pytest.raises(Refused, match="cannot use the storage"):
        panel.change_storage("st1", "dataset", mount_point="/elsewhere")
    server.answers(Reply(200, json=STORAGE | {"verificationPassed": True}))
    assert panel.change_storage("st1", "dataset", new_name="other").storage_id == "st1"
    assert server.received[1].json() == {"dataset": {"type": "posix", "name": "other"}}


def test_a_storage_in_use_can_be_deleted_later(server, panel):
    server.answers(Reply(400, json=error("storageInUse")), Reply(404, json=error("notFound")), Reply(204))
    with pytest.raises(StillInUse, match="still supports a space"):
        panel.delete_storage("st1")
    with pytest.raises(Gone):
        panel.delete_storage("st1")
    panel.delete_storage("st1")


def test_the_panel_says_whether_the_user_may_change_the_cluster(server, panel):
    server.answers(
        Reply(200, json={"userId": "u", "username": "ada", "clusterPrivileges": ["cluster_view", "cluster_update"]}),
        Reply(200, json={"userId": "u", "clusterPrivileges": []}),
    )
    assert panel.user().may_change_cluster
    assert not panel.user().may_change_cluster


def test_the_panel_reads_while_its_provider_is_down(server, panel):
    server.answers(Reply(200, json={"version": "21.02.7", "serviceType": "oneprovider", "providerId": None}))
    configuration = panel.configuration()
    assert configuration.provider_id is None
    assert configuration.release == (21, 2, 7)
