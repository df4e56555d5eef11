"""A dataset's public share in Onedata: its files, for everybody, in whole or in ranges."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import PurePosixPath
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from spacecast.data.extras import needing
from spacecast.data.faults import DownloadFailed, ServerAway
from spacecast.data.trust import trust_for

if TYPE_CHECKING:
    import httpx

_TIMEOUT_SECONDS = 30.0
_PAGE_FILES = 1000


class Share:
    """The public share that a dataset's facts tell of; use it in a `with` block, from any thread.

    No key of anybody is sent to it. Raises ServerAway while it does not answer, DownloadFailed where it cannot give
    what is asked for.
    """

    def __init__(self, zone: str, root_id: str) -> None:
        with needing("data", "Reading from a public share"):
            import httpx  # noqa: PLC0415 - a tenth of a second, and seldom needed
        if urlsplit(zone).scheme not in ("http", "https"):
            raise DownloadFailed(f"{zone!r}, which the catalog names, is no address of a Onezone. Tell the facility.")
        self._data = f"{zone.rstrip('/')}/api/v3/onezone/shares/data"
        self._root_id = root_id
        self._errors = httpx.TransportError
        # The zone leads to a provider that has the data.
        self._http = httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True, verify=trust_for(zone))
        self._folders: dict[PurePosixPath, Mapping[str, str]] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self | None:
        """Give the share of a dataset; None where it has none yet."""
        zone, root_id = facts.get("onezone"), facts.get("share_root")
        return cls(zone, root_id) if isinstance(zone, str) and isinstance(root_id, str) else None

    @contextmanager
    def opened(self, path: PurePosixPath, headers: Mapping[str, str]) -> "Iterator[httpx.Response]":
        """Begin to read a file by its path below the dataset's folder."""
        try:
            address = f"{self._data}/{quote(self._file_id(path), safe='')}/content"
            with self._http.stream("GET", address, headers=dict(headers)) as response:
                yield response
        except self._errors as error:
            raise ServerAway(f"Onedata does not answer: {error or type(error).__name__}. Try again later.") from error

    def read(self, path: PurePosixPath, start: int, length: int) -> bytes:
        """Fetch a part of a file; raises DownloadFailed where it is shorter, or the share gives no parts."""
        if length == 0:
            return b""
        with self.opened(path, {"Range": f"bytes={start}-{start + length - 1}"}) as response:
            if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                raise DownloadFailed(
                    f"{path}: the public share answered {response.status_code} instead of a part of it."
                )
            found = response.read()
        if len(found) != length:
            raise DownloadFailed(f"{path}: the public share gave {len(found)} bytes instead of {length}.")
        return found

    def _file_id(self, path: PurePosixPath) -> str:
        file_id = self._children(path.parent).get(path.name)
        if file_id is None:
            raise DownloadFailed(f"{path} is not in the dataset's public share.")
        return file_id

    def _children(self, folder: PurePosixPath) -> Mapping[str, str]:
        with self._lock:
            if folder not in self._folders:
                self._folders[folder] = dict(self._listed(self._id_of_folder(folder)))
            return self._folders[folder]

    def _id_of_folder(self, folder: PurePosixPath) -> str:
        file_id = self._root_id
        for depth, name in enumerate(folder.parts):
            above = PurePosixPath(*folder.parts[:depth])
            if above not in self._folders:
                self._folders[above] = dict(self._listed(file_id))
            if name not in self._folders[above]:
                raise DownloadFailed(f"{folder} is not in the dataset's public share.")
            file_id = self._folders[above][name]
        return file_id

    def _listed(self, folder_id: str) -> Iterator[tuple[str, str]]:
        token: dict[str, str] = {}
        while True:
            address = f"{self._data}/{quote(folder_id, safe='')}/children"
            answer = self._http.get(address, params={"limit": str(_PAGE_FILES), **token})
            if answer.status_code != HTTPStatus.OK:
                raise DownloadFailed(
                    f"The dataset's public share answered {answer.status_code} when asked for its files."
                )
            body = answer.json()
            for child in body["children"]:
                # Releases differ in how they spell it.
                yield str(child["name"]), str(child.get("fileId") or child.get("file_id") or child.get("id"))
            following = body.get("nextPageToken")
            if not following:
                return
            token = {"token": str(following)}
