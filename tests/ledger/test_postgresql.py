"""The ledger on a real PostgreSQL server: upgraded whole or not at all, and one daemon has it at a time."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from spacecast.ledger import Event, LedgerLocked, LedgerUnusable, State, open_ledger
from spacecast.ledger.migrating import MIGRATIONS, present_version
from spacecast.ledger.server_lock import ServerLock
from support.postgresql import INITDB, new_database, postgresql

pytestmark = pytest.mark.skipif(INITDB is None, reason="no PostgreSQL server is installed here")


@pytest.fixture(scope="module")
def server():
    with postgresql() as folder:
        yield folder


@pytest.fixture
def url(server, request):
    return new_database(server, f"ledger_{abs(hash(request.node.name))}")


def _add_colour(connection):
    connection.execute(sa.text("ALTER TABLE dataset ADD COLUMN colour TEXT"))


def _fail(connection):
    connection.execute(sa.text("SELECT nothing FROM nowhere"))


def _added(url):
    ledger = open_ledger(url)
    dataset = ledger.add(Path("/data"), "run1", key="run1", title="run1", marker="marker")
    ledger.confirm(dataset.id, "space", "space-id", {"name": "run1"})
    ledger.close()


def test_everything_is_there_after_reopening(url):
    _added(url)
    ledger = open_ledger(url, thorough=True)
    (dataset,) = ledger.datasets()
    assert (dataset.name, dataset.state) == ("run1", State.WAITING)
    assert ledger.objects(dataset.id)["space"].remote_id == "space-id"
    others = [f"other{number}" for number in range(600)]
    assert ledger.not_recorded("space", ["space-id", *others[:2]]) == others[:2]
    assert ledger.not_recorded("space", ["space-id", *others]) == others
    ledger.check_in_place()
    ledger.close()


def test_an_upgrade_is_done_whole_or_not_at_all(url):
    _added(url)
    with pytest.raises(LedgerUnusable, match="nowhere"):
        open_ledger(url, migrations=(*MIGRATIONS, _add_colour, _fail))
    open_ledger(url).close()
    open_ledger(url, migrations=(*MIGRATIONS, _add_colour)).close()
    version = present_version(MIGRATIONS)
    with pytest.raises(LedgerUnusable, match=rf"version {version + 1}, this release knows {version}.*restore the dump"):
        open_ledger(url)


def test_orders_reach_a_daemon_through_the_server(url):
    ledger = open_ledger(url)
    dataset = ledger.add(Path("/data"), "run1", key="run1", title="run1", marker="m1")
    ledger.reopen(dataset.id, ["link"])
    commands = open_ledger(url, read_only=True)
    commands.pause([dataset.id])
    commands.pause_all()
    assert ledger.take_attention() == [dataset.id]
    assert ledger.take_attention() == []
    assert ledger.is_paused(dataset.id)
    commands.resume([dataset.id])
    commands.resume_all()
    assert not ledger.is_paused(dataset.id)
    commands.begin_withdrawal(dataset.id, "going")
    assert ledger.take_attention() == [dataset.id]
    assert (ledger.dataset(dataset.id).state, ledger.dataset(dataset.id).reason) == (State.WITHDRAWN, "going")
    ledger.end_withdrawal(dataset.id)
    commands.begin_anew(dataset.id, ["link"])
    assert ledger.dataset(dataset.id).state is State.WORKING
    commands.record(dataset.id, Event(1.0, "operator", "publish", "ordered"))
    assert [entry.event.step for entry in commands.history(most=5)] == ["publish"]
    assert ledger.sizes()["dataset"] == 1
    commands.close()
    ledger.close()


def test_a_second_daemon_with_the_same_ledger_is_refused_wherever_it_runs(url):
    first = open_ledger(url, alone=True)
    with pytest.raises(LedgerLocked, match=r"is held by process \d+ of the server, from this host since 20"):
        open_ledger(url, alone=True)
    beside = open_ledger(url)
    assert list(beside.datasets()) == []
    beside.close()
    first.close()
    open_ledger(url, alone=True).close()


def test_a_lock_that_was_lost_with_its_connection_is_taken_again_unless_somebody_was_quicker(url):
    first = open_ledger(url, alone=True)
    _cut_off(url)
    first.check_in_place()
    with pytest.raises(LedgerLocked):
        open_ledger(url, alone=True)
    _cut_off(url)
    second = open_ledger(url, alone=True)
    with pytest.raises(LedgerLocked):
        first.check_in_place()
    second.close()
    first.close()


def _cut_off(url):
    """End the connections of everybody else, as a restart of the server does."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    engine.dispose()


def test_a_lock_that_the_server_gives_back_a_moment_later_is_waited_for(url):
    engines = [sa.create_engine(url), sa.create_engine(url)]
    first = ServerLock(engines[0])
    first.take()
    second = ServerLock(engines[1], sleep=lambda _seconds: first.release())
    second.take()
    with pytest.raises(LedgerLocked, match="another Spacecast works with this ledger"):
        ServerLock(engines[0], sleep=lambda _seconds: None).take()
    second.release()
    for engine in engines:
        engine.dispose()
