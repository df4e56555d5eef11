"""The ledger at a glance: whatever the number of datasets, what is given is bounded, and comes page by page."""

from pathlib import Path

import pytest

from spacecast.ledger import Condition, LedgerTrouble, Selection, Stage, State, open_ledger

_DATASETS = 300


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    ledger = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('overview')}/ledger.sqlite", clock=lambda: 100.0)
    for number in range(_DATASETS):
        name = f"Run_{number:03}"
        added = ledger.add(Path(f"/data/{number % 3}"), name, key=name, title=name, marker=name, live=number < 2)
        condition = Condition.FAILED if number % 10 == 0 else Condition.DONE
        ledger.set_stages(added.id, [Stage("link", condition, reason="the zone is away" if number % 10 == 0 else "")])
        ledger.derive_state(added.id)
        ledger.confirm(added.id, "catalog-entry", name, {"files": 2, "bytes": 3_000_000_000} if number else {})
        if number < 5:
            ledger.confirm(added.id, "invite", name, {"valid_until": [None, 500, 300, 400, 200][number]})
    ledger.pause([2])
    yield ledger
    ledger.close()


def pages(ledger, selection, most=70):
    before = None
    while page := ledger.page(selection, before=before, most=most):
        yield page
        before = page[-1].id


def test_pages_hold_every_dataset_once_the_last_ones_first(ledger):
    found = [dataset.id for page in pages(ledger, Selection()) for dataset in page]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == _DATASETS
    assert max(len(page) for page in pages(ledger, Selection())) == 70


@pytest.mark.parametrize(
    ("selection", "number"),
    [
        (Selection(), _DATASETS),
        (Selection(State.RETRYING), 30),
        (Selection(State.MISSING), 0),
        (Selection(is_live=True), 2),
        (Selection(words="run_00"), 10),
        (Selection(words="RUN /data/1"), 100),
        (Selection(words="_0%"), 0),
        (Selection(State.RETRYING, "run_29"), 1),
    ],
)
def test_a_selection_counts_and_gives_the_same_datasets(ledger, selection, number):
    assert ledger.count(selection) == number
    assert sum(len(page) for page in pages(ledger, selection)) == number


def test_stages_and_files_are_counted(ledger):
    assert ledger.count_stages() == {("link", "done"): 270, ("link", "failed"): 30}
    assert ledger.count_live() == 2
    assert ledger.count_paused() == 1
    sums = ledger.sum_details("catalog-entry", "files", "bytes")
    assert sums == {"files": 2 * 299, "bytes": 3_000_000_000 * 299}
    assert ledger.sum_details("nothing", "files") == {"files": 0}


def test_the_first_end_of_an_object_is_told_also_of_a_paused_dataset_but_of_none_that_is_gone(ledger):
    (fifth,) = ledger.find("Run_004")
    assert ledger.earliest_end("invite") == 200
    ledger.move(fifth.id, State.MISSING)
    assert ledger.earliest_end("invite") == 300
    ledger.move(fifth.id, State.WAITING)
    assert ledger.earliest_end("nothing") is None


def test_what_many_wait_for_is_summed_up(ledger):
    assert ledger.common_reasons(5) == [("the zone is away", 30)]


def test_stages_and_objects_of_a_page_come_together(ledger):
    numbers = [dataset.id for dataset in ledger.page(Selection(), before=None, most=3)]
    assert all([stage.name for stage in found] == ["link"] for found in ledger.stages_of(numbers).values())
    assert all(found["catalog-entry"].confirmed for found in ledger.objects_of(numbers, ("catalog-entry",)).values())
    assert all(found == {} for found in ledger.objects_of(numbers, ("share",)).values())


def test_a_ledger_that_can_be_written_proves_it_and_another_does_not(ledger, tmp_path):
    ledger.prove_writable()
    own = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    own.close()
    reading = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", read_only=True)
    with reading._reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(LedgerTrouble):
        reading.prove_writable()
    reading.close()
