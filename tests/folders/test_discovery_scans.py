"""When roots are scanned, what is believed of them, and what goes on meanwhile; on clocks that move when told to."""

import errno
import os
import shutil

import pytest

from spacecast.folders import WatchedFolder, look
from support.folders import WANTED, Clocks, make_dataset
from support.turns import late_clocks, make_discovery, pass_time, survey_of


@pytest.fixture
def clocks() -> Clocks:
    return late_clocks()


def test_a_lost_mount_is_a_problem_of_the_root_and_nothing_is_gone(root, discovery, record, clocks):
    make_dataset(root, "first")
    waiting = make_dataset(root, "second")
    pass_time(discovery, clocks, 10.0)
    waiting.write_text("a: 2\n# changed just before the mount was lost\n")
    discovery.hint(root, "second")
    discovery.turn()
    root.rename(root.with_name("unmounted"))
    pass_time(discovery, clocks, 20.0)
    root.mkdir()
    discovery.hint(root, "first")
    pass_time(discovery, clocks, 20.0)
    assert record.gone == []
    assert record.problem_kinds == ["root", "root"]
    assert "not mounted" in discovery.problems()[0].message
    root.rmdir()
    root.with_name("unmounted").rename(root)
    pass_time(discovery, clocks, 20.0)
    assert discovery.problems() == []
    assert record.gone == []
    assert record.ready_names == ["first", "second", "second"]


def test_a_root_that_is_lost_in_the_middle_of_a_scan_loses_nothing(root, record, clocks):
    for number in range(10):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks)
    pass_time(discovery, clocks, 10.0)
    survey, looks = survey_of(discovery), []

    def lose_the_root_at_the_third_look() -> bool:
        looks.append(1)
        if len(looks) == 3:
            shutil.rmtree(root / "d0")
            root.rename(root.with_name("unmounted"))
            root.mkdir()
        return True

    survey._between_looks = lose_the_root_at_the_third_look
    pass_time(discovery, clocks, 10.0)
    assert len(looks) > 3
    assert record.gone == []
    root.rmdir()
    root.with_name("unmounted").rename(root)
    pass_time(discovery, clocks, 10.0)
    assert record.gone_names == ["d0"]


def test_new_roots_of_a_pattern_are_found(root, record, clocks):
    discovery = make_discovery(WatchedFolder(f"{root}/*/data"), record, clocks)
    make_dataset(root / "alice" / "data", "first")
    pass_time(discovery, clocks, 10.0)
    make_dataset(root / "bob" / "data", "second")
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["first", "second"]
    assert record.ready[1].root == root / "bob" / "data"


def test_what_an_earlier_run_knew_and_is_no_more_is_gone(root, discovery, record, clocks):
    make_dataset(root, "still-there")
    discovery.expect(root, ["still-there", "deleted-meanwhile"])
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["still-there"]
    assert record.gone_names == ["deleted-meanwhile"]


def test_what_lies_as_it_did_is_no_news_when_devices_have_been_numbered_anew(root, discovery, record, clocks):
    make_dataset(root, "first")
    make_dataset(root, "second")
    first, second = (look(root, name, WANTED) for name in ("first", "second"))
    moved = [each._replace(folder_identity=(4711, each.folder_identity[1])) for each in (first, second)]
    (root / "second" / "SPA.yml").write_text("a: 2\n")
    discovery.expect(root, (), moved)
    pass_time(discovery, clocks, 10.0)
    assert [sighting.name for sighting in record.sightings] == ["second"]
    assert record.gone == []


def test_an_empty_root_in_which_datasets_were_known_is_not_believed(root, discovery, record, clocks):
    discovery.expect(root, ["known"])
    pass_time(discovery, clocks, 10.0)
    assert record.gone == []
    assert record.problem_kinds == ["root"]


def test_a_configured_interval_is_kept(root, record, clocks):
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=30.0), record, clocks)
    assert discovery.turn() == pytest.approx(30.0)
    make_dataset(root, "first")
    pass_time(discovery, clocks, 29.0)
    assert record.sightings == []
    pass_time(discovery, clocks, 2.0)
    assert len(record.sightings) == 1


