"""What is measured while the week goes by, and what it has to come to."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from week.happenings import DAYS, LAST_START_DAY
from week.running import Daemon

MEBIBYTE = 1024 * 1024
# By how much what a process takes may differ from one day to another, work in hand included.
_MEMORY_SHARE, _THREADS, _DESCRIPTORS = 0.10, 12, 40
_EVENTS_KEPT = 200
# Of every other table; a dataset has some twenty remote objects.
_MOST_ROWS = 60
# What a dataset may take in the ledger, history included.
_MOST_BYTES_PER_DATASET = 60_000


@dataclass(frozen=True)
class Sample:
    """The daemon at one moment."""

    day: int
    memory_bytes: int
    threads: int
    descriptors: int
    ledger_bytes: int
    log_bytes: int


@dataclass(frozen=True)
class Verdict:
    """One thing that has to be so at the end."""

    what: str
    found: str
    is_met: bool


def sample(daemon: Daemon, day: int, state: Path, log: Path) -> Sample:
    """Measure now."""
    ledger_bytes = sum(path.stat().st_size for path in state.glob("ledger.sqlite*"))
    figures = daemon.memory_bytes(), daemon.threads(), daemon.descriptors()
    return Sample(day, *figures, ledger_bytes, log.stat().st_size)


def of_day(samples: Iterable[Sample], day: int) -> list[Sample]:
    """Return the samples of a day."""
    return [one for one in samples if one.day == day]


def flatness(samples: Sequence[Sample]) -> list[Verdict]:
    """Compare the last day with the second one of the same process; on its first it loads what it needs."""
    first, last = of_day(samples, LAST_START_DAY + 1), of_day(samples, DAYS - 1)
    memory = [median(one.memory_bytes for one in part) / MEBIBYTE for part in (first, last)]
    threads = [max(one.threads for one in part) for part in (first, last)]
    descriptors = [max(one.descriptors for one in part) for part in (first, last)]
    days = f"day {LAST_START_DAY + 2}, day {DAYS}"
    return [
        Verdict(
            f"memory is flat ({days})",
            f"{memory[0]:.1f} MiB, {memory[1]:.1f} MiB",
            memory[1] <= memory[0] * (1 + _MEMORY_SHARE),
        ),
        Verdict(f"threads are flat ({days})", f"{threads[0]}, {threads[1]}", threads[1] <= threads[0] + _THREADS),
        Verdict(
            f"descriptors are flat ({days})",
            f"{descriptors[0]}, {descriptors[1]}",
            descriptors[1] <= descriptors[0] + _DESCRIPTORS,
        ),
    ]


def ledger_bounds(file: Path) -> list[Verdict]:
    """Look whether every table is bounded by the number of datasets."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
        most = {name: _most(connection, name) for name in tables if _is_of_datasets(connection, name)}
        pages, size, free = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size", "freelist_count")
        )
    datasets = max(1, rows["dataset"])
    told = ", ".join(f"{name} {number}" for name, number in sorted(rows.items()))
    each = (pages - free) * size / datasets
    return [
        Verdict("rows of the ledger", told, is_met=True),
        Verdict("events of a dataset, at most", str(most["event"]), most["event"] <= _EVENTS_KEPT),
        *(
            Verdict(f"rows of {name} for a dataset, at most", str(number), number <= _MOST_ROWS)
            for name, number in sorted(most.items())
            if name != "event"
        ),
        Verdict("the ledger takes for a dataset", f"{each / 1000:.1f} kB", each <= _MOST_BYTES_PER_DATASET),
    ]


def _is_of_datasets(connection: sqlite3.Connection, table: str) -> bool:
    return any(row[1] == "dataset_id" for row in connection.execute(f"PRAGMA table_info({table})"))


def _most(connection: sqlite3.Connection, table: str) -> int:
    query = f"SELECT coalesce(max(number), 0) FROM (SELECT count(*) AS number FROM {table} GROUP BY dataset_id)"
    return int(connection.execute(query).fetchone()[0])


def print_days(samples: Sequence[Sample], console: Console) -> None:
    """Print a line for each day."""
    table = Table("day", "memory (middle, MiB)", "threads (most)", "descriptors (most)", "ledger (MiB)", "log (MiB)")
    for day in sorted(Counter(one.day for one in samples)):
        part = of_day(samples, day)
        table.add_row(
            str(day + 1),
            f"{median(one.memory_bytes for one in part) / MEBIBYTE:.1f}",
            str(max(one.threads for one in part)),
            str(max(one.descriptors for one in part)),
            f"{part[-1].ledger_bytes / MEBIBYTE:.2f}",
            f"{part[-1].log_bytes / MEBIBYTE:.2f}",
        )
    console.print(table)


def print_verdicts(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print what was found, and whether it is as it has to be."""
    table = Table("at the end", "found", "")
    for verdict in verdicts:
        table.add_row(verdict.what, verdict.found, "yes" if verdict.is_met else "NO")
    console.print(table)
