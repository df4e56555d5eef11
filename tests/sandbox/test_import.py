import os

from spacecast.sandbox.onedata import OnedataSandbox
from support.onedata_sandbox import Caller, eventually, problem, quick_delays


def names(caller, space_id):
    return [entry["path"] for entry in caller.provider("GET", f"/data/{space_id}/files").json()["files"]]


def test_the_first_scan_starts_by_itself_and_counts_files_and_directories(service, folder):
    info = service.import_info(service.publish(folder))
    assert info["status"] == "completed"
    assert (info["createdFiles"], info["failedFiles"], info["totalScans"]) == (4, 0, 1)


def test_before_the_first_scan_the_status_is_null(tmp_path, folder):
    with OnedataSandbox(tmp_path, delays=quick_delays(first_scan_seconds=60)) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.create_space()
        caller.request_support(space_id, caller.add_storage(folder))
        info = caller.import_info(space_id)
        assert (info["status"], info["totalScans"], "start" in info) == (None, 0, False)
        assert caller.rescan(space_id)["status"] == "completed"
        caller.close()


def test_a_rescan_finds_what_was_added_changed_and_removed(service, folder):
    space_id = service.publish(folder)
    (folder / "new.bin").write_bytes(b"new")
    (folder / "notes.txt").write_bytes(b"changed")
    (folder / "raw" / "image.mrc").unlink()
    info = service.rescan(space_id)
    counted = ["createdFiles", "modifiedFiles", "deletedFiles", "unmodifiedFiles"]
    assert [info[key] for key in counted] == [1, 1, 1, 2]
    assert names(service, space_id) == ["SPA.yml", "new.bin", "notes.txt"]


def test_what_changed_on_the_disk_is_unknown_until_the_next_scan(service, folder):
    space_id = service.publish(folder)
    (folder / "new.bin").write_bytes(b"new")
    (folder / "SPA.yml").chmod(0o600)
    ids = service.file_ids(space_id)
    assert "new.bin" not in ids
    asked = {"attributes": ["posixPermissions"]}
    attributes = f"/data/{ids['SPA.yml']}"
    assert service.provider("GET", attributes, asked).json() == {"posixPermissions": "644"}
    service.rescan(space_id)
    assert service.provider("GET", attributes, asked).json() == {"posixPermissions": "600"}


def test_a_directory_that_cannot_be_read_fails_the_scan_but_not_the_others(service, folder):
    deepest = os.open(folder, os.O_RDONLY)
    for _ in range(17):  # deeper than a path can be long, which stops root too
        os.mkdir("d" * 250, dir_fd=deepest)
        above, deepest = deepest, os.open("d" * 250, os.O_RDONLY, dir_fd=deepest)
        os.close(above)
    os.close(deepest)
    space_id = service.publish(folder)
    info = service.import_info(space_id)
    assert (info["status"], info["failedFiles"]) == ("failed", 1)
    assert names(service, space_id) == ["SPA.yml", "notes.txt", "raw/image.mrc"]


def test_a_vanished_folder_fails_the_scan_and_loses_nothing(service, folder):
    space_id = service.publish(folder)
    folder.rename(folder.with_name("elsewhere"))
    info = service.rescan(space_id)
    assert (info["status"], info["deletedFiles"]) == ("failed", 0)
    assert "SPA.yml" in names(service, space_id)


def test_links_and_pipes_are_not_imported(service, folder):
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    assert "link" not in (found := names(service, service.publish(folder)))
    assert "pipe" not in found


def test_a_second_start_during_a_scan_is_409_and_a_stop_aborts_it(service, folder, sandbox):
    space_id = service.publish(folder)
    sandbox.delays.scan_seconds = 0.3
    base = f"/provider/spaces/{space_id}/storage-import/auto"
    assert problem(service.panel("POST", f"{base}/force-stop"))[:2] == (404, "notFound")
    assert service.panel("POST", f"{base}/force-start").status_code == 204
    assert problem(service.panel("POST", f"{base}/force-start"))[:2] == (409, "alreadyExists")
    assert service.panel("POST", f"{base}/force-stop").status_code == 204
    assert service.import_info(space_id)["status"] == "aborting"
    eventually(lambda: service.import_info(space_id)["status"] == "aborted")


def test_at_most_ten_spaces_are_scanned_at_once(service, sandbox, tmp_path):
    sandbox.delays.scan_seconds = 0.3
    spaces = []
    for number in range(12):
        (tmp_path / f"set {number}").mkdir()
        storage_id = service.add_storage(tmp_path / f"set {number}", f"set {number}")
        spaces.append(service.create_space(f"set {number}"))
        sandbox.delays.first_scan_seconds = 60
        service.request_support(spaces[-1], storage_id)
    for space_id in spaces:
        service.panel("POST", f"/provider/spaces/{space_id}/storage-import/auto/force-start")
    statuses = [service.import_info(space_id)["status"] for space_id in spaces]
    assert statuses.count("running") <= 10
    assert "enqueued" in statuses
    for space_id in spaces:
        eventually(lambda space_id=space_id: service.import_info(space_id)["status"] == "completed")


def test_continuous_import_scans_again_after_its_interval(service, folder):
    space_id = service.publish(folder)
    config = {"continuousScan": True, "scanInterval": 1}
    changed = service.panel("PATCH", f"/provider/spaces/{space_id}", {"autoStorageImportConfig": config})
    assert changed.status_code == 204
    shown = service.panel("GET", f"/provider/spaces/{space_id}").json()["storageImport"]
    assert shown["autoStorageImportConfig"]["continuousScan"] is True
    assert shown["autoStorageImportConfig"]["detectDeletions"] is True
    assert service.import_info(space_id)["nextScan"] > 0
    (folder / "new.bin").write_bytes(b"new")
    eventually(lambda: "new.bin" in names(service, space_id))


def test_manual_import_cannot_be_started(service, folder):
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    service.request_support(space_id, storage_id, storageImport={"mode": "manual"})
    base = f"/provider/spaces/{space_id}/storage-import/auto"
    assert problem(service.panel("POST", f"{base}/force-start"))[:2] == (500, "internalServerError")
    assert problem(service.panel("GET", f"{base}/info"))[:2] == (404, "notFound")


def test_depth_is_limited_and_deletions_may_be_ignored(service, folder):
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    config = {"maxDepth": 1, "detectDeletions": False, "detectModifications": False}
    service.request_support(space_id, storage_id, storageImport={"autoStorageImportConfig": config})
    eventually(lambda: service.import_info(space_id)["totalScans"])
    (folder / "SPA.yml").unlink()
    info = service.rescan(space_id)
    assert names(service, space_id) == ["SPA.yml", "notes.txt"]
    assert info["deletedFiles"] == 0
