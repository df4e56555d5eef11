"""Notices and their deliveries: the ledger is the outbox, so that each is told once, whatever ends in the middle."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import schema, statements
from spacecast.ledger.records import (
    Blockage,
    Condition,
    Delivery,
    DeliveryState,
    NewNotice,
    StandingTrouble,
    State,
)
from spacecast.ledger.tables import Tables, storable

_OPEN = (DeliveryState.PENDING.value, DeliveryState.BEGUN.value)
READY_KIND = "ready"
WITHDRAWN_NOTE = "the dataset was withdrawn before it was told"


class Notices(Tables):
    """The part of the ledger that holds what is told to people and programs outside."""

    def announce(self, notice: NewNotice) -> bool:
        """Write down something to be told, with its deliveries; False, and nothing written, if it was told before."""
        with self._writing() as connection:
            return self._announce(connection, notice)

    def _announce(self, connection: sa.Connection, notice: NewNotice) -> bool:
        if statements.rows(connection, schema.notice, key=notice.key).first() is not None:
            return False
        now = self._clock()
        row = {"key": notice.key, "kind": notice.kind, "dataset_id": notice.dataset_id, "facts": dict(notice.facts)}
        notice_id = statements.add(connection, schema.notice, **row, at=now)
        times = {"next_try_at": now, "changed_at": now}
        for channel, recipients in notice.channels.items():
            values = {
                "notice_id": notice_id,
                "channel": channel,
                "state": DeliveryState.PENDING.value,
                "recipients": list(recipients),
            }
            statements.add(connection, schema.delivery, **values, **times)
        return True

    def was_announced(self, key: str) -> bool:
        """Say whether something was written down to be told, or counts as told."""
        with self._reading() as connection:
            return statements.rows(connection, schema.notice, key=key).first() is not None

    # ---- deliveries

    def due_deliveries(self, channel: str, limit: int = 20) -> list[Delivery]:
        """Return the deliveries through a channel that are to be tried now, the longest waiting first."""
        columns = schema.delivery.c
        due = (columns.channel == channel, columns.state.in_(_OPEN), columns.next_try_at <= self._clock())
        return self._deliveries(due, (columns.next_try_at, columns.notice_id), limit)

    def deliveries(self, limit: int = 50) -> list[Delivery]:
        """Return the deliveries that changed last, the newest first."""
        return self._deliveries((), (schema.delivery.c.changed_at.desc(),), limit)

    def undelivered(self) -> int:
        """Return how many deliveries are on their way, in all channels."""
        query = sa.select(sa.func.count()).select_from(schema.delivery).where(schema.delivery.c.state.in_(_OPEN))
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _deliveries(self, matches: Sequence[Any], order: Sequence[Any], limit: int) -> list[Delivery]:
        of_notice = schema.notice.c
        facts = (of_notice.key, of_notice.kind, of_notice.facts, of_notice.dataset_id, of_notice.at)
        query = sa.select(schema.delivery, *facts).join(schema.notice).where(*matches).order_by(*order).limit(limit)
        with self._reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def begin_delivery(self, delivery: Delivery) -> bool:
        """Write down that a delivery is being handed over; False where somebody else has changed it meanwhile."""
        columns, now = schema.delivery.c, self._clock()
        statement = (
            schema.delivery.update()
            .where(*_is(delivery), columns.state == delivery.state.value, columns.changed_at == delivery.changed_at)
            .values(state=DeliveryState.BEGUN.value, changed_at=now)
        )
        with self._writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def end_delivery(self, delivery: Delivery) -> None:
        """Write down how an attempt ended: the delivery as it is afterwards; what was cancelled is not tried again."""
        values = {
            "state": delivery.state.value,
            "recipients": list(delivery.recipients),
            "taken": delivery.taken,
            "attempts": delivery.attempts,
            "next_try_at": delivery.next_try_at,
            "changed_at": self._clock(),
            "note": storable(delivery.note),
        }
        statement = schema.delivery.update().where(*_is(delivery))
        if delivery.state is DeliveryState.PENDING:
            statement = statement.where(schema.delivery.c.state != DeliveryState.CANCELLED.value)
        self._write(statement.values(**values))

    def repeat_deliveries(self, dataset_id: int) -> int:
        """Have those deliveries about a dataset tried again that were given up or are unclear; return how many.

        Only of its last notice: those before it tell of a link that is not good any more.
        """
        of_delivery, of_notice = schema.delivery.c, schema.notice.c
        own = sa.select(sa.func.max(of_notice.id)).where(of_notice.dataset_id == dataset_id)
        ended = (DeliveryState.UNCLEAR.value, DeliveryState.GIVEN_UP.value)
        now = self._clock()
        statement = (
            schema.delivery.update()
            .where(of_delivery.notice_id.in_(own), of_delivery.state.in_(ended))
            .values(state=DeliveryState.PENDING.value, attempts=0, next_try_at=now, changed_at=now)
        )
        with self._writing() as connection:
            return int(connection.execute(statement).rowcount)

    def _cancel_deliveries(self, connection: sa.Connection, dataset_id: int) -> None:
        """End what is told of a dataset and has not gone out, but for what may be on the wire at this moment."""
        of_delivery, of_notice = schema.delivery.c, schema.notice.c
        own = sa.select(of_notice.id).where(of_notice.dataset_id == dataset_id)
        values = {"state": DeliveryState.CANCELLED.value, "note": WITHDRAWN_NOTE, "changed_at": self._clock()}
        waits = of_delivery.state == DeliveryState.PENDING.value
        connection.execute(schema.delivery.update().where(of_delivery.notice_id.in_(own), waits).values(**values))

    def give_up_channels(self, channels: Iterable[str]) -> int:
        """End the deliveries through channels that the config does not name any more; return how many."""
        columns = schema.delivery.c
        gone = (columns.state.in_(_OPEN), columns.channel.not_in(list(channels)))
        values = {"state": DeliveryState.GIVEN_UP.value, "note": "the config has no such channel any more"}
        with self._writing() as connection:
            return int(connection.execute(schema.delivery.update().where(*gone).values(**values)).rowcount)

    def prune_notices(self, before: float) -> None:
        """Drop what was told before a moment and is on its way no more; that a link was told is kept."""
        of_notice, of_delivery = schema.notice.c, schema.delivery.c
        on_their_way = sa.select(of_delivery.notice_id).where(of_delivery.state.in_(_OPEN))
        old = (of_notice.kind != READY_KIND, of_notice.at < before, of_notice.id.not_in(on_their_way))
        self._write(schema.notice.delete().where(*old))

    # ---- what operators were told of

    def blocked_on_their_own(self, before: float, limit: int) -> list[Blockage]:
        """Return the datasets that have been blocked since before a moment, for a reason that is not a service's.

        Those that wait at a service's gate have no next try: the service is told of once, and not each of them.
        """
        of_dataset, of_stage = schema.dataset.c, schema.stage.c
        own = sa.select(of_stage.dataset_id).where(
            of_stage.condition == Condition.FAILED.value,
            of_stage.needs_person,
            sa.or_(of_stage.next_try_at.is_not(None), of_stage.name == "folder"),
        )
        facts = (of_dataset.id, of_dataset.name, of_dataset.root, of_dataset.reason, of_dataset.changed_at)
        query = sa.select(*facts).where(
            of_dataset.state == State.BLOCKED.value, of_dataset.changed_at <= before, of_dataset.id.in_(own)
        )
        with self._reading() as connection:
            return [Blockage(*row) for row in connection.execute(query.order_by(of_dataset.changed_at).limit(limit))]

    def standing_troubles(self) -> dict[str, StandingTrouble]:
        """Return by subject what operators were told of and has not ended."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(schema.standing_trouble))
            return {row.subject: StandingTrouble(row.subject, row.since, row.facts) for row in rows}

    def tell_troubles(self, troubles: Iterable[StandingTrouble], notice: NewNotice) -> None:
        """Write down that troubles stand, and the notice about them, at the same instant."""
        with self._writing() as connection:
            if self._announce(connection, notice):
                rows = [{"subject": one.subject, "since": one.since, "facts": dict(one.facts)} for one in troubles]
                connection.execute(schema.standing_trouble.insert(), rows)

    def settle_troubles(self, subjects: Iterable[str], notice: NewNotice | None = None) -> None:
        """Write down that troubles have ended, with the notice about it, if there is to be one."""
        column = schema.standing_trouble.c.subject
        with self._writing() as connection:
            connection.execute(schema.standing_trouble.delete().where(column.in_(list(subjects))))
            if notice is not None:
                self._announce(connection, notice)

    def last_noticed(self, kind: str) -> float:
        """Return when there was last a notice of this kind, 0 for never."""
        columns = schema.notice.c
        with self._reading() as connection:
            return float(
                connection.execute(sa.select(sa.func.max(columns.at)).where(columns.kind == kind)).scalar() or 0.0
            )


def _is(delivery: Delivery) -> tuple[Any, ...]:
    columns = schema.delivery.c
    return columns.notice_id == delivery.notice_id, columns.channel == delivery.channel


def _delivery(row: Any) -> Delivery:
    return Delivery(
        notice_id=row.notice_id,
        channel=row.channel,
        key=row.key,
        kind=row.kind,
        facts=row.facts,
        dataset_id=row.dataset_id,
        noticed_at=row.at,
        state=DeliveryState(row.state),
        recipients=tuple(row.recipients),
        taken=row.taken,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        changed_at=row.changed_at,
        note=row.note,
    )
