import time
from datetime import UTC, datetime

import numpy as np
import pytest
import requests
import tifffile

from spacecast.sandbox.tiled import TiledSandbox
from spacecast.service.preflight import Outcome
from support.config_files import secret_file
from support.http_server import Reply, ScriptedServer, unused_port
from support.preflight import bad, findings_of, the, values_for
from support.tiled_server import prepared_catalog

PROBLEM, WARNING = Outcome.PROBLEM, Outcome.WARNING


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="module")
def tiled(tmp_path_factory, storage):
    prepared = prepared_catalog(tmp_path_factory)
    folder = tmp_path_factory.mktemp("tiled")
    with TiledSandbox(folder, readable_storage=[storage], prepared_catalog=prepared) as sandbox:
        yield sandbox


@pytest.fixture
def values(tmp_path, onedata, tiled):
    return values_for(tmp_path, onedata, tiled)


def post(tiled, kind, path, body):
    headers = {"Authorization": f"Apikey {tiled.api_key}"}
    answer = requests.post(f"{tiled.url}/api/v1/{kind}/{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code in (200, 409), answer.text


def container(tiled, path, key):
    post(tiled, "metadata", path, {"id": key, "structure_family": "container", "metadata": {}, "data_sources": []})


def image(tiled, path, key, file):
    data = np.arange(12, dtype="uint8").reshape(3, 4)
    tifffile.imwrite(file, data)
    structure = {
        "data_type": {"endianness": "not_applicable", "kind": "u", "itemsize": 1},
        "shape": [3, 4],
        "chunks": [[3], [4]],
        "dims": None,
        "resizable": False,
    }
    source = {
        "structure_family": "array",
        "mimetype": "image/tiff",
        "structure": structure,
        "parameters": {},
        "management": "external",
        "assets": [{"data_uri": f"file://localhost{file}", "is_directory": False, "parameter": "data_uri"}],
    }
    body = {"id": key, "structure_family": "array", "metadata": {}, "data_sources": [source]}
    post(tiled, "register", path, body)


def test_a_server_that_was_set_up_rightly_has_no_findings_to_act_on(tmp_path, values):
    values["tiled"]["path"] = ["not", "there"]

    findings = findings_of(tmp_path, values)

    assert bad(findings) == []
    assert "0.2" in the(findings, "tiled", "version").message
    assert "made with the first dataset" in the(findings, "tiled", "path").message
    assert "everybody" in the(findings, "tiled", "readers").message
    assert the(findings, "tiled", "registering").message == "the server enters files at once"


def test_a_wrong_key_is_named_with_where_it_goes(tmp_path, values):
    place = secret_file(tmp_path, "wrong.key", "abcdef0123456789")
    values["tiled"]["api_key"] = {"file": str(place)}

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("tiled", "key", PROBLEM)]
    assert str(place) in the(findings, "tiled", "key").remedy
    assert "abcdef0123456789" not in repr(findings)


def test_a_server_that_is_down_is_one_problem(tmp_path, values):
    values["tiled"]["url"] = f"http://127.0.0.1:{unused_port()}"

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("tiled", "connection", PROBLEM)]
    assert "tiled serve config" in the(findings, "tiled", "connection").remedy


def test_another_kind_of_server_is_told_from_a_tiled_one(tmp_path, onedata, values):
    values["tiled"]["url"] = onedata.zone_http_url

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("tiled", "connection", PROBLEM)]
    assert "tiled.url" in the(findings, "tiled", "connection").remedy


def test_a_clock_that_goes_wrong_is_a_warning(tmp_path, values):
    findings = findings_of(tmp_path, values, wall_clock=lambda: time.time() - 600)

    assert the(findings, "tiled", "clock").outcome is WARNING
    assert "behind" in the(findings, "tiled", "clock").message


def test_a_path_that_is_no_container_is_a_problem(tmp_path, tiled, storage, values):
    image(tiled, "", "picture", storage / "picture.tif")
    values["tiled"]["path"] = ["picture"]

    finding = the(findings_of(tmp_path, values), "tiled", "path")

    assert finding.outcome is PROBLEM
    assert "tiled.path" in finding.remedy


