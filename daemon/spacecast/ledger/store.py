"""Reading and writing the ledger: every call is one transaction, safe from any thread."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema
from spacecast.ledger.records import Condition, Dataset, Event, RemoteObject, Stage, State
from spacecast.ledger.states import is_allowed

_EVENTS_KEPT = 200
_FILES_KEPT = 3


class Ledger:
    """The durable record of one daemon; made by `open_ledger`."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def close(self) -> None:
        """Let go of all database connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    # ---------------------------------------------------------------------------------- datasets

    def add(self, root: Path, name: str, *, key: str, title: str, marker: str, **facts: Any) -> Dataset:
        """Record a dataset for the first time and return it.

        Raises sqlalchemy's IntegrityError when the folder, key, title or marker is known already.
        """
        now = self._clock()
        row = {"root": str(root), "name": name, "key": key, "title": title, "marker": marker, **facts}
        with self._engine.begin() as connection:
            result = connection.execute(schema.dataset.insert().values(**row, created_at=now, changed_at=now))
            dataset_id: int = result.inserted_primary_key[0]  # type: ignore[index] # one row, one key
        return self.dataset(dataset_id)

    def dataset(self, dataset_id: int) -> Dataset:
        """Return a dataset by its number; raises KeyError for an unknown one."""
        found = self._one(schema.dataset.c.id == dataset_id)
        if found is None:
            raise KeyError(dataset_id)
        return found

    def dataset_at(self, root: Path, name: str) -> Dataset | None:
        """Return the dataset of a folder, if it is known."""
        return self._one(schema.dataset.c.root == str(root), schema.dataset.c.name == name)

    def datasets(self, *states: State) -> Iterator[Dataset]:
        """Yield all datasets, or those in the given states, in the order in which they were found."""
        query = sa.select(schema.dataset).order_by(schema.dataset.c.id)
        if states:
            query = query.where(schema.dataset.c.state.in_([state.value for state in states]))
        with self._reading() as connection:
            yield from map(_dataset, connection.execution_options(yield_per=1000).execute(query))

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
            return [_dataset(row) for row in rows]

    def is_taken(self, *, key: str | None = None, title: str | None = None) -> bool:
        """Say whether a dataset has this key, or this title, already."""
        columns = schema.dataset.c
        wanted = columns.key == key if key is not None else columns.title == title
        return self._one(wanted) is not None

    def update(self, dataset_id: int, **facts: Any) -> None:
        """Change columns of a dataset other than its state."""
        self._write(schema.dataset.update().where(schema.dataset.c.id == dataset_id).values(**facts))

    def move(self, dataset_id: int, state: State, reason: str = "") -> bool:
        """Put a dataset into a state and return whether anything changed; raises ValueError for a forbidden move."""
        columns = schema.dataset.c
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(columns.state, columns.reason).where(columns.id == dataset_id)).one()
            before = State(row.state)
            if (before, row.reason) == (state, reason):
                return False
            if not is_allowed(before, state):
                raise ValueError(f"dataset {dataset_id} may not go from {before} to {state}")
            facts: dict[str, Any] = {"state": state.value, "reason": reason}
            if before is not state:
                facts["changed_at"] = self._clock()
            connection.execute(schema.dataset.update().where(columns.id == dataset_id).values(**facts))
        return True

    def _one(self, *conditions: sa.ColumnElement[bool]) -> Dataset | None:
        with self._reading() as connection:
            row = connection.execute(sa.select(schema.dataset).where(*conditions)).first()
        return _dataset(row) if row is not None else None

    # ---------------------------------------------------------------------------- remote objects

    def objects(self, dataset_id: int) -> dict[str, RemoteObject]:
        """Return the remote objects of a dataset by kind, intended ones included."""
        query = sa.select(schema.remote_object).where(schema.remote_object.c.dataset_id == dataset_id)
        with self._reading() as connection:
            return {row.kind: _remote_object(row) for row in connection.execute(query)}

    def owners(self, kind: str, remote_id: str) -> list[int]:
        """Return the numbers of the datasets that have the remote object of this kind and id."""
        columns = schema.remote_object.c
        query = sa.select(columns.dataset_id).where(columns.kind == kind, columns.remote_id == remote_id)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def has_confirmed(self, kind: str) -> bool:
        """Say whether any dataset has a confirmed remote object of this kind."""
        columns = schema.remote_object.c
        query = sa.select(columns.dataset_id).where(columns.kind == kind, columns.confirmed).limit(1)
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    def intend(self, dataset_id: int, kind: str, details: Mapping[str, Any] | None = None) -> None:
        """Write down, before the call, that a remote object is about to be made."""
        self._put_object(dataset_id, RemoteObject(kind, None, confirmed=False, details=details or {}))

    def confirm(self, dataset_id: int, kind: str, remote_id: str | None, details: Mapping[str, Any]) -> RemoteObject:
        """Write down, after the call, that a remote object exists."""
        made = RemoteObject(kind, remote_id, confirmed=True, details=dict(details))
        self._put_object(dataset_id, made)
        return made

    def forget(self, dataset_id: int, *kinds: str) -> None:
        """Drop what is known of remote objects, so that the steps look for them again."""
        columns = schema.remote_object.c
        self._write(schema.remote_object.delete().where(columns.dataset_id == dataset_id, columns.kind.in_(kinds)))

    def _put_object(self, dataset_id: int, made: RemoteObject) -> None:
        values = {
            "remote_id": made.remote_id,
            "confirmed": made.confirmed,
            "details": dict(made.details),
            "changed_at": self._clock(),
        }
        self._upsert(schema.remote_object, {"dataset_id": dataset_id, "kind": made.kind}, values)

    # ------------------------------------------------------------------------------------ stages

    def stages(self, dataset_id: int) -> dict[str, Stage]:
        """Return the stages of a dataset by name."""
        query = sa.select(schema.stage).where(schema.stage.c.dataset_id == dataset_id)
        with self._reading() as connection:
            return {row.name: _stage(row) for row in connection.execute(query)}

    def unfinished_stages(self) -> Iterator[tuple[int, Stage]]:
        """Yield every stage that is not done, with the number of its dataset."""
        query = sa.select(schema.stage).where(schema.stage.c.condition != Condition.DONE.value)
        with self._reading() as connection:
            for row in connection.execute(query):
                yield row.dataset_id, _stage(row)

    def set_stages(self, dataset_id: int, stages: Iterable[Stage]) -> None:
        """Write down where stages stand."""
        for stage in stages:
            values = {
                "condition": stage.condition.value,
                "reason": stage.reason,
                "needs_person": stage.needs_person,
                "attempts": stage.attempts,
                "since": stage.since or self._clock(),
                "next_try_at": stage.next_try_at,
            }
            self._upsert(schema.stage, {"dataset_id": dataset_id, "name": stage.name}, values)

    # ------------------------------------------------------------------------------------ events

    def record(self, dataset_id: int, event: Event) -> None:
        """Add a line to a dataset's history; the oldest lines make room."""
        columns = schema.event.c
        with self._engine.begin() as connection:
            values = {name: getattr(event, name) for name in ("at", "stage", "step", "outcome", "message", "seconds")}
            connection.execute(schema.event.insert().values(dataset_id=dataset_id, **values))
            connection.execute(schema.event.delete().where(columns.id.in_(_beyond(columns, dataset_id, _EVENTS_KEPT))))

    def events(self, dataset_id: int, limit: int = 50) -> list[Event]:
        """Return the newest lines of a dataset's history, oldest first."""
        columns = schema.event.c
        query = sa.select(schema.event).where(columns.dataset_id == dataset_id).order_by(columns.id.desc()).limit(limit)
        with self._reading() as connection:
            rows = list(connection.execute(query))
        return [Event(r.at, r.stage, r.step, r.outcome, r.message, r.seconds) for r in reversed(rows)]

    # ------------------------------------------------------------------------------------- roots

    def roots(self) -> dict[Path, tuple[int, int]]:
        """Return device and inode of each root as it was when datasets were last seen in it."""
        with self._reading() as connection:
            return {Path(row.path): (row.device, row.inode) for row in connection.execute(sa.select(schema.root))}

    def remember_roots(self, identities: Mapping[Path, tuple[int, int]]) -> None:
        """Write down device and inode of roots, by which a file system that is not mounted is noticed later."""
        for path, (device, inode) in identities.items():
            self._upsert(schema.root, {"path": str(path)}, {"device": device, "inode": inode})

    # -------------------------------------------------------------------------------- kept files

    def keep_bytes(self, dataset_id: int, data: bytes) -> None:
        """Keep what a metadata file was before it is overwritten in place; the newest few are kept."""
        columns = schema.kept_file.c
        with self._engine.begin() as connection:
            values = {"dataset_id": dataset_id, "at": self._clock(), "data": data}
            connection.execute(schema.kept_file.insert().values(**values))
            connection.execute(
                schema.kept_file.delete().where(columns.id.in_(_beyond(columns, dataset_id, _FILES_KEPT)))
            )

    def kept_bytes(self, dataset_id: int) -> list[bytes]:
        """Return the kept metadata files of a dataset, newest first."""
        columns = schema.kept_file.c
        query = sa.select(columns.data).where(columns.dataset_id == dataset_id).order_by(columns.id.desc())
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    # ----------------------------------------------------------------------------------- writing

    def _write(self, statement: sa.Executable) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _upsert(self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        matches = [table.c[name] == value for name, value in key.items()]
        with self._engine.begin() as connection:
            changed = connection.execute(table.update().where(*matches).values(**values)).rowcount
            if not changed:
                connection.execute(table.insert().values(**key, **values))


def _beyond(columns: Any, dataset_id: int, number: int) -> sa.Select[Any]:
    """Select the rows of a dataset that are older than its newest `number`."""
    return sa.select(columns.id).where(columns.dataset_id == dataset_id).order_by(columns.id.desc()).offset(number)


def _dataset(row: Any) -> Dataset:
    facts = {**row._mapping, "root": Path(row.root), "state": State(row.state)}  # noqa: SLF001 - SQLAlchemy's public name for it
    return Dataset(**facts)


def _remote_object(row: Any) -> RemoteObject:
    return RemoteObject(row.kind, row.remote_id, confirmed=row.confirmed, details=row.details)


def _stage(row: Any) -> Stage:
    return Stage(
        row.name,
        Condition(row.condition),
        row.reason,
        row.needs_person,
        row.attempts,
        row.since,
        row.next_try_at,
    )
