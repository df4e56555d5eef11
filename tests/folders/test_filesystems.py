"""Which file system a folder is on, and which of them tell what other hosts write."""

import subprocess
from pathlib import Path

import pytest

from spacecast.folders import filesystem_type, inotify_limits
from spacecast.folders.filesystems import type_of_magic
from spacecast.folders.limits import remedy


def test_the_magic_number_is_the_one_that_stat_shows(tmp_path):
    shown = subprocess.run(
        ["stat", "--file-system", "--format=%t", str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout
    assert filesystem_type(tmp_path).magic == int(shown, 16)


def test_proc_is_another_file_system_than_the_test_folder(tmp_path):
    assert filesystem_type(Path("/proc")).magic == 0x9FA0
    assert filesystem_type(Path("/proc")) != filesystem_type(tmp_path)


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        filesystem_type(tmp_path / "missing")


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (0x6969, "nfs"),
        (0xFF534D42, "cifs"),
        (0xFE534D42, "smb2"),
        (0x47504653, "gpfs"),
        (0x0BD00BD0, "lustre"),
        (0x00C36400, "ceph"),
        (0x19830326, "beegfs"),
        (0x65735546, "fuse"),
        (0x01021997, "9p"),
        (0x5346414F, "afs"),
    ],
)
def test_network_file_systems_do_not_report_other_hosts_writes(magic, name):
    kind = type_of_magic(magic)
    assert kind.name == name
    assert not kind.reports_remote_writes


@pytest.mark.parametrize("magic", [0xEF53, 0x58465342, 0x01021994, 0x794C7630, 0x9123683E, 0x12345])
def test_local_and_unknown_file_systems_are_watched(magic):
    assert type_of_magic(magic).reports_remote_writes


def test_an_unknown_file_system_is_shown_by_its_number():
    assert type_of_magic(0x12345).name == "unknown (0x00012345)"


def test_the_limits_are_read_from_the_kernel(tmp_path):
    for name, value in (("max_queued_events", 16384), ("max_user_instances", 128), ("max_user_watches", 8192)):
        (tmp_path / name).write_text(f"{value}\n")
    limits = inotify_limits(tmp_path)
    assert (limits.queued_events, limits.instances, limits.watches) == (16384, 128, 8192)


def test_hidden_limits_are_unknown_and_not_an_error(tmp_path):
    limits = inotify_limits(tmp_path / "missing")
    assert (limits.queued_events, limits.instances, limits.watches) == (None, None, None)


def test_a_remedy_is_a_command_that_raises_the_limit():
    assert remedy("max_user_watches", 8192).startswith("sysctl fs.inotify.max_user_watches=32768")
    assert remedy("max_user_instances", None).startswith("sysctl fs.inotify.max_user_instances=1024")
