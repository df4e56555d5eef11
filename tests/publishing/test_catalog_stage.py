"""Python reads the arrays and tables of a published dataset through Tiled, under the reference in the metadata file."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest
import yaml

from spacecast.folders import DatasetFolder
from spacecast.formats import series
from spacecast.ledger import State
from spacecast.sandbox.acquisition import METADATA, acquire
from spacecast.sandbox.tiled import TiledSandbox
from spacecast.transport import back_off_seconds
from support import mail_server
from support.tiled_server import prepared_catalog
from support.world import made, wait_for


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    base = tmp_path_factory.mktemp("served")
    with TiledSandbox(
        tmp_path_factory.mktemp("tiled"),
        readable_storage=[base],
        prepared_catalog=prepared_catalog(tmp_path_factory),
    ) as tiled:
        tiled.base = base
        yield tiled


@pytest.fixture
def world(tiled, request):
    folder = tiled.base / request.node.name
    folder.mkdir()
    with made(folder, tiled) as world:
        world.values["tiled"]["path"] = [request.node.name]
        yield world


def _acquired(world, name="20211227125_Demo"):
    folder = world.root / name
    list(acquire(folder))
    (folder / "SPA.yml").write_text(METADATA)
    return folder


@pytest.fixture
def opened(world, connect):
    def dataset(name="20211227125_Demo"):
        block = yaml.safe_load((world.root / name / "SPA.yml").read_text())["Tiled"]
        assert block["Ref"] == name
        return connect(block["URI"])

    return dataset


def test_every_kind_of_file_is_read_through_the_address_in_the_metadata_file(world, opened):
    with world.engine():
        folder = _acquired(world)
        world.await_state(folder.name, State.READY)
    dataset = opened()
    movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
    assert np.array_equal(dataset["stack.mrc"][3], movie[3])
    assert dataset["grid_series.tif"].shape == (4, 256, 256)
    assert dataset["holder.h5"]["holder", "time"][:3].tolist() == [0.0, 0.2, 0.4]
    assert list(dataset["spectrum.csv"].read().columns) == ["energy_loss_eV", "counts"]


def test_what_is_no_file_or_has_an_impossible_name_is_told_of_too(world, opened):
    folder = _acquired(world)
    (folder / "latest.mrc").symlink_to("stack.mrc")
    (folder / "two\nlines.txt").write_text("a")
    (folder / os.fsdecode(b"latin\xff.txt")).write_text("a")
    (folder / ".hidden").symlink_to("stack.mrc")
    with world.engine():
        world.await_state(folder.name, State.READY)
    said = opened().metadata["spacecast"]
    remarks = {remark["file"]: remark["reason"] for remark in said["remarks"]}
    assert len(remarks) == said["unread"] == 3
    assert remarks["latest.mrc"] == "it is a symbolic link, so it is not published"
    assert "line breaks" in remarks["two\nlines.txt"]
    assert "not valid UTF-8" in remarks[r"latin\udcff.txt"]


def test_a_full_series_is_in_the_catalog_before_all_files_were_looked_into(world, tiled, connect, monkeypatch):
    monkeypatch.setattr(series, "_MOST_TABLES", 20)
    folder, opening = world.drop("20211227_Tables", files=0), DatasetFolder.open
    for number in range(45):
        (folder / f"drift_{number}.csv").write_text(f"time,x\n0,{number}\n")
    (folder / "zz_last.csv").write_text("a,b\n1,2\n")
    early = []

    def open_last_when_it_is_there(self, path):
        if path == "zz_last.csv":
            dataset = connect(f"{tiled.url}/api/v1")[*world.values["tiled"]["path"], folder.name]
            wait_for("the first series", lambda: "drift_series.csv" in dataset, 60)
            early.append(dataset.metadata["spacecast"]["status"])
        return opening(self, path)

    monkeypatch.setattr(DatasetFolder, "open", open_last_when_it_is_there)
    with world.engine():
        world.await_state(folder.name, State.READY)
    assert early[0] == "pending"
    dataset = connect(f"{tiled.url}/api/v1")[*world.values["tiled"]["path"], folder.name]
    assert list(dataset)[:3] == ["drift_series.csv", "drift_series_2.csv", "drift_series_3.csv"]
    assert dataset["drift_series.csv"].read_partition(19)["x"].tolist() == [19]
    assert dataset.metadata["spacecast"]["status"] == "available"


def test_the_entry_has_the_metadata_without_secrets_and_knows_its_public_link(world, opened):
    with world.engine():
        folder = _acquired(world)
        world.await_state(folder.name, State.READY)
    dataset = opened()
    block = world.block(folder.name)
    assert dataset.metadata["Sample"]["Name"] == "70S_RNAP"
    assert "Onedata" not in dataset.metadata
    assert dataset.metadata["spacecast"]["status"] == "available"
    facts = dataset.metadata["spacecast"]["facts"]
    assert facts["public_url"] == block["PublicURL"]
    public = world.guest(f"{world.onedata.zone_url}/api/v3/onezone/shares/{facts['share']}/public").json()
    assert facts["share_root"] == public["rootFileId"]


def test_the_entry_tells_whoever_waits_why_the_dataset_does_not_come(world, connect):
    with world.engine():
        folder = world.root / "broken"
        folder.mkdir()
        (folder / "SPA.yml").write_text("a: [1\n")
        world.await_state("broken", State.BLOCKED)
        client = connect(f"{world.tiled.url}/api/v1")
        path = (*world.values["tiled"]["path"], "broken")
        wait_for("the reason", lambda: path in _known(client) and _block(client, path)["status"] == "blocked", 30)
        assert "SPA.yml" in _block(client, path)["reason"]
        (folder / "SPA.yml").write_text("a: 1\n")
        world.await_state("broken", State.READY)
        assert _block(client, path)["status"] == "available"
        assert "reason" not in _block(client, path)


def test_the_metadata_file_and_its_token_are_nowhere_in_the_catalog(world):
    with world.engine():
        folder = _acquired(world)
        world.await_state(folder.name, State.READY)
    with closing(sqlite3.connect(world.tiled.catalog_file)) as catalog:
        dump = "\n".join(catalog.iterdump())
    assert "stack.mrc" in dump
    assert "SPA.yml" not in dump
    assert world.block(folder.name)["InviteToken"] not in dump
    assert world.onedata.token not in dump


def test_the_catalog_goes_on_where_onedata_is_down(world, connect, opened):
    world.onedata.zone.down()
    with world.engine():
        folder = _acquired(world)
        world.await_state(folder.name, State.RETRYING)
        client = connect(f"{world.tiled.url}/api/v1")
        path = [*world.values["tiled"]["path"], folder.name, "stack.mrc"]
        wait_for("the entry", lambda: _is_readable(client, path), 30)
        world.onedata.zone.up()
        world.await_state(folder.name, State.READY, seconds=60)
    assert opened().metadata["spacecast"]["facts"]["public_url"]


def _block(client, path):
    return client[path].metadata["spacecast"]


def _known(client):
    return [(parent, key) for parent in client for key in client[parent]]


def _is_readable(client, path):
    try:
        return client[tuple(path)].shape == (12, 256, 256)
    except KeyError:
        return False


def test_the_link_comes_where_tiled_is_down(world, tiled, opened, monkeypatch):
    monkeypatch.setitem(back_off_seconds.__kwdefaults__, "longest_seconds", 1.0)
    tiled.stop()
    try:
        with world.engine():
            folder = _acquired(world)
            wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 30)
            tiled.start()
            world.await_state(folder.name, State.READY, seconds=60)
    finally:
        if tiled._process is None or tiled._process.poll() is not None:
            tiled.start()
    assert opened()["stack.mrc"].shape == (12, 256, 256)


def test_the_python_lines_in_the_mail_work_as_they_stand(world, monkeypatch, capsys):
    with mail_server.running() as mail:
        world.values["notify"] = {
            "mail": mail_server.settings(mail, users={"to": ["user@example.org"], "only_if": None})
        }
        with world.engine():
            _acquired(world)
            (message,) = mail.await_mails(1)
            lines = [line.strip() for line in mail_server.text_of(message).splitlines()]
            start = lines.index("from spacecast import data")
            end = lines.index("print(list(dataset))") + 1
            monkeypatch.setenv("SPACECAST_API_KEY", world.tiled.api_key)
            names = {}
            exec(compile("\n".join(lines[start:end]), "mail", "exec"), names)
            names["dataset"].context.http_client.close()
    assert "stack.mrc" in capsys.readouterr().out
