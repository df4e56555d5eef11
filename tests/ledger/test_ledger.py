"""The ledger remembers across restarts, keeps itself private, and refuses what it cannot trust."""

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from spacecast.ledger import (
    Condition,
    Event,
    LedgerUnusable,
    Stage,
    State,
    next_state,
    open_ledger,
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/state/ledger.sqlite"


@pytest.fixture
def ledger(url):
    ledger = open_ledger(url, clock=lambda: 100.0)
    yield ledger
    ledger.close()


def _add(ledger, name="run1", **facts):
    return ledger.add(Path("/data"), name, key=name, title=name, marker=f"marker-{name}", **facts)


def test_a_dataset_is_found_again_by_folder_name_key_and_path(ledger):
    added = _add(ledger, metadata_name="SPA.yml")
    assert ledger.dataset_at(Path("/data"), "run1") == added
    assert ledger.find("run1") == ledger.find("/data/run1") == [added]
    assert ledger.find("run10") == []


def test_two_datasets_never_share_a_key_or_title(ledger):
    _add(ledger)
    with pytest.raises(sa.exc.IntegrityError):
        ledger.add(Path("/other"), "run1", key="run1", title="else", marker="m2")
    assert ledger.is_taken(key="run1")
    assert ledger.is_taken(title="run1")
    assert not ledger.is_taken(title="run")


def test_an_intended_object_is_known_before_and_confirmed_after_the_call(ledger):
    dataset = _add(ledger)
    ledger.intend(dataset.id, "space")
    assert not ledger.objects(dataset.id)["space"].confirmed
    ledger.confirm(dataset.id, "space", "sid", {"name": "run1"})
    space = ledger.objects(dataset.id)["space"]
    assert (space.remote_id, space.confirmed, space.details) == ("sid", True, {"name": "run1"})
    assert ledger.owners("space", "sid") == [dataset.id]
    ledger.forget(dataset.id, "space")
    assert ledger.objects(dataset.id) == {}


@pytest.mark.parametrize("number_of_others", [0, 3, 600])
def test_ids_that_no_object_of_a_kind_has_are_told_from_the_others_in_their_order(ledger, number_of_others):
    dataset = _add(ledger)
    ledger.confirm(dataset.id, "storage", "ours", {})
    ledger.confirm(dataset.id, "space", "of-a-space", {})
    ledger.intend(dataset.id, "group")
    others = [f"other{number}" for number in range(number_of_others)]
    assert ledger.not_recorded("storage", ["of-a-space", "ours", *others]) == ["of-a-space", *others]
    assert ledger.not_recorded("group", others) == others
    assert ledger.not_recorded("storage", []) == []


def test_everything_is_there_after_reopening(url):
    first = open_ledger(url)
    dataset = _add(first)
    first.set_stages(dataset.id, [Stage("link", Condition.FAILED, "down", attempts=2, next_try_at=7.0)])
    first.move(dataset.id, State.RETRYING, "down")
    first.close()
    again = open_ledger(url)
    assert again.dataset(dataset.id).state is State.RETRYING
    assert [(number, stage.name) for number, stage in again.unfinished_stages()] == [(dataset.id, "link")]
    again.close()


def _line(step):
    return Event(1.0, "link", step, "done", "", 0.5)


def test_a_noted_line_is_written_with_what_is_written_next_and_whoever_reads_finds_it_before(ledger, url):
    dataset = _add(ledger)
    ledger.note(dataset.id, _line("space"))
    with closing(open_ledger(url, read_only=True)) as other:
        assert other.events(dataset.id) == []
        ledger.confirm(dataset.id, "space", "s1", {})
        assert other.events(dataset.id) == [_line("space")]
    ledger.note(dataset.id, _line("share"))
    assert ledger.events(dataset.id) == [_line("space"), _line("share")]


def test_a_line_of_a_forgotten_dataset_is_dropped_without_harm_to_what_it_would_be_written_with(ledger):
    gone, here = _add(ledger, "gone"), _add(ledger, "here")
    ledger.note(gone.id, _line("space"))
    ledger.record(gone.id, _line("link"))
    ledger.remove(gone.id)
    ledger.note(gone.id, _line("space"))
    ledger.confirm(here.id, "space", "s1", {})
    ledger.record(gone.id, _line("link"))
    assert ledger.objects(here.id)["space"].confirmed
    assert [entry.dataset for entry in ledger.history(most=9)] == []


def test_threads_that_write_at_once_lose_nothing(ledger):
    datasets = [_add(ledger, f"run{number}") for number in range(4)]

    def write(dataset):
        for number in range(25):
            ledger.confirm(dataset.id, f"kind{number}", "r", {})
            ledger.record(dataset.id, _line(f"step{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, datasets))
    assert [len(ledger.objects(dataset.id)) for dataset in datasets] == [25] * 4
    assert [len(ledger.events(dataset.id, limit=99)) for dataset in datasets] == [25] * 4


def test_the_history_keeps_the_newest_lines_only(ledger):
    dataset = _add(ledger)
    for number in range(230):
        ledger.record(dataset.id, Event(float(number), "link", "space", "done"))
    lines = ledger.events(dataset.id, limit=1000)
    assert [lines[0].at, lines[-1].at, len(lines)] == [30.0, 229.0, 200]


def test_a_forbidden_move_is_refused_and_changes_nothing(ledger):
    dataset = _add(ledger)
    ledger.move(dataset.id, State.WITHDRAWN)
    with pytest.raises(ValueError, match="from withdrawn to ready"):
        ledger.move(dataset.id, State.READY)
    assert ledger.dataset(dataset.id).state is State.WITHDRAWN


def test_a_pass_that_was_overtaken_does_not_count(ledger):
    dataset = _add(ledger)
    ledger.reopen(dataset.id, ["link"])
    seen = ledger.stages(dataset.id)["link"]
    ledger.reopen(dataset.id, ["link"])
    assert not ledger.end_stage(dataset.id, Stage("link", Condition.DONE, opened=seen.opened))
    assert ledger.stages(dataset.id)["link"].condition is Condition.PENDING
    assert ledger.end_stage(dataset.id, Stage("link", Condition.DONE, opened=seen.opened + 1))
    assert ledger.derive_state(dataset.id).state is State.READY


def test_a_missing_dataset_stays_missing_whatever_its_stages_say(ledger):
    dataset = _add(ledger)
    ledger.move(dataset.id, State.MISSING, "gone")
    ledger.set_stages(dataset.id, [Stage("link", Condition.FAILED, "down")])
    assert ledger.derive_state(dataset.id).state is State.MISSING


def test_names_that_are_no_unicode_are_kept_written_out(ledger):
    dataset = _add(ledger)
    ledger.set_stages(dataset.id, [Stage("import", Condition.FAILED, "bad\udcff.dat differs")])
    ledger.record(dataset.id, Event(1.0, "import", "", "retrying", "bad\udcff.dat"))
    assert ledger.stages(dataset.id)["import"].reason == "bad\\udcff.dat differs"


def test_readers_do_not_wait_for_a_writer(ledger):
    dataset = _add(ledger)
    with ledger._writing():
        assert list(ledger.datasets()) == [dataset]


def test_moving_to_the_same_state_and_reason_is_no_change(ledger):
    dataset = _add(ledger)
    assert ledger.move(dataset.id, State.BLOCKED, "tab in line 2")
    assert not ledger.move(dataset.id, State.BLOCKED, "tab in line 2")


def test_the_worst_stage_decides_the_state():
    done = Stage("link", Condition.DONE)
    failing = Stage("import", Condition.FAILED, "slow")
    blocked = Stage("catalog", Condition.FAILED, "key refused", needs_person=True)
    assert next_state([done, failing, blocked]) == (State.BLOCKED, "key refused")
    assert next_state([done, failing]) == (State.RETRYING, "slow")
    assert next_state([done, Stage("import", Condition.PENDING)]) == (State.WORKING, "")
    assert next_state([done]) == (State.READY, "")


def test_the_file_is_readable_by_its_owner_only(url, tmp_path):
    open_ledger(url).close()
    assert stat.S_IMODE((tmp_path / "state/ledger.sqlite").stat().st_mode) == 0o600


def test_reading_only_makes_nothing(url, tmp_path):
    with pytest.raises(LedgerUnusable, match="start the daemon first"):
        open_ledger(url, read_only=True)
    assert not (tmp_path / "state").exists()


def test_a_dataset_takes_names_from_one_without_a_space_and_from_no_other(ledger):
    first, second, third = (_add(ledger, name) for name in ("one", "two", "three"))
    ledger.intend(second.id, "space")
    ledger.confirm(third.id, "space", "an-id", {})
    ledger.take_names(first.id, key=second.key, title=third.title)
    taken = ledger.dataset(first.id)
    assert (taken.key, taken.title) == (second.key, first.title)
    assert (ledger.dataset(second.id).key, ledger.dataset(third.id).title) == (first.key, third.title)
    ledger.take_names(first.id, key="free", title="Free")
    assert (ledger.dataset(first.id).key, ledger.dataset(first.id).title) == ("free", "Free")
