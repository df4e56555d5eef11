import os
import time

import pytest

from spacecast.metadata import clean_leftovers, temporary_name
from spacecast.metadata.temporary import short_digest
from support.file_operations import RacedOperations
from support.metadata_folder import NEW, OLD

SAVED = b"DataId: 2\n"


class PowerCut(BaseException):
    """Ends a write in the middle, like a kill: nothing that would tidy up runs to an effect."""


def cut_power():
    raise PowerCut


def write_until(folder, *, before=None, after=None):
    """Run a replacement up to a call, as if the process was killed there."""

    class Killed(RacedOperations):
        is_dead = False

        def unlink(self, *names):
            if not self.is_dead:
                super().unlink(*names)

    def kill():
        operations.is_dead = True
        cut_power()

    operations = Killed(before={before: kill} if before else {}, after={after: kill} if after else {})
    with pytest.raises(PowerCut):
        folder.replace(operations=operations)


def clean(folder):
    return [leftover.outcome for leftover in clean_leftovers(folder.descriptor, minimum_age_seconds=-1)]


@pytest.mark.parametrize(
    ("cut", "content"),
    [
        ({"before": "write"}, OLD),
        ({"after": "write"}, OLD),
        ({"before": "rename"}, OLD),
        ({"after": "rename"}, OLD),
        ({"before": "exchange"}, OLD),
        ({"after": "exchange"}, NEW),
    ],
)
def test_after_a_kill_at_any_point_the_file_is_whole_and_the_rest_is_removed(folder, cut, content):
    write_until(folder, **cut)
    assert folder.content == content
    assert len(folder.names) == 2
    assert clean(folder) == ["removed"]
    assert (folder.content, folder.names) == (content, ["SPA.yml"])


def leftover_of_a_swap(folder, *, came_out, stands):
    name = f".SPA.yml.spacecast-{short_digest(OLD)}-{short_digest(NEW)}-0123abcd.tmp"
    (folder.path / name).write_bytes(came_out)
    folder.file.write_bytes(stands)
    return name


def test_a_save_that_came_out_of_a_swap_before_a_kill_goes_back_to_its_place(folder):
    leftover_of_a_swap(folder, came_out=SAVED, stands=NEW)
    assert clean(folder) == ["restored"]
    assert (folder.content, folder.names) == (SAVED, ["SPA.yml"])


def test_a_save_is_kept_when_something_newer_stands_in_its_place(folder):
    name = leftover_of_a_swap(folder, came_out=SAVED, stands=b"DataId: 3\n")
    (leftover,) = clean_leftovers(folder.descriptor, minimum_age_seconds=-1)
    assert (leftover.name, leftover.belongs_to, leftover.outcome) == (name, "SPA.yml", "kept")
    assert (folder.content, (folder.path / name).read_bytes()) == (b"DataId: 3\n", SAVED)


def test_a_save_is_kept_when_its_place_is_empty(folder):
    name = leftover_of_a_swap(folder, came_out=SAVED, stands=NEW)
    folder.file.unlink()
    assert clean(folder) == ["kept"]
    assert (folder.path / name).read_bytes() == SAVED


def test_a_save_at_the_instant_of_putting_back_stays(folder):
    leftover_of_a_swap(folder, came_out=SAVED, stands=NEW)
    operations = RacedOperations(before={"exchange": lambda: folder.file.write_bytes(b"DataId: 3\n")})
    (leftover,) = clean_leftovers(folder.descriptor, minimum_age_seconds=-1, operations=operations)
    assert (leftover.outcome, folder.content) == ("kept", b"DataId: 3\n")


def test_a_young_temporary_file_is_left_to_whoever_writes_it(folder):
    write_until(folder, before="exchange")
    assert clean_leftovers(folder.descriptor, minimum_age_seconds=60) == []
    later = time.time() + 61
    assert [
        found.outcome for found in clean_leftovers(folder.descriptor, minimum_age_seconds=60, clock=lambda: later)
    ] == ["removed"]


@pytest.mark.parametrize(
    "name",
    [
        ".SPA.yml.swp",
        "SPA.yml~",
        ".SPA.yml.abc.tmp",
        ".SPA.yml.spacecast-part-xyz.tmp",
        "SPA.yml.spacecast-part-00000000.tmp",
    ],
)
def test_files_of_others_are_not_touched(folder, name):
    (folder.path / name).write_bytes(b"x")
    assert temporary_name(name) is None
    assert clean(folder) == []
    assert name in folder.names


def test_what_only_looks_like_a_temporary_file_of_ours_does_no_harm(folder):
    target = folder.path.parent / "elsewhere"
    target.write_bytes(b"x")
    (folder.path / ".SPA.yml.spacecast-part-00000000.tmp").symlink_to(target)
    os.mkfifo(folder.path / ".SPA.yml.spacecast-part-00000001.tmp")
    os.link(target, folder.path / ".SPA.yml.spacecast-000000000000-000000000000-00000002.tmp")
    assert clean(folder) == ["kept"]
    assert (target.read_bytes(), folder.content) == (b"x", OLD)
