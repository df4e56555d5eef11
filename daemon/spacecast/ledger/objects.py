"""Remote objects of datasets in the ledger: intended before the call that makes them, confirmed after it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.records import RemoteObject, State, UnknownDataset
from spacecast.ledger.tables import Tables

_OBJECT = schema.remote_object.c
_OF_KIND = _OBJECT.kind == sa.bindparam("kind")
# So many are looked up one by one in the index. Of more, all ids that there are come in one text: as rows, a hundred
# thousand of them would keep the interpreter from all other threads for a tenth of a second.
_FEW_IDS = 500
_BETWEEN_IDS = "\n"
_RECORDED = sa.select(_OBJECT.remote_id).where(
    _OF_KIND, _OBJECT.remote_id.in_(sa.bindparam("remote_ids", expanding=True))
)
_ALL_RECORDED = sa.select(sa.func.aggregate_strings(_OBJECT.remote_id, _BETWEEN_IDS)).where(_OF_KIND)
_IS_ON_DISK = schema.dataset.c.state.not_in([State.MISSING.value, State.WITHDRAWN.value])


class RemoteObjects(Tables):
    """The part of the ledger that holds remote objects."""

    def objects(self, dataset_id: int) -> dict[str, RemoteObject]:
        """Return the remote objects of a dataset by kind, intended ones included."""
        with self._reading() as connection:
            rows = statements.rows(connection, schema.remote_object, dataset_id=dataset_id)
            return {row.kind: as_remote_object(row) for row in rows}

    def owners(self, kind: str, remote_id: str) -> list[int]:
        """Return the numbers of the datasets that have the remote object of this kind and id."""
        columns = schema.remote_object.c
        query = sa.select(columns.dataset_id).where(columns.kind == kind, columns.remote_id == remote_id)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def not_recorded(self, kind: str, remote_ids: Sequence[str]) -> list[str]:
        """Return those of these ids, in their order, that no remote object of this kind has, whoever has it."""
        if not remote_ids:
            return []
        with self._reading() as connection:
            if len(remote_ids) <= _FEW_IDS:
                recorded = set(connection.execute(_RECORDED, {"kind": kind, "remote_ids": remote_ids}).scalars())
            else:
                text = connection.execute(_ALL_RECORDED, {"kind": kind}).scalar() or ""
                recorded = set(text.split(_BETWEEN_IDS))
        return [remote_id for remote_id in remote_ids if remote_id not in recorded]

    def has_confirmed(self, kind: str) -> bool:
        """Say whether any dataset has a confirmed remote object of this kind."""
        columns = schema.remote_object.c
        query = sa.select(columns.dataset_id).where(columns.kind == kind, columns.confirmed).limit(1)
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    def earliest_end(self, kind: str) -> float | None:
        """Return until when that confirmed object of this kind is valid that ends first; None where none has an end.

        Only those of datasets on disk count, paused or not.
        """
        columns = schema.remote_object.c
        query = sa.select(sa.func.min(columns.details["valid_until"].as_float())).join(schema.dataset)
        query = query.where(columns.kind == kind, columns.confirmed, _IS_ON_DISK)
        with self._reading() as connection:
            found = connection.execute(query).scalar_one()
        return float(found) if found is not None else None

    def expiring(self, kind: str, before: float) -> list[int]:
        """Return the datasets, on disk and not paused, whose object of this kind is valid until before this moment."""
        columns = schema.remote_object.c
        ends_at = columns.details["valid_until"].as_float()
        all_paused = sa.exists().where(schema.switch.c.name == schema.ALL_PAUSED)
        query = sa.select(columns.dataset_id).join(schema.dataset).where(columns.kind == kind, columns.confirmed)
        query = query.where(ends_at < before, _IS_ON_DISK, ~schema.dataset.c.paused, ~all_paused).order_by(ends_at)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def intend(self, dataset_id: int, kind: str, details: Mapping[str, Any] | None = None) -> None:
        """Write down, before the call, that a remote object is about to be made; raises UnknownDataset."""
        self._put_object(dataset_id, RemoteObject(kind, None, confirmed=False, details=details or {}))

    def confirm(self, dataset_id: int, kind: str, remote_id: str | None, details: Mapping[str, Any]) -> RemoteObject:
        """Write down, after the call, that a remote object exists; raises UnknownDataset."""
        made = RemoteObject(kind, remote_id, confirmed=True, details=dict(details))
        self._put_object(dataset_id, made)
        return made

    def forget(self, dataset_id: int, *kinds: str) -> None:
        """Drop what is known of remote objects, so that the steps look for them again."""
        columns = schema.remote_object.c
        self._write(schema.remote_object.delete().where(columns.dataset_id == dataset_id, columns.kind.in_(kinds)))

    def start_anew(self, dataset_id: int, kept: Iterable[RemoteObject] = ()) -> None:
        """Know no remote objects of a dataset but these, and give its next space another id, at the same instant."""
        table, dataset = schema.remote_object, schema.dataset
        with self._writing() as connection:
            statements.remove(connection, table, dataset_id=dataset_id)
            for made in kept:
                statements.add(connection, table, dataset_id=dataset_id, kind=made.kind, **self._values_of(made))
            next_one = {"generation": dataset.c.generation + 1}
            connection.execute(dataset.update().where(dataset.c.id == dataset_id).values(**next_one))

    def _put_object(self, dataset_id: int, made: RemoteObject) -> None:
        try:
            self._put(schema.remote_object, {"dataset_id": dataset_id, "kind": made.kind}, self._values_of(made))
        except sa.exc.IntegrityError as error:
            # It went on as another one, or was forgotten, while somebody worked on it.
            raise UnknownDataset(dataset_id) from error

    def _values_of(self, made: RemoteObject) -> dict[str, Any]:
        return {
            "remote_id": made.remote_id,
            "confirmed": made.confirmed,
            "details": dict(made.details),
            "changed_at": self._clock(),
        }


def as_remote_object(row: Any) -> RemoteObject:
    """Return a remote object from its row."""
    return RemoteObject(row.kind, row.remote_id, confirmed=row.confirmed, details=row.details)
