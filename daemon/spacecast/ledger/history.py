"""The history of many datasets together, in the order in which things happened."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from spacecast.ledger import schema
from spacecast.ledger.records import Event
from spacecast.ledger.tables import Tables


@dataclass(frozen=True)
class Entry:
    """An event, and whose it is."""

    number: int
    """Grows with every event, so that one can go on behind the last."""
    dataset: str
    key: str
    event: Event


class History(Tables):
    """Questions about what has happened; what is older than a dataset's newest 200 events is not kept."""

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
        with self._reading() as connection:
            rows = list(connection.execute(query))
        # Written down in the order in which they ended up here, which is not quite that in which they happened.
        rows.sort(key=lambda row: (row.at, row.id))
        return [Entry(r.id, r.name, r.key, Event(r.at, r.stage, r.step, r.outcome, r.message, r.seconds)) for r in rows]

    def sizes(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self._reading() as connection:
            return {
                table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in schema.tables.sorted_tables
            }
