import os
import stat
from pathlib import Path

import pytest

from spacecast.config import load
from spacecast.ledger import LedgerLock, open_ledger
from spacecast.service.preflight import Outcome
from spacecast.service.preflight import state_folder as state_folder_module
from spacecast.service.preflight.state_folder import check_state
from support.config_files import write_config
from support.folders import make_dataset
from support.preflight import bad, findings_of, the

PROBLEM, WARNING, OK = Outcome.PROBLEM, Outcome.WARNING, Outcome.OK


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder with its mode, size and time of change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def make_state(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    return state


def test_a_good_machine_has_no_findings_to_act_on(tmp_path, values):
    make_dataset(tmp_path / "datasets", "one")

    findings = findings_of(tmp_path, values)

    assert bad(findings) == []
    assert "datasets found: 1 " in " ".join(finding.message for finding in findings if finding.area == "folders")


def test_a_check_changes_nothing_on_disk(tmp_path, values):
    make_dataset(tmp_path / "datasets", "one")
    state = make_state(tmp_path)
    open_ledger(f"sqlite:///{state}/ledger.sqlite").close()
    write_config(tmp_path, values)
    before = tree(tmp_path / "datasets"), tree(state)

    findings_of(tmp_path, values)

    assert (tree(tmp_path / "datasets"), tree(state)) == before


def test_a_config_that_everybody_may_write_is_a_problem(tmp_path, values):
    path = write_config(tmp_path, values)
    path.chmod(0o666)

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("config", str(path), PROBLEM)]
    assert the(findings, "config", str(path)).remedy == f"chmod o-w {path}"


def test_a_config_that_everybody_may_read_is_fine(tmp_path, values):
    write_config(tmp_path, values).chmod(0o644)

    assert bad(findings_of(tmp_path, values)) == []


def test_a_state_folder_that_others_can_look_into_is_a_warning(tmp_path, values):
    state = make_state(tmp_path)
    state.chmod(0o755)

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("state", str(state), WARNING)]
    assert the(findings, "state", str(state)).remedy == f"chmod 700 {state}"


def test_a_state_folder_of_somebody_else_says_as_whom_to_look(tmp_path, values):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    state = make_state(tmp_path)
    os.chown(state, 65534, -1)

    finding = the(findings_of(tmp_path, values), "config", "user")

    assert finding.outcome is WARNING
    assert finding.remedy.startswith("sudo -u ")


def test_a_state_folder_that_may_not_be_looked_into_is_one_problem(tmp_path, values, monkeypatch):
    state = make_state(tmp_path)
    monkeypatch.setattr(state_folder_module.os, "access", lambda path, *_, **__: Path(path) != state)
    # As the kernel does, for root as well.
    monkeypatch.setattr(state_folder_module.Path, "exists", lambda _self: (_ for _ in ()).throw(PermissionError()))

    findings = list(
        check_state(load(write_config(tmp_path, values), check_machine=False), lambda: pytest.fail("opened"))
    )

    [finding] = [finding for finding in findings if finding.outcome is not OK]
    assert (finding.subject, finding.outcome) == (str(state), PROBLEM)
    assert "sudo -u" in finding.remedy


def test_a_damaged_ledger_is_a_problem(tmp_path, values):
    state = make_state(tmp_path)
    (state / "ledger.sqlite").write_bytes(b"this is not a database" * 100)

    finding = the(findings_of(tmp_path, values), "state", "ledger")

    assert finding.outcome is PROBLEM
    assert "damaged" in finding.message


def test_a_sound_ledger_and_a_running_daemon_are_told(tmp_path, values):
    state = make_state(tmp_path)
    open_ledger(f"sqlite:///{state}/ledger.sqlite").close()

    with LedgerLock(state):
        running = findings_of(tmp_path, values)
    stopped = findings_of(tmp_path, values)

    assert "sound" in the(running, "state", "ledger").message
    assert f"process {os.getpid()}" in the(running, "state", "daemon").message
    assert "none runs" in the(stopped, "state", "daemon").message


def test_a_check_does_not_keep_the_lock_from_a_daemon(tmp_path, values):
    state = make_state(tmp_path)
    with LedgerLock(state):
        pass
    findings_of(tmp_path, values)

    with LedgerLock(state):
        assert (state / "spacecast.lock").read_text().splitlines()[0] == str(os.getpid())


def test_secrets_stay_as_private_as_they_were(tmp_path, values):
    findings_of(tmp_path, values)

    assert stat.S_IMODE((tmp_path / "onedata.token").stat().st_mode) == 0o600
