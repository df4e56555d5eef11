import os

import pytest

from spacecast.config import load
from spacecast.folders.limits import InotifyLimits
from spacecast.ledger import LedgerLock
from spacecast.service.preflight import Outcome
from spacecast.service.preflight import owners as owners_module
from spacecast.service.preflight import roots as roots_module
from spacecast.service.preflight.roots import check_roots
from spacecast.service.preflight.running_daemon import daemon_overrides_permissions, process_facts
from support.config_files import write_config
from support.folders import make_dataset
from support.preflight import bad, findings_of

PROBLEM, WARNING, OK = Outcome.PROBLEM, Outcome.WARNING, Outcome.OK


def status_of_process(user: int, capabilities: str) -> str:
    """What proc(5) shows of a process."""
    return f"Name:\tspacecast\nUid:\t{user}\t{user}\t{user}\t{user}\nCapEff:\t{capabilities}\n"


def root_findings(tmp_path, values, **options):
    return list(check_roots(load(write_config(tmp_path, values)), **options))


def test_a_pattern_that_matches_nothing_is_a_warning(tmp_path, values):
    values["watch"] = [{"folder": str(tmp_path / "users-*" / "datasets")}]

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("folders", str(tmp_path / "users-*" / "datasets"), WARNING)]


def test_a_root_that_went_away_after_loading_is_a_problem(tmp_path, values):
    config = load(write_config(tmp_path, values))
    (tmp_path / "datasets").rmdir()

    findings = list(check_roots(config))

    assert [finding.outcome for finding in findings] == [PROBLEM]
    assert "is mounted" in findings[0].message


def test_a_root_that_may_not_be_read_is_a_problem(tmp_path, values):
    config = load(write_config(tmp_path, values))
    (tmp_path / "datasets").chmod(0)
    if os.access(tmp_path / "datasets", os.R_OK):
        (tmp_path / "datasets").rmdir()
        (tmp_path / "datasets").write_text("root may read everything, but not list a file")

    findings = list(check_roots(config))

    # For another user than root it may be that the daemon has more rights.
    assert [finding.outcome for finding in findings] == [PROBLEM if os.geteuid() == 0 else WARNING]
    assert findings[0].remedy


def test_dataset_folders_that_cannot_be_written_to_are_named(tmp_path, values, monkeypatch):
    readable_only = make_dataset(tmp_path / "datasets", "theirs").parent
    make_dataset(tmp_path / "datasets", "ours")
    real = os.access

    def as_another_user(path, mode, **options):
        return real(path, mode, **options) and not (path == readable_only and mode & os.W_OK)

    # root may write everywhere, whatever the mode says
    monkeypatch.setattr(roots_module.os, "access", as_another_user)

    [finding] = [finding for finding in root_findings(tmp_path, values) if finding.outcome is not OK]

    assert finding.outcome is PROBLEM
    assert str(readable_only) in finding.message
    assert finding.remedy.startswith("setfacl -m ")


