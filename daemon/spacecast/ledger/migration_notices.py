"""The migration that adds notices; what was published before it counts as told."""

import time

import sqlalchemy as sa

_tables = sa.MetaData()

# Named here once more, and for ever: the ledger's own tables go on.
_dataset = sa.Table(
    "dataset",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("marker", sa.Text),
    sa.Column("generation", sa.Integer),
)
_stage = sa.Table(
    "stage",
    _tables,
    sa.Column("dataset_id", sa.Integer),
    sa.Column("name", sa.Text),
    sa.Column("condition", sa.Text),
)
_notice = sa.Table(
    "notice",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.ForeignKey("dataset.id", ondelete="CASCADE"), index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
_delivery = sa.Table(
    "delivery",
    _tables,
    sa.Column("notice_id", sa.ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("recipients", sa.JSON, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Index("delivery_due", "state", "next_try_at"),
)
_standing_trouble = sa.Table(
    "standing_trouble",
    _tables,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)


def add_notices(connection: sa.Connection) -> None:
    """Make the tables of notices; datasets that have a link get no mail about it when mail is switched on."""
    _tables.create_all(connection, tables=[_notice, _delivery, _standing_trouble], checkfirst=False)
    key = sa.literal("ready:") + _dataset.c.marker + "-" + sa.cast(_dataset.c.generation, sa.Text)
    columns = ("key", "kind", "dataset_id", "at", "facts")
    linked = (
        sa.select(key, sa.literal("ready"), _dataset.c.id, sa.literal(time.time()), sa.literal({}, sa.JSON))
        .join(_stage, _stage.c.dataset_id == _dataset.c.id)
        .where(_stage.c.name == "link", _stage.c.condition == "done")
    )
    connection.execute(_notice.insert().from_select(columns, linked))
