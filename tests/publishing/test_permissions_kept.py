"""Permissions go from the file that carries the token and from no other, and what a person has to mend is told."""

import errno
import stat

import pytest
import yaml

from spacecast.ledger import Condition, State
from spacecast.metadata import CannotKeep
from spacecast.publish import hiding
from spacecast.publish.admission import stamp_text
from spacecast.sandbox.onedata import FaultRule, Status
from support.world import assert_invariants, wait_for

FLOW_ROOT = b"{Project: demo}\n"
REFUSED_IN_TILED = {
    "a list": b"Project: demo\nTiled: [1]\n",
    "twice": b"Project: demo\nTiled: {URI: a}\nTiled: {URI: b}\n",
    "an anchor": b"Project: demo\nTiled: &t {URI: a}\nOther: *t\n",
}


def _mode(folder, name="SPA.yml"):
    return stat.S_IMODE((folder / name).stat().st_mode)


def _drop_readable(world, content=b"Project: demo\n"):
    folder = world.drop("run1", content)
    (folder / "SPA.yml").chmod(0o644)
    return folder


def _touch_and_wait(world, folder):
    (folder / "SPA.yml").touch()
    status = (folder / "SPA.yml").stat()
    touched = stamp_text((status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    wait_for("another look", lambda: world.dataset("run1").read_stamp == touched, 30, world._situation)
    world.await_state("run1", State.READY)


@pytest.mark.parametrize(
    ("mode", "content"), [("file", FLOW_ROOT), ("sidecar", b"Project: demo\n"), ("none", b"Project: demo\n")]
)
def test_a_file_without_a_token_keeps_its_permissions_at_each_look(world, mode, content):
    world.values["metadata"]["invite_token"] = mode
    with world.engine():
        folder = _drop_readable(world, content)
        world.await_state("run1", State.READY)
        assert _mode(folder) == 0o644
        _touch_and_wait(world, folder)
    assert _mode(folder) == 0o644
    assert_invariants(world, "run1", authors={"run1": content})


@pytest.mark.parametrize("content", REFUSED_IN_TILED.values(), ids=REFUSED_IN_TILED)
def test_both_blocks_go_beside_a_file_into_which_one_of_them_cannot_be_written(world, content):
    world.values["tiled"] = {"url": "http://127.0.0.1:9", "api_key": world._secret("key", "a-key-of-tests")}
    with world.engine():
        folder = _drop_readable(world, content)
        wait_for("the link", lambda: _link(world) is Condition.DONE, 60, world._situation)
    assert (folder / "SPA.yml").read_bytes() == content
    assert _mode(folder) == 0o644
    beside = yaml.safe_load((folder / "SPA.spacecast.yml").read_text())
    assert set(beside) == {"Onedata", "Tiled"}
    assert world.guest(beside["Onedata"]["PublicURL"]).status_code == 200


def _link(world):
    dataset = world.dataset("run1")
    if dataset is None:
        return None
    with world.ledger() as ledger:
        stage = ledger.stages(dataset.id).get("link")
    return stage.condition if stage is not None else None


def test_a_file_that_cannot_be_read_any_more_is_hidden_although_nobody_sees_the_token_in_it(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        content = (folder / "SPA.yml").read_text()
        (folder / "SPA.yml").write_bytes(content.encode("utf-16"))
        (folder / "SPA.yml").chmod(0o644)
        world.await_state("run1", State.BLOCKED)
    assert not _mode(folder) & 0o007


def _spoil(folder):
    """Save something that is no YAML, with the token in it, for everybody to read."""
    (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"a: b: c\n")
    (folder / "SPA.yml").chmod(0o644)


def test_a_reason_for_a_person_is_told_at_once_and_the_scan_for_the_hidden_file_goes_on(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        url = world.block("run1")["PublicURL"]
        world.onedata.faults.add(FaultRule(Status(503), method="POST", path="force-start", times=None))
        _spoil(folder)
        assert "SPA.yml, line" in world.await_state("run1", State.BLOCKED).reason
        assert _owes_a_scan(world)
        world.onedata.faults.clear()
        wait_for("the scan", lambda: not _owes_a_scan(world), 60, world._situation)
        assert "SPA.yml, line" in world.await_state("run1", State.BLOCKED).reason
    assert world.guest_reads(url, "SPA.yml").status_code >= 400


def _owes_a_scan(world):
    with world.ledger() as ledger:
        return hiding.SCAN_OWED in ledger.objects(world.dataset("run1").id)


def test_where_the_file_cannot_be_hidden_both_reasons_are_told(world, monkeypatch):
    def refuse(*_arguments):
        raise CannotKeep(f"SPA.yml: {errno.errorcode[errno.EPERM]}")

    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        monkeypatch.setattr(hiding, "hide_from_others", refuse)
        _spoil(folder)
        reason = world.await_state("run1", State.BLOCKED).reason
    assert "SPA.yml, line" in reason
    assert "others may read an invite token there: SPA.yml: EPERM" in reason


def test_what_a_service_echoes_is_not_in_the_note_of_a_dataset_that_is_ready(world):
    world.values["onedata"]["fit_space_size"] = True
    token = world.onedata.token
    echo = {"error": {"id": "badValueTooLow", "description": f"not with {token}", "details": {"key": token}}}
    world.onedata.faults.add(FaultRule(Status(400, echo), method="PATCH", path="/provider/spaces/", times=None))
    with world.engine():
        world.drop("run1")
        reason = world.await_state("run1", State.READY).reason
    with world.ledger() as ledger:
        notes = [stage.reason for stage in ledger.stages(world.dataset("run1").id).values()]
    assert "stays as it is" in "".join([reason, *notes])
    assert token not in "".join([reason, *notes])
