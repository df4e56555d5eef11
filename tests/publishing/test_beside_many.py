"""A new dataset costs the same beside years of datasets as beside a handful, and goes before the scan of them."""

import threading
from contextlib import contextmanager
from itertools import count

import pytest
import sqlalchemy as sa

from bench.many_datasets import multiply
from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Hang
from spacecast.service import engine as engine_module
from support.world import wait_for

_MANY = 1500
_INSTRUCTIONS = 50


@pytest.fixture
def work_of_the_ledger():
    """A counter that grows by one for so many instructions that the database carries out for one statement."""
    numbers = count()

    def go_on():
        # The test itself looks into the ledger, too.
        if threading.current_thread() is not threading.main_thread():
            next(numbers)
        return 0

    def count_on(connection, _record):
        connection.set_progress_handler(go_on, _INSTRUCTIONS)

    sa.event.listen(sa.Engine, "connect", count_on)
    yield lambda: next(numbers)
    sa.event.remove(sa.Engine, "connect", count_on)


@contextmanager
def at_rest(world):
    """Run the engine; all that was published before is known and nothing left to do at the beginning of the block."""
    with world.engine() as engine:
        wait_for("the first scan", lambda: engine.discovery.figures() and not engine.is_busy, 60)
        yield engine


def work_for_a_new_one(world, name, work_of_the_ledger):
    with at_rest(world):
        before = work_of_the_ledger()
        world.drop(name)
        world.await_state(name, State.READY)
        return work_of_the_ledger() - before


def test_the_ledger_does_no_more_for_a_new_dataset_beside_many(world, work_of_the_ledger):
    with world.engine():
        for name in ("warm-up", "second", "third"):
            world.drop(name)
            world.await_state(name, State.READY)
    beside_few = work_for_a_new_one(world, "fourth", work_of_the_ledger)
    multiply(world.root, world.folder / "state" / "ledger.sqlite", _MANY)

    beside_many = work_for_a_new_one(world, "fifth", work_of_the_ledger)

    # One look at all rows of a table would be several times as much.
    assert beside_many - beside_few < _MANY / _INSTRUCTIONS


def test_a_scan_waits_while_a_link_is_being_made(world, monkeypatch):
    monkeypatch.setattr(engine_module, "_PAUSE_SECONDS", 3600.0)
    for number in range(100):
        (world.root / f"empty{number}").mkdir()
    with at_rest(world) as engine:
        held = world.onedata.faults.add(FaultRule(Hang(), method="POST", path=r"/provider/storages$"))
        world.drop("new")
        wait_for("the request", lambda: held.applied, 30)
        engine.discovery.scan_now()
        wait_for("the scan to wait", lambda: engine.discovery.is_scanning, 30)
        world.onedata.faults.clear()
