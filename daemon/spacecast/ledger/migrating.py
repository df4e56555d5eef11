"""How an older ledger becomes the present one: numbered steps in one transaction, after a copy was put beside it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from spacecast.ledger import schema
from spacecast.ledger.migration_notices import add_notices
from spacecast.ledger.migration_orders import take_orders
from spacecast.ledger.tables import writing

Migration = Callable[[sa.Connection], None]


def _drop_kept_files(connection: sa.Connection) -> None:
    # What a metadata file was before it is written in place is kept in a file, for as long as the write takes.
    connection.execute(sa.text("DROP TABLE kept_file"))


def _index_folders(connection: sa.Connection) -> None:
    # Of each new folder it is asked whether it was withdrawn under another name.
    connection.execute(sa.text("CREATE INDEX dataset_by_folder ON dataset (device, inode)"))


# Entry n turns a ledger of version n + 1 into one of version n + 2. An entry never changes once it was released, and
# names tables and columns by itself, since `schema` goes on. It must run on SQLite and on PostgreSQL.
MIGRATIONS: tuple[Migration, ...] = (add_notices, _drop_kept_files, take_orders, _index_folders)


def present_version(migrations: Sequence[Migration]) -> int:
    """Return the version that these migrations lead to."""
    return len(migrations) + 1


def make(engine: sa.Engine, migrations: Sequence[Migration]) -> None:
    """Make the tables of the present version in an empty database, all or nothing."""
    with writing(engine) as connection:
        # Two that start at the same time on one database: the second finds it made.
        if schema.version_of(connection) == 0:
            schema.tables.create_all(connection)
            connection.execute(schema.version.insert().values(version=present_version(migrations)))


def migrate(engine: sa.Engine, file: Path | None, migrations: Sequence[Migration]) -> None:
    """Bring an older ledger to the present version, all or nothing; an SQLite file is copied first."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = schema.version_of(connection)
        if file is not None:
            _copy(connection, file, file.with_name(f"{file.name}.before-version-{present_version(migrations)}"))
    with writing(engine) as connection:
        found = schema.version_of(connection)
        for migration in migrations[found - 1 :]:
            migration(connection)
        connection.execute(schema.version.update().values(version=present_version(migrations)))


def _copy(connection: sa.Connection, file: Path, copy: Path) -> None:
    partial = file.with_name(f"{copy.name}.partial")
    # What a copy that was cut off has left. Made here: the database would make it readable by others.
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection.execute(sa.text("VACUUM INTO :copy"), {"copy": str(partial)})
    _sync(partial)
    partial.replace(copy)
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
