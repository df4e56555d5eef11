"""The step from version 3 of the ledger to version 4: what operators order of the daemon."""

import sqlalchemy as sa


def take_orders(connection: sa.Connection) -> None:
    """Add pauses, and the list of datasets to look at; written for SQLite and PostgreSQL alike."""
    owner = "FOREIGN KEY(dataset_id) REFERENCES dataset (id) ON DELETE CASCADE"
    for statement in (
        "ALTER TABLE dataset ADD COLUMN paused BOOLEAN DEFAULT false NOT NULL",
        f"CREATE TABLE attention (dataset_id INTEGER NOT NULL, at FLOAT NOT NULL, PRIMARY KEY (dataset_id), {owner})",
        "CREATE TABLE switch (name TEXT NOT NULL, since FLOAT NOT NULL, PRIMARY KEY (name))",
    ):
        connection.execute(sa.text(statement))
