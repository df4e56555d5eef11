"""Fetch one file: resumed where it was cut off, its size verified, and under its name only once it is whole."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from stat import S_ISREG
from typing import Any

from spacecast.data.choosing import RemoteFile
from spacecast.data.faults import DownloadFailed, NotAllowed, ServerAway
from spacecast.faults import Fault

_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.5
PARTS_FOLDER = ".partial"

Opened = Callable[[RemoteFile, Mapping[str, str]], AbstractContextManager[Any]]
"""Begins to read a file with these request headers."""


@dataclass(frozen=True)
class Way:
    """One place that files can come from."""

    name: str
    opened: Opened


class Stopped(Exception):  # noqa: N818 - a turning: another file has failed
    """The download was ended while this file was on its way."""


class Fetcher:
    """Fetches files into `data`, with what is on its way in a folder beside it; safe to use from several threads."""

    def __init__(self, data: Path, advance: Callable[[int], None], stop: threading.Event) -> None:
        self._data = data.resolve()
        self._parts = data.parent / PARTS_FOLDER
        self._advance = advance
        self._stop = stop

    def fetch(self, file: RemoteFile, ways: list[Way]) -> bool:
        """Bring a file to its place; False where it is there already. Raises DownloadFailed that names it."""
        target = self._target(file)
        if _has_size(target, file.size):
            self._advance(file.size or 0)
            return False
        reasons = []
        for way in ways:
            try:
                self._fetch(file, way, target)
            except (Fault, OSError) as failure:
                if isinstance(failure, OSError):
                    raise DownloadFailed(f"{target} cannot be written: {failure.strerror or failure}") from failure
                reasons.append(f"{way.name}: {failure}")
            else:
                for other in ways:
                    self._part_of(file, other).remove()
                return True
        raise DownloadFailed(f"{file.place} could not be downloaded. {' '.join(reasons)}")

    def _target(self, file: RemoteFile) -> Path:
        target = self._data / file.place
        # Somebody may have put links into the folder; what comes from a server does not follow them out of it.
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DownloadFailed(f"{target.parent} cannot be made: {error.strerror}.") from error
        if not target.parent.resolve().is_relative_to(self._data) or target.is_dir():
            raise DownloadFailed(f"{target} would be outside {self._data}, or is a folder: nothing is written there.")
        return target

    def _fetch(self, file: RemoteFile, way: Way, target: Path) -> None:
        part = self._part_of(file, way)
        part.drop_links()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                received = self._receive(file, way, part)
            except (ServerAway, _Again):
                if attempt == _ATTEMPTS:
                    raise
                if self._stop.wait(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)):
                    raise Stopped from None
                continue
            if file.size is not None and received != file.size:
                part.remove()
                raise DownloadFailed(f"it has {received} bytes, and the catalog says {file.size}; it may have changed.")
            part.move_to(target)
            return

    def _part_of(self, file: RemoteFile, way: Way) -> "_Part":
        digest = hashlib.sha256(f"{way.name}/{file.place}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return _Part(self._parts / digest)

    def _receive(self, file: RemoteFile, way: Way, part: "_Part") -> int:
        have = part.size
        with way.opened(file, {"Accept-Encoding": "identity", **part.headers()}) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.remove()
                raise _Again("the part that was there does not fit any more.")
            if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise _refusal(response.status_code)
            goes_on = response.status_code == HTTPStatus.PARTIAL_CONTENT and _starts_at(response, have)
            if have and not goes_on and response.status_code == HTTPStatus.PARTIAL_CONTENT:
                part.remove()
                raise _Again("another part came than was asked for.")
            self._advance(have if goes_on else 0)
            return part.write(self._pieces(response), goes_on=goes_on, tag=response.headers.get("etag", ""))

    def _pieces(self, response: Any) -> Any:
        for piece in response.iter_raw():
            if self._stop.is_set():
                raise Stopped
            self._advance(len(piece))
            yield piece


class _Again(DownloadFailed):
    """Trying again from the start will do."""


class _Part:
    """What has arrived of a file, and by which version of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tag_file = path.with_suffix(".tag")

    @property
    def size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def headers(self) -> dict[str, str]:
        if not self.size:
            return {}
        tag = self._tag_file.read_text(encoding="utf-8") if self._tag_file.exists() else ""
        return {"Range": f"bytes={self.size}-", **({"If-Range": tag} if tag else {})}

    def write(self, pieces: Any, *, goes_on: bool, tag: str) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab" if goes_on else "wb") as file:
            # Only now: what was there of another version must never be found beside the tag of this one.
            self._tag_file.write_text(tag, encoding="utf-8")
            for piece in pieces:
                file.write(piece)
            return file.tell()

    def drop_links(self) -> None:
        """Remove what is a link, and nothing of ours: it would be read, or written through."""
        for path in (self._path, self._tag_file):
            if path.is_symlink():
                path.unlink()

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self._tag_file.unlink(missing_ok=True)

    def move_to(self, target: Path) -> None:
        self._path.replace(target)
        self._tag_file.unlink(missing_ok=True)


def _has_size(path: Path, size: int | None) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return size is not None and S_ISREG(found.st_mode) and found.st_size == size


def _starts_at(response: Any, start: int) -> bool:
    return str(response.headers.get("content-range", "")).startswith(f"bytes {start}-")


def _refusal(status: int) -> Fault:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return NotAllowed(f"it may not be downloaded ({status}).")
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE):
        return ServerAway(f"the server is busy or away ({status}).")
    return DownloadFailed(f"the server cannot read it any more ({status}).")