def test_a_scan_can_be_asked_for(root, discovery, record, clocks):
    discovery.turn()
    make_dataset(root, "first")
    discovery.scan_now()
    discovery.turn()
    assert len(record.sightings) == 1
    assert discovery.figures()[root].datasets == 1


def test_hints_are_served_in_the_middle_of_a_scan(root, record, clocks):
    for number in range(10):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks)
    pass_time(discovery, clocks, 10.0)
    record.sightings.clear()
    make_dataset(root, "urgent")
    (root / "d5" / "SPA.yml").write_text("b: 333\n")
    asked = []
    real = survey_of(discovery)._between_looks

    def hint_at_the_first_look() -> bool:
        if not asked:
            asked.append(discovery.hint(root, "urgent"))
        return real()

    survey_of(discovery)._between_looks = hint_at_the_first_look
    discovery.scan_now(root)
    discovery.turn()
    assert record.sightings[0].name == "urgent"
    assert sorted(sighting.name for sighting in record.sightings) == ["d5", "urgent"]
    pass_time(discovery, clocks, 10.0)
    assert record.gone == []


def test_a_flood_of_hints_does_not_keep_a_scan_from_going_on(root, record, clocks):
    for number in range(20):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=3600.0), record, clocks)
    pass_time(discovery, clocks, 10.0)
    make_dataset(root, "found-by-the-scan-only")
    survey, looks = survey_of(discovery), []
    real_look = survey.look

    def look_and_hint_again(key) -> None:
        looks.append(key)
        real_look(key)
        discovery.hint(root, f"d{len(looks) % 20}")

    survey.look = look_and_hint_again
    discovery.hint(root, "d0")
    discovery.scan_now(root)
    assert discovery.turn() == 0.0
    assert record.sightings[-1].name == "found-by-the-scan-only"
    assert len(looks) > 200


def test_a_scan_gives_way_every_few_dozen_folders_and_is_not_charged_for_it(root, record, clocks):
    for number in range(200):
        (root / f"d{number}").mkdir()
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks, give_way=lambda: clocks.advance(10.0))
    before = clocks.monotonic()
    discovery.turn()
    assert 30.0 <= clocks.monotonic() - before <= 100.0
    assert discovery.figures()[root].seconds == 0.0
    assert discovery.look_for_hangs() == []


def test_a_root_that_is_not_scanned_for_long_is_overdue_until_it_is(root, discovery, record, clocks, tmp_path):
    discovery.turn()
    assert discovery.overdue_scans() == {}
    root.rename(tmp_path / "away")
    pass_time(discovery, clocks, 400.0)
    ((path, seconds),) = discovery.overdue_scans().items()
    assert path == root
    assert seconds > 300.0
    (tmp_path / "away").rename(root)
    pass_time(discovery, clocks, 5.0)
    assert discovery.overdue_scans() == {}


def test_a_long_interval_between_scans_is_not_overdue(root, record, clocks):
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=3600.0), record, clocks)
    discovery.turn()
    clocks.advance(3000.0)
    assert discovery.overdue_scans() == {}


def test_a_trouble_ends_with_the_next_scan_although_the_dataset_lies_as_it_did(
    root, discovery, record, clocks, monkeypatch
):
    make_dataset(root, "first")
    pass_time(discovery, clocks, 10.0)
    real = os.stat

    def failing(path, **options):
        if path == "first/SPA.yml":
            raise OSError(errno.EIO, "Input/output error")
        return real(path, **options)

    with monkeypatch.context() as disk:
        disk.setattr(os, "stat", failing)
        discovery.scan_now()
        discovery.turn()
    assert [problem.kind for problem in discovery.problems()] == ["folder"]
    record.sightings.clear()
    discovery.scan_now()
    discovery.turn()
    assert discovery.problems() == []
    assert record.sightings == []
