"""A PostgreSQL server of a test's own, where one is installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

INITDB = shutil.which("initdb") or next((str(path) for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
# The server refuses to run as root.
_USER = {"user": "nobody"} if os.geteuid() == 0 else {}


@contextmanager
def postgresql() -> Iterator[Path]:
    """A server behind a socket in a folder of its own, which is given, as long as the block runs."""
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True, **_USER).stdout.strip())
    data, control = folder / "data", Path(INITDB).with_name("pg_ctl")
    options = f"-c listen_addresses= -c fsync=off -k {folder}"
    try:
        _run(INITDB, "-D", data, "-A", "trust", "-U", "spacecast", "--no-sync")
        _run(control, "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        yield folder
        _run(control, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def new_database(server: Path, name: str, driver: str = "psycopg") -> str:
    """Make an empty database and give its address."""
    address = "postgresql+{}://spacecast@/{}?host=" + str(server)
    engine = sa.create_engine(address.format("psycopg", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return address.format(driver, name)


def _run(*command: object) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **_USER)
