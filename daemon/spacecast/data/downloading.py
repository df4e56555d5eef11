"""Take datasets home: plain files, and a catalog that Tiled opens with or without a server."""

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from spacecast.data.choosing import Chosen, RemoteFile, choose_path, choose_refs, merged
from spacecast.data.extras import needing
from spacecast.data.faults import DownloadFailed, WrongUse
from spacecast.data.fetching import PARTS_FOLDER, Fetcher, Stopped, Way
from spacecast.data.locking import LOCK, alone_in
from spacecast.data.moving import check_address
from spacecast.data.nodes import is_node, paths_of
from spacecast.data.offline import make_catalog
from spacecast.data.progress import shown
from spacecast.data.recording import record, record_in_file
from spacecast.data.refs import ref
from spacecast.data.server import Server, server_for
from spacecast.data.serving_notes import write_notes
from spacecast.data.shares import Share
from spacecast.data.zipping import pack

Source = Literal["auto", "tiled", "onedata"]
SOURCES: tuple[str, ...] = get_args(Source)

_WORKERS = 4
# From here on the share is asked first: a Tiled server gives out some forty small files a second to all together.
_MANY_FILES, _MANY_BYTES = 500, 1 << 30


@dataclass(frozen=True)
class Downloaded:
    """What a download has brought."""

    folder: Path
    """The folder, or the ZIP file."""
    datasets: tuple[str, ...]
    files: int
    bytes: int
    left_out: tuple[tuple[str, str], ...] = ()
    """Files, and datasets, that the catalog cannot give out, or not all of, and why."""


def download(
    what: Any,
    target: str | PathLike[str],
    *,
    catalog: str | None = "catalog.db",
    source: Source = "auto",
    server: Any = None,
    api_key: str | None = None,
    progress: bool | None = None,
    workers: int = _WORKERS,
) -> Downloaded:
    """Download datasets or files into a folder, or into a ZIP file where `target` ends in `.zip`.

    `what` is a reference or its text, a search result, any container or entry of a Tiled client, or a list of these.
    In the folder `data/<dataset>/` has the files under their own names, and `catalog.db` what Tiled knows of them:
    use it by `from_catalog`, by `tiled serve catalog`, or not at all. `catalog` may also be a PostgreSQL address, or
    None for plain files only, which needs no server's packages.

    Files that are there with the right size stay, those cut off are resumed: after a failure call it again. The first
    failure ends it and names the file. Files come from the Tiled server, or from the dataset's public share where that
    cannot read them any more, or where there is much to fetch (`source="auto"`); the other is tried where one fails.
    `progress` None shows a bar on terminals. Raises DownloadFailed, NotReady, Blocked, MissingExtra and as `status`.

    >>> data.download(data.search("ribosome"), "stuff/")  # doctest: +SKIP
    """
    _check(source, catalog)
    path = Path(target).absolute()
    folder = path.with_name(f".{path.name}.download") if path.suffix.lower() == ".zip" else path
    if catalog is not None:
        check_address(folder.resolve())
        with needing("offline", "A catalog beside the files (catalog=None goes without)"):
            import tiled.catalog  # noqa: F401, PLC0415 - seen before anything is fetched; it takes long to load
    if folder != path and path.is_dir():
        raise DownloadFailed(f"{path} is a folder, and the ZIP file would get this name. Name another place.")
    with ExitStack() as stack:
        chosen = merged(_chosen(what, server, api_key, stack))
        _enter(folder, stack, is_temporary=folder != path)
        count, size = _fetch_all(chosen, folder, source, progress, max(1, workers), stack)
        _put_together(catalog, folder, path, chosen)
    left_out = tuple((f"{one.key}/{name}".rstrip("/"), reason) for one in chosen for name, reason in one.left_out)
    return Downloaded(path, tuple(one.key for one in chosen), count, size, left_out)


def _chosen(what: Any, server: Any, api_key: str | None, stack: ExitStack) -> Iterator[Chosen]:
    things = list(_each(what))
    for node in filter(is_node, things):
        connected = stack.enter_context(server_for(None, node))
        yield from (choose_path(connected, path) for path in paths_of(node, connected))
    refs = [ref(thing) for thing in things if not is_node(thing)]
    for address in dict.fromkeys(one.address for one in refs):
        connected = stack.enter_context(server_for(address, server, api_key=api_key))
        yield from choose_refs(connected, [one for one in refs if one.address == address])


def _check(source: str, catalog: str | None) -> None:
    if source not in SOURCES:
        raise WrongUse(f"source={source!r} is none of {', '.join(SOURCES)}.")
    if catalog is not None and "://" not in catalog and Path(catalog).name != catalog:
        raise WrongUse(f"catalog={catalog!r}: give the name of a file in the folder, or a PostgreSQL address.")


