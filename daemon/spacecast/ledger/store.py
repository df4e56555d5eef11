"""The ledger as a whole: datasets with their remote objects, stages, history, and the roots."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.history import History
from spacecast.ledger.notices import Notices
from spacecast.ledger.objects import RemoteObjects
from spacecast.ledger.orders import Orders
from spacecast.ledger.overview import Overview
from spacecast.ledger.records import WITHDRAW, Condition, Dataset, NewNotice, Stage, State
from spacecast.ledger.rows import as_stage
from spacecast.ledger.states import present_state
from spacecast.ledger.tables import storable


class Ledger(Overview, RemoteObjects, Notices, Orders, History):
    """The durable record of one daemon; made by `open_ledger`."""

    # ---- stages

    def stages(self, dataset_id: int) -> dict[str, Stage]:
        """Return the stages of a dataset by name."""
        with self._reading() as connection:
            rows = statements.rows(connection, schema.stage, dataset_id=dataset_id)
            return {row.name: as_stage(row) for row in rows}

    def unfinished_stages(self, name: str | None = None) -> Iterator[tuple[int, Stage]]:
        """Yield every stage that is not done, or those of this name, with the number of its dataset."""
        columns = schema.stage.c
        query = sa.select(schema.stage).where(columns.condition != Condition.DONE.value)
        if name is not None:
            query = query.where(columns.name == name)
        with self._reading() as connection:
            for row in connection.execute(query):
                yield row.dataset_id, as_stage(row)

    def set_stages(self, dataset_id: int, stages: Iterable[Stage]) -> None:
        """Write down where stages stand, as they are."""
        with self._writing() as connection:
            for stage in stages:
                _put_stage(connection, dataset_id, stage)

    def reopen(self, dataset_id: int, names: Iterable[str], *, forget: Iterable[str] = (), **facts: Any) -> None:
        """Set stages back to pending, whatever a pass that is under way finds, and forget effects with it.

        Columns of the dataset that are given as `facts`, and its state, change at the same instant: after an end in
        the middle, nobody would know that the stages are to be gone through again.
        """
        with self._writing() as connection:
            if facts:
                statements.change(connection, schema.dataset, {"id": dataset_id}, facts)
            self._reopen(connection, dataset_id, names)
            for kind in forget:
                statements.remove(connection, schema.remote_object, dataset_id=dataset_id, kind=kind)
            self._derive_state(connection, dataset_id)

    def end_stage(
        self, dataset_id: int, stage: Stage, *, reopen: Iterable[str] = (), notice: NewNotice | None = None
    ) -> bool:
        """Write down how a pass over a stage ended; False, and nothing written, if it was overtaken meanwhile.

        It was, if the stage was opened again, or the dataset is not known any more.

        The stages `reopen`, as far as they are known, and the dataset's state change at the same instant, and `notice`
        is written down with them, unless it was before: after an end in the middle, nobody would look at a stage that
        is done.
        """
        with self._writing() as connection:
            known = self._opened(connection, dataset_id)
            is_known = statements.has(connection, schema.dataset, id=dataset_id)
            if not is_known or known.get(stage.name, stage.opened) != stage.opened:
                return False
            _put_stage(connection, dataset_id, stage)
            self._reopen(connection, dataset_id, [name for name in reopen if name in known])
            self._derive_state(connection, dataset_id)
            if notice is not None:
                self._announce(connection, notice)
        return True

    def clear_stage(self, dataset_id: int, name: str) -> None:
        """Drop what is known of a stage."""
        with self._writing() as connection:
            statements.remove(connection, schema.stage, dataset_id=dataset_id, name=name)

    def derive_state(self, dataset_id: int) -> Dataset:
        """Bring a dataset's state into line with its stages and return it; missing and withdrawn ones stay so."""
        with self._writing() as connection:
            self._derive_state(connection, dataset_id)
        return self.dataset(dataset_id)

    def _derive_state(self, connection: sa.Connection, dataset_id: int) -> None:
        row = statements.rows(connection, schema.dataset, id=dataset_id).one()
        stages = statements.rows(connection, schema.stage, dataset_id=dataset_id)
        state, reason = present_state(State(row.state), map(as_stage, stages))
        if state is not State.MISSING and (row.state, row.reason) != (state.value, reason):
            changed_at = row.changed_at if row.state == state.value else self._clock()
            facts = {"state": state.value, "reason": reason, "changed_at": changed_at}
            statements.change(connection, schema.dataset, {"id": dataset_id}, facts)

    def _reopen(self, connection: sa.Connection, dataset_id: int, names: Iterable[str]) -> None:
        known = self._opened(connection, dataset_id)
        for name in names:
            stage = Stage(name, Condition.PENDING, since=self._clock(), opened=known.get(name, -1) + 1)
            _put_stage(connection, dataset_id, stage)

    def _opened(self, connection: sa.Connection, dataset_id: int) -> dict[str, int]:
        rows = statements.rows(connection, schema.stage, dataset_id=dataset_id)
        return {row.name: row.opened for row in rows}

    # ---- withdrawal

    def begin_withdrawal(self, dataset_id: int, reason: str) -> None:
        """Put a dataset into the state *withdrawn*, with the stage that removes what was made for it still to be done.

        Passes that are under way do not count any more, and nobody is told any more that its link is ready. The daemon
        looks at it at once.
        """
        with self._writing() as connection:
            known = self._opened(connection, dataset_id)
            self._reopen(connection, dataset_id, [name for name in known if name != WITHDRAW])
            stage = Stage(WITHDRAW, Condition.PENDING, reason, since=self._clock(), opened=known.get(WITHDRAW, -1) + 1)
            _put_stage(connection, dataset_id, stage)
            self._cancel_deliveries(connection, dataset_id)
            facts = {"state": State.WITHDRAWN.value, "reason": reason, "changed_at": self._clock()}
            statements.change(connection, schema.dataset, {"id": dataset_id}, facts)
            self._draw_attention(connection, dataset_id)

    def end_withdrawal(self, dataset_id: int) -> None:
        """Forget everything that was made for a withdrawn dataset; its next space gets another id."""
        columns = schema.dataset.c
        with self._writing() as connection:
            for table in (schema.remote_object, schema.stage):
                others = (table.c.name != WITHDRAW,) if table is schema.stage else ()
                connection.execute(table.delete().where(table.c.dataset_id == dataset_id, *others))
            facts = {"generation": columns.generation + 1, "read_stamp": None}
            connection.execute(schema.dataset.update().where(columns.id == dataset_id).values(**facts))

    def begin_anew(self, dataset_id: int, names: Iterable[str]) -> None:
        """Have a dataset gone through from the beginning, a withdrawn one too; the daemon looks at it at once."""
        with self._writing() as connection:
            statements.remove(connection, schema.stage, dataset_id=dataset_id, name=WITHDRAW)
            self._reopen(connection, dataset_id, names)
            facts = {"state": State.WAITING.value, "reason": "", "changed_at": self._clock(), "read_stamp": None}
            statements.change(connection, schema.dataset, {"id": dataset_id}, facts)
            self._derive_state(connection, dataset_id)
            self._draw_attention(connection, dataset_id)

    # ---- roots

    def roots(self) -> dict[Path, tuple[int, int]]:
        """Return device and inode of each root as it was when datasets were last seen in it."""
        with self._reading() as connection:
            return {Path(row.path): (row.device, row.inode) for row in connection.execute(sa.select(schema.root))}

    def remember_roots(self, identities: Mapping[Path, tuple[int, int]]) -> None:
        """Write down device and inode of roots, by which a file system that is not mounted is noticed later."""
        for path, (device, inode) in identities.items():
            self._put(schema.root, {"path": str(path)}, {"device": device, "inode": inode})


def _put_stage(connection: sa.Connection, dataset_id: int, stage: Stage) -> None:
    key = {"dataset_id": dataset_id, "name": stage.name}
    values = {
        "condition": stage.condition.value,
        "reason": storable(stage.reason),
        "needs_person": stage.needs_person,
        "attempts": stage.attempts,
        "since": stage.since,
        "next_try_at": stage.next_try_at,
        "opened": stage.opened,
    }
    statements.put(connection, schema.stage, key, values)