def test_reading_is_tried_with_what_is_registered(tmp_path, tiled, storage, values):
    container(tiled, "", "readable")
    container(tiled, "readable", "dataset")
    image(tiled, "readable/dataset", "image.tif", storage / "image.tif")
    values["tiled"]["path"] = ["readable"]

    findings = findings_of(tmp_path, values)

    assert bad(findings) == []
    assert "reads the files of readable/dataset/image.tif" in the(findings, "tiled", "storage").message


def test_files_outside_the_servers_readable_storage_are_a_problem(tmp_path, tiled, values):
    container(tiled, "", "unreadable")
    container(tiled, "unreadable", "dataset")
    image(tiled, "unreadable/dataset", "image.tif", tmp_path / "image.tif")
    values["tiled"]["path"] = ["unreadable"]

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("tiled", "storage", PROBLEM)]
    assert "readable_storage" in the(findings, "tiled", "storage").remedy


def test_no_tiled_at_all_is_no_problem(tmp_path, values):
    del values["tiled"]

    assert bad(findings_of(tmp_path, values)) == []


def multi_user_server(key_facts):
    """A server with users, as Tiled answers in that mode: the key tells its scopes."""
    replies = {
        "/api/v1/": Reply(json={"library_version": "0.2.20", "authentication": {"providers": [{"provider": "ldap"}]}}),
        "/api/v1/auth/apikey": Reply(json=key_facts),
    }
    nothing = Reply(404, json={"detail": "No such entry"})
    return ScriptedServer(lambda received: replies.get(received.path, nothing))


def test_a_key_without_the_needed_scopes_is_a_problem_that_names_them(tmp_path, values):
    with multi_user_server({"scopes": ["read:metadata", "read:data", "write:metadata"]}) as server:
        values["tiled"]["url"] = server.url
        findings = findings_of(tmp_path, values)

    assert bad(findings) == [("tiled", "key", PROBLEM)]
    assert the(findings, "tiled", "key").message == "lacks the scopes create:node register delete:node delete:revision"


def test_a_key_that_has_all_scopes_of_its_owner_is_enough(tmp_path, values):
    with multi_user_server({"scopes": ["inherit"], "expiration_time": None}) as server:
        values["tiled"]["url"] = server.url
        assert bad(findings_of(tmp_path, values)) == []


@pytest.mark.parametrize("ends", ["2026-06-10T00:00:00", "2026-06-10T00:00:00Z", "2026-06-10T02:00:00+02:00"])
def test_a_key_that_ends_soon_is_a_warning(tmp_path, values, ends):
    now = datetime(2026, 6, 5, 12, tzinfo=UTC).timestamp()
    with multi_user_server({"scopes": ["inherit"], "expiration_time": ends}) as server:
        values["tiled"]["url"] = server.url
        findings = findings_of(tmp_path, values, wall_clock=lambda: now)

    assert "ends in 4 days" in [finding.message for finding in findings if finding.outcome is WARNING]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Reply(404, json={"detail": "Not Found"}), "`routers:` in config/tiled.yaml makes that several times as fast"),
        (Reply(json={"a proxy": "answers"}), "one by one; `routers:`"),
        (Reply(json={"files": "at once", "reason": ""}), "the server enters files at once"),
        (Reply(json={"files": "one by one", "reason": "not a known release"}), "one by one: not a known release"),
    ],
)
def test_how_the_server_enters_files_is_told_and_in_order_either_way(tmp_path, values, told, said):
    about = Reply(json={"library_version": "0.2.20", "authentication": {}})
    replies = {"/api/v1/": about, "/custom/spacecast": told}
    nothing = Reply(404, json={"detail": "No such entry"})
    with ScriptedServer(lambda received: replies.get(received.path, nothing)) as server:
        values["tiled"]["url"] = server.url
        findings = findings_of(tmp_path, values)

    assert bad(findings) == []
    assert said in the(findings, "tiled", "registering").message


def test_an_old_server_is_a_warning(tmp_path, values):
    with ScriptedServer(lambda _received: Reply(json={"library_version": "0.1.0b20"})) as server:
        values["tiled"]["url"] = server.url
        finding = the(findings_of(tmp_path, values), "tiled", "version")

    assert finding.outcome is WARNING
    assert "0.2.20" in finding.remedy
