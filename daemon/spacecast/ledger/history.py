"""The history of datasets: what was done for each, and how it ended, in the order in which things happened."""

from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.records import Event
from spacecast.ledger.tables import Tables, storable

_EVENTS_KEPT = 200
_OUTDATED = schema.event.delete().where(
    schema.event.c.id.in_(
        sa.select(schema.event.c.id)
        .where(schema.event.c.dataset_id == sa.bindparam("dataset_id"))
        .order_by(schema.event.c.id.desc())
        .offset(_EVENTS_KEPT)
    )
)


@dataclass(frozen=True)
class Entry:
    """An event, and whose it is."""

    number: int
    """Grows with every event, so that one can go on behind the last."""
    dataset: str
    key: str
    event: Event


class History(Tables):
    """The part of the ledger that holds what has happened; a dataset's newest 200 events are kept."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._noted: deque[tuple[int, Event]] = deque()

    def record(self, dataset_id: int, event: Event) -> None:
        """Add a line to the history of a dataset that is known; the oldest lines make room."""
        with suppress(sa.exc.IntegrityError), self._writing() as connection:
            _add(connection, dataset_id, event)
            connection.execute(_OUTDATED, {"dataset_id": dataset_id})

    def note(self, dataset_id: int, event: Event) -> None:
        """Add a line with whatever is written next: for what is soon followed by something, and not worth a write.

        An end in the middle, and a write that fails, may cost the line.
        """
        self._noted.append((dataset_id, event))

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with super()._writing() as connection:
            yield connection
            self._write_noted(connection)

    def _write_noted(self, connection: sa.Connection) -> None:
        with suppress(IndexError):
            while True:
                dataset_id, event = self._noted.popleft()
                # It may have been forgotten meanwhile; what is written here with it must not suffer.
                if statements.has(connection, schema.dataset, id=dataset_id):
                    _add(connection, dataset_id, event)

    def _write_down_noted(self) -> None:
        if self._noted:
            with self._writing():
                pass

    def events(self, dataset_id: int, limit: int = 50) -> list[Event]:
        """Return the newest lines of a dataset's history, oldest first."""
        columns = schema.event.c
        query = sa.select(schema.event).where(columns.dataset_id == dataset_id).order_by(columns.id.desc()).limit(limit)
        self._write_down_noted()
        with self._reading() as connection:
            rows = list(connection.execute(query))
        return [_as_event(row) for row in reversed(rows)]

    def history(
        self, *, dataset_ids: Collection[int] | None = None, since: float | None = None, after: int = 0, most: int
    ) -> list[Entry]:
        """Return the newest events, oldest first: of all datasets or of some, from a moment on, behind a number."""
        columns, of_dataset = schema.event.c, schema.dataset.c
        query = sa.select(schema.event, of_dataset.name, of_dataset.key).join(schema.dataset)
        query = query.where(columns.id > after).order_by(columns.id.desc()).limit(most)
        if dataset_ids is not None:
            query = query.where(columns.dataset_id.in_(dataset_ids))
        if since is not None:
            query = query.where(columns.at >= since)
        self._write_down_noted()
        with self._reading() as connection:
            rows = list(connection.execute(query))
        # Written down in the order in which they ended up here, which is not quite that in which they happened.
        rows.sort(key=lambda row: (row.at, row.id))
        return [Entry(row.id, row.name, row.key, _as_event(row)) for row in rows]

    def sizes(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self._reading() as connection:
            return {
                table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in schema.tables.sorted_tables
            }


def _add(connection: sa.Connection, dataset_id: int, event: Event) -> None:
    values = {name: getattr(event, name) for name in ("at", "stage", "step", "outcome", "seconds")}
    statements.add(connection, schema.event, dataset_id=dataset_id, message=storable(event.message), **values)


def _as_event(row: Any) -> Event:
    return Event(row.at, row.stage, row.step, row.outcome, row.message, row.seconds)