@pytest.mark.parametrize(
    ("capabilities", "outcome"),
    [("000000000000000b", OK), ("0000000000000000", PROBLEM), (None, WARNING)],
)
def test_what_binds_the_checking_user_need_not_bind_the_daemon(tmp_path, values, monkeypatch, capabilities, outcome):
    processes = tmp_path / "processes"
    (processes / str(os.getpid())).mkdir(parents=True)
    if capabilities:
        (processes / str(os.getpid()) / "status").write_text(status_of_process(1000, capabilities))
    monkeypatch.setattr(
        roots_module, "daemon_overrides_permissions", lambda folder: daemon_overrides_permissions(folder, processes)
    )
    monkeypatch.setattr(roots_module.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(roots_module.os, "access", lambda path, mode, **_: not mode & os.W_OK)
    make_dataset(tmp_path / "datasets", "theirs")
    config = load(write_config(tmp_path, values), check_machine=False)

    (tmp_path / "state").mkdir(mode=0o700)
    with LedgerLock(tmp_path / "state"):
        findings = list(check_roots(config))

    assert [finding.outcome for finding in findings if "may not write" in finding.message] == [outcome]


@pytest.mark.parametrize(
    ("user", "capabilities", "warned"),
    [(1000, "0", True), (1000, "1", True), (1000, "9", False), ("owner", "0", False)],
)
def test_metadata_files_that_could_not_keep_their_owner_are_foreseen(
    tmp_path, values, monkeypatch, user, capabilities, warned
):
    metadata_file = make_dataset(tmp_path / "datasets", "theirs")
    owner = metadata_file.stat().st_uid if metadata_file.is_file() else metadata_file.parent.stat().st_uid
    processes = tmp_path / "processes"
    (processes / "self").mkdir(parents=True)
    number = owner if user == "owner" else owner + 1000
    (processes / "self" / "status").write_text(status_of_process(number, capabilities))
    monkeypatch.setattr(owners_module, "process_facts", lambda process: process_facts(process, processes))

    found = [finding for finding in root_findings(tmp_path, values) if "belong to other users" in finding.message]
    values["metadata"]["on_not_owner"] = "in-place"
    in_place = [finding for finding in root_findings(tmp_path, values) if "belong to other users" in finding.message]

    assert [finding.outcome for finding in found] == ([WARNING] if warned else [])
    assert all("in-place" in finding.remedy and "SPA.yml" in finding.message for finding in found)
    assert in_place == []


def test_folders_that_cannot_be_published_are_a_warning_with_the_reason(tmp_path, values):
    (tmp_path / "datasets" / "link").symlink_to(tmp_path)

    [finding] = [finding for finding in root_findings(tmp_path, values) if finding.outcome is not OK]

    assert finding.outcome is WARNING
    assert "symbolic link" in finding.message


def test_a_root_below_no_mount_point_is_a_warning(tmp_path, values):
    values["onedata"]["mount_points"] = {"/somewhere": "/volumes/somewhere"}

    [finding] = [finding for finding in root_findings(tmp_path, values) if finding.outcome is not OK]

    assert finding.outcome is WARNING
    assert "onedata.mount_points" in finding.remedy


def test_the_path_at_the_provider_is_told(tmp_path, values):
    values["onedata"]["mount_points"] = {str(tmp_path): "/volumes/data"}

    messages = [finding.message for finding in root_findings(tmp_path, values)]

    assert "the provider has to see it as /volumes/data/datasets" in messages


def test_more_folders_than_watches_are_a_warning_with_the_command(tmp_path, values):
    for number in range(5):
        make_dataset(tmp_path / "datasets", f"set-{number}")

    def few():
        return InotifyLimits(queued_events=16384, instances=128, watches=4)

    [finding] = [finding for finding in root_findings(tmp_path, values, limits=few) if finding.outcome is not OK]

    assert finding.subject == "inotify"
    assert finding.remedy.startswith("sysctl fs.inotify.max_user_watches=24")


def test_watches_do_not_matter_where_only_the_scan_looks(tmp_path, values):
    values["watch"][0]["events"] = "poll"

    def none():
        return InotifyLimits(queued_events=1, instances=1, watches=0)

    assert not [finding for finding in root_findings(tmp_path, values, limits=none) if finding.subject == "inotify"]


def test_a_slow_disk_is_not_looked_through_for_ever(tmp_path, values):
    for number in range(20):
        make_dataset(tmp_path / "datasets", f"set-{number}")
    moments = iter(range(0, 10_000, 5))

    messages = [finding.message for finding in root_findings(tmp_path, values, clock=lambda: next(moments))]

    assert any("there are more" in message for message in messages)


@pytest.mark.parametrize(("mode", "who"), [(0o777, "everybody"), (0o770, "its whole group")])
def test_a_root_in_which_others_may_swap_folders_is_told_of(tmp_path, values, mode, who):
    (tmp_path / "datasets").chmod(mode)
    messages = [finding for finding in root_findings(tmp_path, values) if finding.outcome is WARNING]
    assert [who in finding.message and "chmod +t" in finding.remedy for finding in messages] == [True]


@pytest.mark.parametrize("mode", [0o755, 0o1777, 0o1770])
def test_a_root_in_which_nobody_may_swap_folders_of_others_is_fine(tmp_path, values, mode):
    (tmp_path / "datasets").chmod(mode)
    assert bad(root_findings(tmp_path, values)) == []