def _each(what: Any) -> Iterator[Any]:
    if isinstance(what, (list, tuple)):
        for one in what:
            yield from _each(one)
    else:
        yield what


def _enter(folder: Path, stack: ExitStack, *, is_temporary: bool) -> None:
    """Make the folder, and wait until nobody else downloads into it; raises DownloadFailed where that cannot be."""
    if is_temporary:
        # The last thing: until then it keeps others from beginning in what is being taken away.
        stack.callback(_remove_empty, folder)
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        stack.enter_context(alone_in(folder / PARTS_FOLDER))
    except OSError as error:
        raise DownloadFailed(
            f"{error.filename or folder} cannot be made: {error.strerror}. Name another folder."
        ) from error


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _fetch_all(
    chosen: Sequence[Chosen], folder: Path, source: str, progress: bool | None, workers: int, stack: ExitStack
) -> tuple[int, int]:
    jobs = [(file, ways) for one in chosen for ways in [_ways(one, source, stack)] for file in one.files.values()]
    total_bytes = sum(file.size or 0 for file, _ways_of_it in jobs)
    stop, lock = threading.Event(), threading.Lock()
    with shown(total_bytes, wanted=progress) as advance:

        def advance_alone(count: int) -> None:
            with lock:
                advance(count)

        fetcher = Fetcher(folder / "data", advance_alone, stop)
        _run(fetcher, jobs, workers, stop)
    return len(jobs), total_bytes


def _run(fetcher: Fetcher, jobs: Sequence[tuple[RemoteFile, list[Way]]], workers: int, stop: threading.Event) -> None:
    with ThreadPoolExecutor(workers, thread_name_prefix="spacecast download") as pool:
        futures = [pool.submit(fetcher.fetch, file, ways) for file, ways in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Whatever ends the waiting, Ctrl-C included, also ends what is on its way.
            stop.set()
            pool.shutdown(cancel_futures=True)
    failures = [future.exception() for future in futures if not future.cancelled() and future.exception() is not None]
    first = next((failure for failure in failures if not isinstance(failure, Stopped)), None)
    if isinstance(first, DownloadFailed):
        arrived = sum(not future.cancelled() and future.exception() is None for future in futures)
        raise DownloadFailed(f"{first} {arrived} of {len(jobs)} files are there; the same call goes on from there.")
    if first is not None:
        raise first


def _ways(one: Chosen, source: str, stack: ExitStack) -> list[Way]:
    """Give where a dataset's files may come from, the better place first."""
    tiled = Way("the Tiled server", lambda file, headers: _from_tiled(one.server, file, headers))
    share = _share_of(one, stack)
    if share is None:
        return [tiled]
    onedata = Way("the public share", lambda file, headers: share.opened(file.path, headers))
    size = sum(file.size or 0 for file in one.files.values())
    is_much = len(one.files) > _MANY_FILES or size > _MANY_BYTES
    return [onedata, tiled] if source == "onedata" or (source == "auto" and is_much) else [tiled, onedata]


def _share_of(one: Chosen, stack: ExitStack) -> Share | None:
    share = Share.of(one.facts)
    return None if share is None else stack.enter_context(share)


def _from_tiled(server: Server, file: RemoteFile, headers: Mapping[str, str]) -> Any:
    params: dict[str, Any] = {"id": file.asset_id}
    if file.relative is not None:
        params["relative_path"] = file.relative
    return server.opened(server.address("asset/bytes", file.entry), params, headers)


def _put_together(catalog: str | None, folder: Path, target: Path, chosen: Sequence[Chosen]) -> None:
    try:
        _record(catalog, folder, chosen)
        if folder != target:
            pack(folder, target, without=PARTS_FOLDER)
            _clear(folder)
    except OSError as error:
        raise DownloadFailed(
            f"All files are there, but {error.filename or target} cannot be written: {error.strerror or error}. The "
            "same call goes on from there."
        ) from error


def _clear(folder: Path) -> None:
    """Remove all in a folder but the lock, without which somebody else would begin there."""
    parts = folder / PARTS_FOLDER
    for path in (*folder.iterdir(), *parts.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path != parts:
                shutil.rmtree(path)
        elif path != parts / LOCK:
            path.unlink()


def _record(catalog: str | None, folder: Path, chosen: Sequence[Chosen]) -> None:
    if catalog is None:
        return
    data = (folder / "data").resolve()
    if "://" in catalog:
        make_catalog(catalog)
        record(catalog, data, chosen)
    else:
        record_in_file((folder / catalog).resolve(), data, chosen)
        write_notes(folder, catalog)
