"""What operators' commands leave in the ledger for the daemon: what to look at, and what to leave alone."""

from collections.abc import Iterable

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.tables import Tables


class Orders(Tables):
    """The part of the ledger by which commands and the daemon, two processes, understand each other."""

    def draw_attention(self, dataset_ids: Iterable[int]) -> None:
        """Have the daemon look at datasets at once; those that are not known any more are passed over."""
        with self._writing() as connection:
            for dataset_id in dataset_ids:
                self._draw_attention(connection, dataset_id)

    def take_attention(self) -> list[int]:
        """Return the datasets that are to be looked at now, and count them as looked at."""
        columns = schema.attention.c
        # Asked every second: nothing is locked for that.
        with self._reading() as connection:
            if connection.execute(sa.select(columns.dataset_id).limit(1)).first() is None:
                return []
        with self._writing() as connection:
            found = list(connection.execute(sa.select(columns.dataset_id).order_by(columns.at)).scalars())
            connection.execute(schema.attention.delete().where(columns.dataset_id.in_(found)))
        return found

    def pause(self, dataset_ids: Iterable[int]) -> None:
        """Have nothing new begun for these datasets, until `resume`."""
        self._set_paused(dataset_ids, paused=True)

    def resume(self, dataset_ids: Iterable[int]) -> None:
        """Let the daemon go on with these datasets; it looks at them at once."""
        self._set_paused(dataset_ids, paused=False)

    def _set_paused(self, dataset_ids: Iterable[int], *, paused: bool) -> None:
        with self._writing() as connection:
            for dataset_id in dataset_ids:
                statements.change(connection, schema.dataset, {"id": dataset_id}, {"paused": paused})
                self._draw_attention(connection, dataset_id)

    def pause_all(self) -> None:
        """Have nothing new begun for any dataset, until `resume_all`."""
        with self._writing() as connection:
            if not statements.has(connection, schema.switch, name=schema.ALL_PAUSED):
                statements.add(connection, schema.switch, name=schema.ALL_PAUSED, since=self._clock())

    def resume_all(self) -> None:
        """Let the daemon go on; it looks at once at whatever is not done, but for datasets paused by themselves."""
        columns = schema.dataset.c
        with self._writing() as connection:
            statements.remove(connection, schema.switch, name=schema.ALL_PAUSED)
            unfinished = sa.select(schema.stage.c.dataset_id).where(schema.stage.c.condition != "done")
            query = sa.select(columns.id).where(columns.live | columns.id.in_(unfinished)).order_by(columns.id)
            for dataset_id in list(connection.execute(query).scalars()):
                self._draw_attention(connection, dataset_id)

    def all_paused_since(self) -> float | None:
        """Return since when nothing new is begun for any dataset; None where work goes on."""
        with self._reading() as connection:
            found = statements.rows(connection, schema.switch, name=schema.ALL_PAUSED).first()
        return float(found.since) if found is not None else None

    def is_paused(self, dataset_id: int) -> bool:
        """Say whether nothing new is to be begun for a dataset, on its own account or on that of all."""
        with self._reading() as connection:
            own = statements.rows(connection, schema.dataset, id=dataset_id).first()
            if own is not None and own.paused:
                return True
            return statements.has(connection, schema.switch, name=schema.ALL_PAUSED)

    def _draw_attention(self, connection: sa.Connection, dataset_id: int) -> None:
        if not statements.has(connection, schema.dataset, id=dataset_id):
            return
        # Always written: on a database server whoever takes the row meanwhile waits until this order is complete.
        statements.put(connection, schema.attention, {"dataset_id": dataset_id}, {"at": self._clock()})
