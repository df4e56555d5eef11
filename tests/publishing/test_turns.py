"""A pass over many files gives way to datasets that wait for its worker, and does nothing twice on account of it."""

import threading

import numpy as np
import pytest

from spacecast.catalog import CatalogClient, assets, writing
from spacecast.folders import DatasetFolder
from spacecast.ledger import Condition, State
from spacecast.publish import turns
from spacecast.publish.admission import CATALOG
from spacecast.publish.progress import Progress
from spacecast.publish.turns import OutOfTurn, Turn
from spacecast.service.agenda import Agenda, Task
from support.world import assert_invariants, made, wait_for

FILES = 12


@pytest.fixture
def world(tmp_path, shared_tiled, request):
    with made(tmp_path, shared_tiled) as world:
        world.values["tiled"]["path"] = [request.node.name]
        world.values["limits"] = {"bulk_workers": 1}
        yield world


class Gate:
    """Lets the large dataset's files be opened one by one until one of them, and notes each."""

    def __init__(self, patch: pytest.MonkeyPatch, closed_at: int) -> None:
        self.opened: list[str] = []
        self.is_reached, self.is_open = threading.Event(), threading.Event()
        real = DatasetFolder.open

        def opening(folder, path):
            if folder.path.name == "large":
                self.opened.append(path)
                if len(self.opened) == closed_at:
                    self.is_reached.set()
                    assert self.is_open.wait(60.0)
            return real(folder, path)

        patch.setattr(DatasetFolder, "open", opening)


def test_a_small_dataset_is_in_the_catalog_before_a_large_one_that_came_first(world, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    gate = Gate(monkeypatch, closed_at=3)
    large = world.root / "large"
    large.mkdir()
    for number in range(FILES):
        np.save(large / f"of_its_own_{chr(97 + number)}.npy", np.full((2, 2 + number), number))
    (large / "SPA.yml").write_bytes(b"Project: large\n")
    with world.engine() as engine:
        assert gate.is_reached.wait(60.0)
        world.drop("small")
        wait_for("the small one to wait", engine.work.bulk.agenda.is_awaited, 60)
        gate.is_open.set()
        for name in ("small", "large"):
            world.await_state(name, State.READY)
        assert _cataloged_at(world, "small") < _cataloged_at(world, "large")
        with world.ledger() as ledger:
            stage = ledger.stages(world.dataset("large").id)[CATALOG]
        assert (stage.condition, stage.attempts) == (Condition.DONE, 0)
        assert len(gate.opened) == len(set(gate.opened)) == FILES
    assert_invariants(world)


def test_a_small_dataset_goes_before_the_rest_of_a_large_one_that_is_being_sent(world, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    for module in (assets, writing):
        monkeypatch.setattr(module, "MOST_ASSETS", 1)
    is_sending, goes_on = _stopped_while_sending(monkeypatch)
    large = world.root / "large"
    large.mkdir()
    for number in range(FILES):
        (large / f"note_{number}.txt").write_text("hello")
    (large / "SPA.yml").write_bytes(b"Project: large\n")
    with world.engine() as engine:
        assert is_sending.wait(60.0)
        progress = engine.work._reconciler._services.progress.of(world.dataset("large").id, CATALOG)
        assert progress == Progress("files sent", 1, FILES)
        world.drop("small", files=1)
        wait_for("the small one to wait", lambda: _waits(engine, world.dataset("small")), 60)
        goes_on.set()
        for name in ("small", "large"):
            world.await_state(name, State.READY)
        assert _cataloged_at(world, "small") < _cataloged_at(world, "large")
    assert_invariants(world)


def _waits(engine, dataset):
    return dataset is not None and Task(dataset.id, CATALOG) in engine.work.bulk.agenda._due


def _stopped_while_sending(monkeypatch):
    """Stop before the second request with files of an entry; give what says so, and what lets it go on."""
    is_sending, goes_on, real = threading.Event(), threading.Event(), CatalogClient.put_source

    def put_source(client, path, source):
        is_sending.set()
        assert goes_on.wait(60.0)
        return real(client, path, source)

    monkeypatch.setattr(CatalogClient, "put_source", put_source)
    return is_sending, goes_on


def _cataloged_at(world, name):
    with world.ledger() as ledger:
        events = ledger.events(world.dataset(name).id, limit=200)
    return next(event.at for event in events if event.stage == CATALOG and event.outcome == "done" and not event.step)


def test_the_bulk_lane_shows_life_by_every_answer_of_a_disk_and_every_note(world):
    with world.engine() as engine:
        before = engine.work.bulk.progress
        with engine.work.bulk_disks.user(world.root).asking():
            pass
        assert engine.work.bulk.progress == before + 1
        engine.work._reconciler._services.progress.note(1, CATALOG, Progress("files compared", 100))
        assert engine.work.bulk.progress == before + 2


def test_a_turn_begins_with_the_first_thing_done_and_ends_only_if_others_wait():
    now, waiting = [0.0], [True]
    turn = Turn(lambda: waiting[0], clock=lambda: now[0])
    now[0] = 1000.0
    turn.give_way()
    turn.gets_on()
    now[0] += turns.TURN_SECONDS - 1
    turn.give_way()
    now[0] += 1
    with pytest.raises(OutOfTurn) as others:
        turn.give_way()
    assert others.value.retry_after_seconds == 0.0
    waiting[0] = False
    assert list(turn.giving_way([1, 2])) == [1, 2]
    waiting[0] = True
    turn.begin_anew()
    turn.give_way()


def test_what_is_due_later_or_behind_is_not_waiting():
    agenda = Agenda()
    agenda.put(Task(1, CATALOG), 3600.0)
    agenda.put(Task(2, CATALOG), behind=True)
    assert not agenda.is_awaited()
    agenda.put(Task(3, CATALOG))
    assert agenda.is_awaited()
