import pytest

from spacecast.onedata import (
    AlreadyThere,
    Conflict,
    Gone,
    ImportSettings,
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


def test_a_support_sends_what_it_means(server, panel):
    server.answers(Reply(201, json={"id": "s"}, headers={"Location": "/api/v3/onepanel/provider/spaces/s"}))
    settings = ImportSettings(continuous=True, scan_interval_seconds=30)
    assert panel.support_space(token="MDAxT", storage_id="st1", size_bytes=10**13, import_settings=settings) == "s"
    assert server.received[0].json() == {
        "token": "MDAxT",
        "size": 10**13,
        "storageId": "st1",
        "accountingEnabled": False,
        "dirStatsServiceEnabled": True,
        "storageImport": {
            "mode": "auto",
            "autoStorageImportConfig": {
                "maxDepth": 65535,
                "syncAcl": False,
                "continuousScan": True,
                "scanInterval": 30,
                "detectModifications": True,
                "detectDeletions": True,
            },
        },
    }


def test_a_support_of_a_plain_storage_sends_no_import(server, panel):
    server.answers(Reply(201, json={"id": "s"}))
    panel.support_space(token="MDAxT", storage_id="st1", size_bytes=10**9)
    assert "storageImport" not in server.received[0].json()


@pytest.mark.parametrize(
    ("status", "error_id", "kind"),
    [
        (409, "relationAlreadyExists", AlreadyThere),
        (409, "spaceAlreadySupportedWithImportedStorage", AlreadyThere),
        (400, "storageInUse", Conflict),
        (400, "badValueTooLow", Refused),
        (503, "noConnectionToOnezone", OutcomeUnclear),
    ],
)
def test_a_refused_support_says_what_to_do(server, panel, status, error_id, kind):
    server.answers(Reply(status, json=on_nodes(error(error_id, {"key": "size", "limit": 1000000}))))
    with pytest.raises(kind) as caught:
        panel.support_space(token="MDAxT", storage_id="st1", size_bytes=1)
    assert caught.value.error_id == error_id


def test_a_half_made_support_is_recognised(server, panel):
    body = {
        "id": "s",
        "name": "dataset",
        "storageId": "st1",
        "localStorages": ["st1"],
        "importedStorage": True,
        "supportingProviders": {"p": 10**13},
        "spaceOccupancy": 17,
    }
    whole = body | {"storageImport": {"mode": "auto", "autoStorageImportConfig": {"continuousScan": True}}}
    server.answers(Reply(200, json=body), Reply(200, json=whole))
    half, full = panel.support("s"), panel.support("s")
    assert half.imported_storage
    assert not half.has_import
    assert full.has_import
    assert full.continuous_scan
    assert full.size_bytes_by_provider == {"p": 10**13}
    assert full.occupancy_bytes == 17


@pytest.mark.parametrize("status", [200, 204])
def test_continuous_import_is_switched_in_every_release(server, panel, status):
    server.answers(Reply(status))
    panel.change_import("s", ImportSettings(continuous=True))
    assert server.received[0].method == "PATCH"
    assert server.received[0].json()["autoStorageImportConfig"]["continuousScan"] is True


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (None, False),
        ("enqueued", False),
        ("running", False),
        ("aborting", False),
        ("completed", True),
        ("failed", True),
        ("aborted", True),
        ("COMPLETED", True),
    ],
)
def test_a_scan_has_ended_or_not(server, panel, status, ended):
    server.answers(Reply(200, json={"status": status, "totalScans": 3, "createdFiles": 5, "failedFiles": 0}))
    info = panel.import_info("s")
    assert info.has_ended is ended
    assert (info.total_scans, info.created_files, info.modified_files) == (3, 5, 0)


def test_scans_are_told_apart_where_the_release_does_not_count_them(server, panel):
    server.answers(
        Reply(200, json={"status": "running"}),
        Reply(200, json={"status": "completed", "stop": 100}),
        Reply(200, json={"status": "completed", "stop": 160}),
    )
    totals = [panel.import_info("s").total_scans for _ in range(3)]
    assert totals == sorted(set(totals))


def test_a_scan_is_asked_for_once(server, panel):
    server.answers(Reply(204), Reply(409, json=on_nodes(error("alreadyExists"))), Reply(204))
    panel.force_start_import("s")
    with pytest.raises(AlreadyThere):
        panel.force_start_import("s")
    assert panel.force_stop_import("s")
    server.answers(Reply(404, json=on_nodes(error("notFound"))))
    assert not panel.force_stop_import("s")


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
