"""The ledger's datasets: adding, finding, changing them, and moving them from state to state."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.records import Condition, Dataset, Lying, State, UnknownDataset
from spacecast.ledger.states import is_allowed
from spacecast.ledger.tables import Tables

_PAGE_ROWS = 1000


class Datasets(Tables):
    """Operations on datasets."""

    def add(self, root: Path, name: str, *, key: str, title: str, marker: str, **facts: Any) -> Dataset:
        """Record a dataset for the first time and return it.

        Raises sqlalchemy's IntegrityError when the folder, key, title or marker is known already.
        """
        now = self._clock()
        row = {"root": str(root), "name": name, "key": key, "title": title, "marker": marker, **facts}
        with self._writing() as connection:
            dataset_id = statements.add(connection, schema.dataset, **row, created_at=now, changed_at=now)
        return self.dataset(dataset_id)

    def dataset(self, dataset_id: int) -> Dataset:
        """Return a dataset by its number; raises UnknownDataset where there is none."""
        found = self._one(id=dataset_id)
        if found is None:
            raise UnknownDataset(dataset_id)
        return found

    def dataset_at(self, root: Path, name: str) -> Dataset | None:
        """Return the dataset of a folder, if it is known."""
        return self._one(root=str(root), name=name)

    def datasets(self, *states: State) -> Iterator[Dataset]:
        """Yield all datasets, or those in the given states, in the order in which they were found."""
        columns = schema.dataset.c
        query = sa.select(schema.dataset).order_by(columns.id).limit(_PAGE_ROWS)
        if states:
            query = query.where(columns.state.in_([state.value for state in states]))
        last = 0
        # Page by page: no transaction stays open while the caller works.
        while page := self._page(query.where(columns.id > last)):
            yield from page
            last = page[-1].id

    def numbers(self) -> dict[State, int]:
        """Return how many datasets are in each state; states without any are left out."""
        state = schema.dataset.c.state
        with self._reading() as connection:
            rows = connection.execute(sa.select(state, sa.func.count()).group_by(state))
            return {State(name): number for name, number in rows}

    def _page(self, query: sa.Select[Any]) -> list[Dataset]:
        with self._reading() as connection:
            return [as_dataset(row) for row in connection.execute(query)]

    def lying(self, stages: Sequence[str]) -> Iterator[Lying]:
        """Yield how each dataset lay that is not missing or withdrawn; `stages` are those that it has when settled."""
        columns, of_stage = schema.dataset.c, schema.stage.c
        done = sa.select(sa.func.count()).where(
            of_stage.dataset_id == columns.id, of_stage.name.in_(stages), of_stage.condition == Condition.DONE.value
        )
        is_settled = (columns.state == State.READY.value) & ~columns.live & (done.scalar_subquery() == len(stages))
        facts = (columns.root, columns.name, columns.metadata_name, columns.device, columns.inode, columns.read_stamp)
        query = sa.select(*facts, is_settled, columns.id).order_by(columns.id).limit(_PAGE_ROWS)
        query = query.where(columns.state.not_in([State.MISSING.value, State.WITHDRAWN.value]))
        last = 0
        while True:
            with self._reading() as connection:
                page = connection.execute(query.where(columns.id > last)).all()
            if not page:
                return
            yield from (Lying(*row[:-1]) for row in page)
            last = page[-1].id

    def withdrawn_at(self, device: int, inode: int) -> list[Dataset]:
        """Return the withdrawn datasets whose folder had this device and inode; numbers are used again, though."""
        wanted = {"state": State.WITHDRAWN.value, "device": device, "inode": inode}
        with self._reading() as connection:
            return [as_dataset(row) for row in statements.rows(connection, schema.dataset, **wanted)]

    def find(self, word: str) -> list[Dataset]:
        """Return the datasets that an operator means by a folder name, a dataset key or a path."""
        columns = schema.dataset.c
        path = Path(word)
        matches = sa.or_(
            columns.name == word,
            columns.key == word,
            sa.and_(columns.root == str(path.parent), columns.name == path.name),
        )
        with self._reading() as connection:
            rows = connection.execute(sa.select(schema.dataset).where(matches).order_by(columns.id))
            return [as_dataset(row) for row in rows]

    def is_taken(self, *, key: str | None = None, title: str | None = None, marker: str | None = None) -> bool:
        """Say whether a dataset has this key, this title, or this marker already."""
        wanted = {"key": key, "title": title, "marker": marker}
        return any(self._one(**{name: value}) is not None for name, value in wanted.items() if value is not None)

    def update(self, dataset_id: int, **facts: Any) -> None:
        """Change columns of a dataset other than its state."""
        with self._writing() as connection:
            statements.change(connection, schema.dataset, {"id": dataset_id}, facts)

    def take_names(self, dataset_id: int, *, key: str, title: str) -> None:
        """Give a dataset this key and this title, each as far as no dataset with a confirmed space has it.

        One without gets in exchange what this dataset had.
        """
        with self._writing() as connection:
            for column, value in ((schema.dataset.c.key, key), (schema.dataset.c.title, title)):
                _take(connection, dataset_id, column, value)

    def exchange_places(self, dataset_id: int, other_id: int) -> None:
        """Let two datasets change their folders: the one goes on where the other was found."""
        columns, facts = schema.dataset.c, ("root", "name", "metadata_name", "device", "inode", "live")
        with self._writing() as connection:
            rows = connection.execute(sa.select(schema.dataset).where(columns.id.in_((dataset_id, other_id))))
            places = {row.id: {fact: getattr(row, fact) for fact in facts} for row in rows}
            # No two may be in one place, for a moment neither.
            statements.change(connection, schema.dataset, {"id": other_id}, {"name": f"\n{other_id}"})
            for number, place in ((dataset_id, places[other_id]), (other_id, places[dataset_id])):
                statements.change(connection, schema.dataset, {"id": number}, {**place, "read_stamp": None})

    def remove(self, dataset_id: int) -> None:
        """Drop a dataset and all that is known of it."""
        with self._writing() as connection:
            statements.remove(connection, schema.dataset, id=dataset_id)

    def move(self, dataset_id: int, state: State, reason: str = "") -> bool:
        """Put a dataset into a state and return whether anything changed; raises ValueError for a forbidden move."""
        with self._writing() as connection:
            row = statements.rows(connection, schema.dataset, id=dataset_id).one()
            before = State(row.state)
            if (before, row.reason) == (state, reason):
                return False
            if not is_allowed(before, state):
                raise ValueError(f"dataset {dataset_id} may not go from {before} to {state}")
            facts: dict[str, Any] = {"state": state.value, "reason": reason}
            if before is not state:
                facts["changed_at"] = self._clock()
            statements.change(connection, schema.dataset, {"id": dataset_id}, facts)
        return True

    def _one(self, **wanted: Any) -> Dataset | None:
        with self._reading() as connection:
            row = statements.rows(connection, schema.dataset, **wanted).first()
        return as_dataset(row) if row is not None else None


def _take(connection: sa.Connection, dataset_id: int, column: sa.Column[str], value: str) -> None:
    number, made = schema.dataset.c.id, schema.remote_object.c

    def give(taker: int, given: str) -> None:
        statements.change(connection, schema.dataset, {"id": taker}, {column.name: given})

    before = connection.execute(sa.select(column).where(number == dataset_id)).scalar_one()
    holder = connection.execute(sa.select(number).where(column == value)).scalar()
    if holder is not None:
        has_space = sa.select(made.kind).where(made.dataset_id == holder, made.kind == "space", made.confirmed)
        if holder == dataset_id or connection.execute(has_space).first() is not None:
            return
        # No two may have it, for a moment neither.
        give(holder, f"\n{dataset_id}")
    give(dataset_id, value)
    if holder is not None:
        give(holder, before)


def as_dataset(row: Any) -> Dataset:
    """Return a dataset from its row."""
    facts = {**row._mapping, "root": Path(row.root), "state": State(row.state)}  # noqa: SLF001 - SQLAlchemy's public name for it
    return Dataset(**facts)
