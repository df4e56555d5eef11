"""Ledgers on disk: filled ones, one as the first release wrote it, and many ways to spoil one."""

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from random import Random

from spacecast.ledger import Condition, Event, Ledger, Stage, State, open_ledger

NAMES = [f"run{number:03}" for number in range(150)]
PAGE_BYTES = 4096

# The tables as the first release made them. Frozen: whoever changes the schema adds a migration instead.
FIRST_RELEASE = """
CREATE TABLE ledger_version (version INTEGER NOT NULL);
CREATE TABLE dataset (
    id INTEGER NOT NULL, root TEXT NOT NULL, name TEXT NOT NULL, "key" TEXT NOT NULL, title TEXT NOT NULL,
    marker TEXT NOT NULL, generation INTEGER DEFAULT '1' NOT NULL, state TEXT DEFAULT 'waiting' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL, metadata_name TEXT, device BIGINT, inode BIGINT, live BOOLEAN DEFAULT 0 NOT NULL,
    read_stamp TEXT, created_at FLOAT NOT NULL, changed_at FLOAT NOT NULL,
    PRIMARY KEY (id), UNIQUE (root, name), UNIQUE ("key"), UNIQUE (title), UNIQUE (marker)
);
CREATE INDEX ix_dataset_state ON dataset (state);
CREATE TABLE root (path TEXT NOT NULL, device BIGINT NOT NULL, inode BIGINT NOT NULL, PRIMARY KEY (path));
CREATE TABLE event (
    id INTEGER NOT NULL, dataset_id INTEGER NOT NULL, at FLOAT NOT NULL, stage TEXT NOT NULL, step TEXT NOT NULL,
    outcome TEXT NOT NULL, message TEXT DEFAULT '' NOT NULL, seconds FLOAT,
    PRIMARY KEY (id), FOREIGN KEY(dataset_id) REFERENCES dataset (id) ON DELETE CASCADE
);
CREATE INDEX ix_event_dataset_id ON event (dataset_id);
CREATE TABLE kept_file (
    id INTEGER NOT NULL, dataset_id INTEGER NOT NULL, at FLOAT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(dataset_id) REFERENCES dataset (id) ON DELETE CASCADE
);
CREATE INDEX ix_kept_file_dataset_id ON kept_file (dataset_id);
CREATE TABLE remote_object (
    dataset_id INTEGER NOT NULL, kind TEXT NOT NULL, remote_id TEXT, confirmed BOOLEAN NOT NULL, details JSON NOT NULL,
    changed_at FLOAT NOT NULL,
    PRIMARY KEY (dataset_id, kind), FOREIGN KEY(dataset_id) REFERENCES dataset (id) ON DELETE CASCADE
);
CREATE INDEX remote_object_by_id ON remote_object (kind, remote_id);
CREATE TABLE stage (
    dataset_id INTEGER NOT NULL, name TEXT NOT NULL, "condition" TEXT NOT NULL, reason TEXT DEFAULT '' NOT NULL,
    needs_person BOOLEAN DEFAULT 0 NOT NULL, attempts INTEGER DEFAULT '0' NOT NULL, since FLOAT NOT NULL,
    next_try_at FLOAT, opened INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (dataset_id, name), FOREIGN KEY(dataset_id) REFERENCES dataset (id) ON DELETE CASCADE
);
INSERT INTO ledger_version (version) VALUES (1);
INSERT INTO dataset VALUES (1, '/data', 'run1', 'run1', 'run1', '5dd0b3ae-1f5b-5a3e-9b8e-000000000001', 1, 'ready', '',
    'SPA.yml', 2, 3, 0, '3:100:7:7', 100.0, 200.0);
INSERT INTO remote_object VALUES (1, 'space', 'space-id', 1, '{"name": "run1"}', 100.0);
INSERT INTO stage VALUES (1, 'link', 'done', '', 0, 0, 100.0, NULL, 0);
INSERT INTO event VALUES (1, 1, 100.0, 'link', 'space', 'done', '', 0.1);
INSERT INTO root VALUES ('/data', 2, 1);
"""


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def first_release(file: Path) -> Path:
    """Make a ledger as the first release left it."""
    file.parent.mkdir(exist_ok=True)
    script(file, "PRAGMA journal_mode=WAL;" + FIRST_RELEASE)
    return file


def script(file: Path, sql: str) -> None:
    """Let SQLite run some statements on a file, as an operator might."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql)


def filled(file: Path, names: Iterable[str]) -> Path:
    """Make a ledger with ready datasets."""
    ledger = open_ledger(url_of(file))
    for name in names:
        dataset = ledger.add(Path("/data"), name, key=name, title=name, marker=f"marker-{name}")
        for kind in ("space", "storage", "group", "share"):
            ledger.confirm(dataset.id, kind, f"{kind} of {name}", {"name": name})
        ledger.record(dataset.id, Event(1.0, "link", "space", "done"))
        ledger.end_stage(dataset.id, Stage("link", Condition.DONE))
    ledger.close()
    return file


def known(file: Path) -> dict[str, State]:
    """Give the state of each dataset in a ledger, having read everything there is about it."""
    ledger = open_ledger(url_of(file))
    try:
        return read_through(ledger)
    finally:
        ledger.close()


def read_through(ledger: Ledger) -> dict[str, State]:
    """Read everything there is in a ledger, and give the state of each dataset."""
    found = {}
    for dataset in ledger.datasets():
        found[dataset.name] = dataset.state
        ledger.objects(dataset.id), ledger.stages(dataset.id), ledger.events(dataset.id)
    ledger.roots(), ledger.deliveries(), ledger.standing_troubles(), ledger.last_noticed("ready")
    return found


def typed(message: str) -> None:
    """Type the command that a message gives, in a shell, as an operator does."""
    (command,) = re.findall(r"`(mkdir [^`]+)`", message)
    subprocess.run(["/bin/sh", "-ec", command], check=True)


def kept(folder: Path) -> list[Path]:
    """Give the files that were moved away."""
    return sorted(path for place in folder.glob("damaged-*") for path in place.iterdir())


def overwritten(offset: int, content: bytes) -> Callable[[Path], None]:
    """Give a way to spoil a file: other bytes at a place in it."""

    def spoil(file: Path) -> None:
        with file.open("r+b") as opened:
            opened.seek(offset)
            opened.write(content)

    return spoil


def cut_to(size: float) -> Callable[[Path], None]:
    """Give a way to spoil a file: it ends too early, after so many bytes or such a part of them."""

    def spoil(file: Path) -> None:
        content = file.read_bytes()
        file.write_bytes(content[: int(size if size >= 1 else size * len(content))])

    return spoil


def changed_by(sql: str) -> Callable[[Path], None]:
    """Give a way to spoil a ledger: somebody has changed it by hand."""
    return lambda file: script(file, f"PRAGMA foreign_keys=OFF; {sql}")


def flipped(seed: int, bits: int = 3) -> Callable[[Path], None]:
    """Give a way to spoil a file: some of its bits are not what they were."""

    def spoil(file: Path) -> None:
        random, content = Random(seed), bytearray(file.read_bytes())
        for _ in range(bits):
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        file.write_bytes(content)

    return spoil


def spoil_history(file: Path) -> None:
    """Spoil a ledger where it holds nothing but history."""
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").fetchone()
    overwritten((page - 1) * PAGE_BYTES, bytes(PAGE_BYTES))(file)
