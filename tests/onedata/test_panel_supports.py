"""Supports of spaces and their imports, as the client asks the panel for them and understands the answers."""

import pytest

from spacecast.onedata import (
    AlreadyThere,
    Conflict,
    ImportSettings,
    OutcomeUnclear,
    Refused,
)
from support.http_server import Reply
from support.onedata_bodies import error, on_nodes


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
