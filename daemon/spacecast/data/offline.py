"""A downloaded catalog, or any other, in this process: Tiled's client without a server."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from spacecast.data.extras import needing
from spacecast.data.faults import BadReference
from spacecast.data.moving import folder_of, relocate, revision_of
from spacecast.formats import RAW_ARRAY_MIMETYPE

ADAPTERS: Mapping[str, str] = {RAW_ARRAY_MIMETYPE: "spacecast.formats.raw_array:RawArrayAdapter"}
"""The formats that Tiled's server has no adapter for."""


def from_catalog(
    database: str | PathLike[str],
    readable_storage: Sequence[str | PathLike[str]] | str | PathLike[str] | None = None,
    *,
    structure_clients: str = "numpy",
    adapters_by_mimetype: Mapping[str, Any] | None = None,
) -> Any:
    """Open a catalog without a server, and return Tiled's client object for its root.

    `database` is the `catalog.db` of a download, any other SQLite catalog, or a PostgreSQL address. `readable_storage`
    are the folders that data may be read from; by default `data` beside the database. A downloaded folder may have been
    moved: its addresses are put right, in a private copy where the medium is read-only. A catalog of an older Tiled is
    upgraded in a private copy. Several may be open at once; `.context.close()` ends one. Raises BadReference where
    there is no such catalog, or a newer Tiled is needed; MissingExtra without the server's packages.

    >>> local = data.from_catalog("stuff/catalog.db", readable_storage=["stuff/data"])  # doctest: +SKIP
    """
    text = fspath(database)
    folders = [readable_storage] if isinstance(readable_storage, (str, PathLike)) else readable_storage or ()
    storage = [Path(folder).resolve() for folder in folders]
    if "://" in text:
        return _opened(text, storage, structure_clients, adapters_by_mimetype, None)
    path = Path(text).resolve()
    storage = storage or [path.parent / "data"]
    if path.is_dir():
        raise BadReference(f"{path} is a folder: name the catalog in it, such as {path / 'catalog.db'}.")
    if not path.is_file():
        raise BadReference(f"{path} is not there. A download puts its catalog into `catalog.db`.")
    usable, copy = _usable(path, [*storage, path.parent / "data"])
    return _opened(f"sqlite:///{usable}", storage, structure_clients, adapters_by_mimetype, copy)


def _opened(
    uri: str, storage: Sequence[Path], structure_clients: str, adapters: Mapping[str, Any] | None, copy: Path | None
) -> Any:
    with needing("offline", "Opening a catalog without a server"), warnings.catch_warnings():
        # Tiled runs its own server in this process through a test client that announces its change of library.
        warnings.simplefilter("ignore")
        from tiled.catalog import from_uri  # noqa: PLC0415 - a server's packages take seconds to load
        from tiled.client import Context, from_context  # noqa: PLC0415 - the same
        from tiled.server.app import build_app  # noqa: PLC0415 - the same

        tree = from_uri(
            uri,
            readable_storage=[str(folder) for folder in storage],
            adapters_by_mimetype={**ADAPTERS, **(adapters or {})},
        )
        context = Context.from_app(build_app(tree))
    if copy is not None:
        weakref.finalize(context, shutil.rmtree, copy, ignore_errors=True)
    return from_context(context, structure_clients)


def make_catalog(uri: str) -> None:
    """Make a new, empty catalog database; raises MissingExtra, or BadReference with what is in the way."""
    with needing("offline", "Writing a catalog"):
        import tiled.catalog  # noqa: F401, PLC0415 - only to see whether the program below can run
    _tiled(["catalog", "init", "--if-not-exists", uri], uri)


def _tiled(arguments: list[str], uri: str) -> None:
    # Its own process: the migration tool of the database wants the main thread and a clean slate.
    done = subprocess.run([sys.executable, "-m", "tiled", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason was given"]
        shown = uri.rpartition("@")[2]
        raise BadReference(f"The catalog {shown} cannot be used: {lines[-1].replace(uri, shown)}")


def upgrade_catalog(database: Path) -> None:
    """Bring a catalog file of an older Tiled up to this one, in place. Raises BadReference where it cannot be."""
    if _checked_revision(database, database) != _required():
        _tiled(["catalog", "upgrade-database", f"sqlite:///{database}"], str(database))


def _usable(database: Path, folders: Sequence[Path]) -> tuple[Path, Path | None]:
    """Give a database that this Tiled can open and that points to the data, and the folder of the copy, if it is one.

    The data is in the first of the folders that has files of it.
    """
    # A medium that cannot be written may not even let itself be asked.
    with suppress(sqlite3.OperationalError):
        if revision_of(database) == _required():
            relocate(database, folder_of(database, folders))
            return database, None
    folder = Path(tempfile.mkdtemp(prefix="spacecast-catalog-"))
    copy = folder / "catalog.db"
    try:
        shutil.copyfile(database, copy)
        copy.chmod(0o600)
        if _checked_revision(copy, database) != _required():
            _tiled(["catalog", "upgrade-database", f"sqlite:///{copy}"], str(copy))
        relocate(copy, folder_of(copy, folders))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return copy, folder


def _required() -> str:
    with needing("offline", "Opening a catalog without a server"):
        from tiled.catalog.core import REQUIRED_REVISION  # noqa: PLC0415 - the server's packages take seconds to load
    return str(REQUIRED_REVISION)


def _checked_revision(database: Path, meant: Path) -> str:
    from tiled.catalog.core import ALL_REVISIONS  # noqa: PLC0415 - the server's packages take seconds to load

    try:
        revision = revision_of(database)
    except sqlite3.OperationalError:
        revision = None
    if revision is None:
        raise BadReference(f"{meant} is no catalog of Tiled's.")
    if revision not in ALL_REVISIONS:
        raise BadReference(f"{meant} was made by a newer Tiled: pip install --upgrade 'spacecast[offline]'")
    return revision
