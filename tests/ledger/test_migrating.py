"""An older ledger becomes the present one, whole or not at all, and a copy of it is kept beside."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from spacecast.ledger import LedgerUnusable, State, open_ledger
from spacecast.ledger.migrating import MIGRATIONS, present_version
from support.ledgers import changed_by, first_release, known, url_of

_DYING = """
import sys, time
from pathlib import Path
import sqlalchemy as sa
from spacecast.ledger import open_ledger
from spacecast.ledger.migrating import MIGRATIONS

def slow(connection):
    connection.execute(sa.text("ALTER TABLE dataset ADD COLUMN colour TEXT"))
    connection.execute(sa.text("UPDATE dataset SET colour = 'half done'"))
    Path(sys.argv[2]).touch()
    time.sleep(60)

open_ledger(sys.argv[1], migrations=(*MIGRATIONS, slow))
"""


def _add_colour(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE dataset ADD COLUMN colour TEXT"))
    connection.execute(sa.text("UPDATE dataset SET colour = 'red'"))


def _fail(connection: sa.Connection) -> None:
    connection.execute(sa.text("UPDATE dataset SET colour = 'blue'"))
    raise sa.exc.OperationalError("x", {}, Exception("database or disk is full"))


def _query(file: Path, sql: str) -> list[tuple]:
    engine = sa.create_engine(url_of(file))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(sql))]
    engine.dispose()
    return rows


@pytest.fixture
def old(tmp_path):
    return first_release(tmp_path / "state" / "ledger.sqlite")


def _shape(file):
    """Give columns, keys, uniqueness and indexes of every table."""
    engine = sa.create_engine(url_of(file))
    look = sa.inspect(engine)
    shape = {
        name: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in look.get_columns(name)},
            look.get_pk_constraint(name)["constrained_columns"],
            sorted(tuple(found["column_names"]) for found in look.get_unique_constraints(name)),
            sorted((found["name"], tuple(found["column_names"])) for found in look.get_indexes(name)),
            [(found["constrained_columns"], found["options"]) for found in look.get_foreign_keys(name)],
        )
        for name in look.get_table_names()
    }
    engine.dispose()
    return shape


def test_a_ledger_of_the_first_release_is_taken_over_with_all_that_is_in_it(old):
    assert known(old) == {"run1": State.READY}
    assert _query(old, "SELECT version FROM ledger_version") == [(present_version(MIGRATIONS),)]


def test_an_upgraded_ledger_has_the_same_shape_as_a_new_one(old, tmp_path):
    open_ledger(url_of(old)).close()
    new = tmp_path / "new.sqlite"
    open_ledger(url_of(new)).close()
    assert _shape(old) == _shape(new)


def test_an_upgrade_keeps_a_private_copy_of_what_was_before(old):
    migrations = (*MIGRATIONS, _add_colour)
    open_ledger(url_of(old), migrations=migrations).close()
    assert _query(old, "SELECT name, colour FROM dataset") == [("run1", "red")]
    assert _query(old, "SELECT version FROM ledger_version") == [(present_version(migrations),)]
    copy = old.with_name(f"ledger.sqlite.before-version-{present_version(migrations)}")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in old.parent.iterdir()) == [old.name, copy.name]
    assert known(copy) == {"run1": State.READY}


def test_after_a_downgrade_the_message_names_the_copy_and_the_copy_works(old):
    migrations = (*MIGRATIONS, _add_colour)
    open_ledger(url_of(old), migrations=migrations).close()
    with pytest.raises(LedgerUnusable, match="newer Spacecast") as refused:
        open_ledger(url_of(old))
    copy = old.with_name(f"ledger.sqlite.before-version-{present_version(migrations)}")
    assert str(copy) in str(refused.value)
    copy.replace(old)
    assert known(old) == {"run1": State.READY}


def test_an_upgrade_that_fails_leaves_the_old_ledger_and_is_told(old):
    with pytest.raises(LedgerUnusable, match="database or disk is full"):
        open_ledger(url_of(old), migrations=(*MIGRATIONS, _add_colour, _fail))
    assert known(old) == {"run1": State.READY}
    assert "colour" not in _shape(old)["dataset"][0]


def test_an_upgrade_that_is_killed_in_the_middle_leaves_the_old_ledger_and_is_done_again(old, tmp_path):
    begun = tmp_path / "begun"
    with subprocess.Popen([sys.executable, "-c", _DYING, url_of(old), str(begun)]) as process:
        end = time.monotonic() + 60
        while not begun.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert begun.exists()
    assert known(old) == {"run1": State.READY}
    assert "colour" not in _shape(old)["dataset"][0]
    open_ledger(url_of(old), migrations=(*MIGRATIONS, _add_colour)).close()
    assert _query(old, "SELECT colour FROM dataset") == [("red",)]


def test_what_a_killed_upgrade_has_copied_by_half_is_copied_again(old):
    version = present_version(MIGRATIONS) + 1
    old.with_name(f"ledger.sqlite.before-version-{version}.partial").write_bytes(b"cut off")
    open_ledger(url_of(old), migrations=(*MIGRATIONS, _add_colour)).close()
    assert known(old.with_name(f"ledger.sqlite.before-version-{version}")) == {"run1": State.READY}


def test_looking_only_does_not_upgrade(old):
    with pytest.raises(LedgerUnusable, match="start the daemon once, it upgrades it"):
        open_ledger(url_of(old), read_only=True, migrations=(*MIGRATIONS, _add_colour))
    assert known(old) == {"run1": State.READY}


def test_a_damaged_older_ledger_is_not_upgraded(old):
    changed_by("DELETE FROM dataset")(old)
    before = old.read_bytes()
    with pytest.raises(LedgerUnusable, match="damaged"):
        open_ledger(url_of(old), migrations=(*MIGRATIONS, _add_colour))
    assert old.read_bytes() == before


def test_what_was_published_before_there_were_notices_counts_as_told(old):
    open_ledger(url_of(old)).close()
    assert _query(old, "SELECT kind, dataset_id FROM notice") == [("ready", 1)]
    assert _query(old, "SELECT key FROM notice") == _query(
        old, "SELECT 'ready:' || marker || '-' || generation FROM dataset"
    )
    assert _query(old, "SELECT * FROM delivery") == []
