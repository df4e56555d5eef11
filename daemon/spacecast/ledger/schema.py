"""The ledger's tables, as the present release has them."""

import sqlalchemy as sa

from spacecast.ledger.records import State

tables = sa.MetaData()

version = sa.Table("ledger_version", tables, sa.Column("version", sa.Integer, nullable=False))

dataset = sa.Table(
    "dataset",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False, unique=True),
    sa.Column("marker", sa.Text, nullable=False, unique=True),
    sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
    sa.Column("state", sa.Text, nullable=False, server_default=State.WAITING.value, index=True),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("metadata_name", sa.Text),
    sa.Column("device", sa.BigInteger),
    sa.Column("inode", sa.BigInteger),
    sa.Column("live", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("read_stamp", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("root", "name"),
    sa.Index("dataset_by_folder", "device", "inode"),
)

_OWNER = "dataset.id"

remote_object = sa.Table(
    "remote_object",
    tables,
    sa.Column("dataset_id", sa.ForeignKey(_OWNER, ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("remote_id", sa.Text),
    sa.Column("confirmed", sa.Boolean, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Index("remote_object_by_id", "kind", "remote_id"),
)

stage = sa.Table(
    "stage",
    tables,
    sa.Column("dataset_id", sa.ForeignKey(_OWNER, ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("condition", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("needs_person", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("next_try_at", sa.Float),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
)

event = sa.Table(
    "event",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("dataset_id", sa.ForeignKey(_OWNER, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("seconds", sa.Float),
)

root = sa.Table(
    "root",
    tables,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("device", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.BigInteger, nullable=False),
)

notice = sa.Table(
    "notice",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.ForeignKey(_OWNER, ondelete="CASCADE"), index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)

delivery = sa.Table(
    "delivery",
    tables,
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

standing_trouble = sa.Table(
    "standing_trouble",
    tables,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)


# What commands ask of the daemon: it looks at these datasets within a second or so.
attention = sa.Table(
    "attention",
    tables,
    sa.Column("dataset_id", sa.ForeignKey(_OWNER, ondelete="CASCADE"), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

# What is turned on for all datasets together, and since when.
ALL_PAUSED = "paused"
switch = sa.Table(
    "switch",
    tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
)


def version_of(connection: sa.Connection) -> int:
    """Return the version of the ledger behind this connection, 0 for an empty database.

    Raises LookupError where it says none, or more than one.
    """
    if not sa.inspect(connection).has_table(version.name):
        return 0
    found = connection.execute(sa.select(version.c.version)).scalars().all()
    if len(found) != 1:
        raise LookupError(f"it names {len(found)} versions")
    return int(found[0])
