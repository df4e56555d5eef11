"""The ledger at a glance: counts, and pages of datasets for whoever watches, whatever their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema
from spacecast.ledger.datasets import Datasets, as_dataset
from spacecast.ledger.objects import as_remote_object
from spacecast.ledger.records import Dataset, RemoteObject, Stage, State
from spacecast.ledger.rows import as_stage


@dataclass(frozen=True)
class Selection:
    """Which datasets a page is to show: those in a state, if one is given, with these words in their name or folder."""

    state: State | None = None
    words: str = ""
    is_live: bool = False


class Overview(Datasets):
    """Questions whose answers are bounded in size."""

    def count_live(self) -> int:
        """Return how many datasets were live when they were last looked at."""
        with self._reading() as connection:
            query = sa.select(sa.func.count()).select_from(schema.dataset).where(schema.dataset.c.live)
            return connection.execute(query).scalar_one()

    def count_paused(self) -> int:
        """Return how many datasets are paused on their own account."""
        with self._reading() as connection:
            query = sa.select(sa.func.count()).select_from(schema.dataset).where(schema.dataset.c.paused)
            return connection.execute(query).scalar_one()

    def count_stages(self) -> dict[tuple[str, str], int]:
        """Return how many stages of datasets on disk stand where, by the stage's name and condition."""
        columns = schema.stage.c
        is_on_disk = schema.dataset.c.state.not_in([State.MISSING.value, State.WITHDRAWN.value])
        query = sa.select(columns.name, columns.condition, sa.func.count()).join(schema.dataset).where(is_on_disk)
        with self._reading() as connection:
            rows = connection.execute(query.group_by(columns.name, columns.condition))
            return {(name, condition): number for name, condition, number in rows}

    def sum_details(self, kind: str, *names: str) -> dict[str, int]:
        """Return the sums of numbers in the details of all confirmed remote objects of a kind; 0 where none has it."""
        columns = schema.remote_object.c
        sums = [sa.func.coalesce(sa.func.sum(columns.details[name].as_float()), 0) for name in names]
        with self._reading() as connection:
            row = connection.execute(sa.select(*sums).where(columns.kind == kind, columns.confirmed)).one()
        return {name: int(value) for name, value in zip(names, row, strict=True)}

    def common_reasons(self, most: int) -> list[tuple[str, int]]:
        """Return what several datasets are retrying or blocked for, and how many, the most frequent ones first."""
        columns = schema.dataset.c
        number = sa.func.count()
        query = sa.select(columns.reason, number).where(columns.state.in_([State.RETRYING.value, State.BLOCKED.value]))
        query = query.group_by(columns.reason).having(number > 1).order_by(number.desc(), columns.reason).limit(most)
        with self._reading() as connection:
            return [(reason, count) for reason, count in connection.execute(query)]

    def page(self, selection: Selection, *, before: int | None, most: int) -> list[Dataset]:
        """Return selected datasets, those found last first, from the one before the number `before` on."""
        columns = schema.dataset.c
        query = sa.select(schema.dataset).where(*_conditions(selection)).order_by(columns.id.desc()).limit(most)
        if before is not None:
            query = query.where(columns.id < before)
        with self._reading() as connection:
            return [as_dataset(row) for row in connection.execute(query)]

    def count(self, selection: Selection) -> int:
        """Return how many datasets are selected."""
        query = sa.select(sa.func.count()).select_from(schema.dataset).where(*_conditions(selection))
        with self._reading() as connection:
            return connection.execute(query).scalar_one()

    def stages_of(self, dataset_ids: Sequence[int]) -> Mapping[int, list[Stage]]:
        """Return the stages of some datasets by the datasets' numbers."""
        found: dict[int, list[Stage]] = {dataset_id: [] for dataset_id in dataset_ids}
        query = sa.select(schema.stage).where(schema.stage.c.dataset_id.in_(dataset_ids))
        with self._reading() as connection:
            for row in connection.execute(query):
                found[row.dataset_id].append(as_stage(row))
        return found

    def objects_of(self, dataset_ids: Sequence[int], kinds: Sequence[str]) -> Mapping[int, dict[str, RemoteObject]]:
        """Return the remote objects of some kinds of some datasets by the datasets' numbers."""
        columns = schema.remote_object.c
        found: dict[int, dict[str, RemoteObject]] = {dataset_id: {} for dataset_id in dataset_ids}
        query = sa.select(schema.remote_object).where(columns.dataset_id.in_(dataset_ids), columns.kind.in_(kinds))
        with self._reading() as connection:
            for row in connection.execute(query):
                found[row.dataset_id][row.kind] = as_remote_object(row)
        return found

    def prove_writable(self) -> None:
        """Write something that changes nothing; raises LedgerTrouble or LedgerUnusable where that cannot be done."""
        self._write(schema.version.update().values(version=schema.version.c.version))


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    columns, conditions = schema.dataset.c, list[sa.ColumnElement[bool]]()
    if selection.state is not None:
        conditions.append(columns.state == selection.state.value)
    if selection.is_live:
        conditions.append(columns.live)
    for word in selection.words.split():
        conditions.append(_holds(columns.name, word) | _holds(columns.root, word))
    return conditions


def _holds(column: Any, word: str) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = sa.func.lower(column).contains(word.lower(), autoescape=True)
    return found
