"""A catalog client whose requests can be counted and spoiled, and dataset folders with real files in them."""

import posixpath
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import h5py
import numpy as np
import tifffile

from spacecast.catalog import Ahead, CatalogClient, Plan, Registered, build_plan, register, reserve
from spacecast.faults import Passing
from spacecast.folders import open_folder
from spacecast.transport import Answer, Transport

Send = Callable[[], Answer]


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class ObservedTransport(Transport):
    """Sends for real; `spoil` may answer in the server's stead, before or after the request has had its effect."""

    def __init__(self, base_url: str, api_key: str) -> None:
        headers = {"Authorization": f"Apikey {api_key}", "Accept": "application/json"}
        super().__init__(base_url, headers=lambda: headers, service="Tiled server under test")
        self.sent: list[Sent] = []
        self.spoil: Callable[[Sent, Send], Answer] | None = None

    def request(self, method: str, path: str, **content: Any) -> Answer:
        sent = Sent(method, path.removeprefix("api/v1"), content.get("json"))
        self.sent.append(sent)
        send = lambda: super(ObservedTransport, self).request(method, path, **content)  # noqa: E731 - one expression
        return send() if self.spoil is None else self.spoil(sent, send)

    @property
    def writes(self) -> list[str]:
        return [str(sent) for sent in self.sent if sent.method != "GET"]


def failing(times: int, *, method: str, ending: str, after: bool = False) -> Callable[[Sent, Send], Answer]:
    """Answer 500 the first `times` times to requests to a path with this end."""
    left = [times]

    def spoil(sent: Sent, send: Send) -> Answer:
        if sent.method == method and sent.path.endswith(ending) and left[0]:
            left[0] -= 1
            if after:
                send()
            return Answer(500, {}, b'{"detail": "Internal server error"}')
        return send()

    return spoil


class PowerCutError(BaseException):
    """The end of the process, as far as the code under test can tell."""


def cut_after(writes: int) -> Callable[[Sent, Send], Answer]:
    """Let so many writes through and end everything before the next one."""
    left = [writes]

    def spoil(sent: Sent, send: Send) -> Answer:
        if sent.method != "GET":
            if not left[0]:
                raise PowerCutError
            left[0] -= 1
        return send()

    return spoil


@dataclass
class Dataset:
    """A dataset's folder and its place in the catalog."""

    folder: Path
    client: CatalogClient
    transport: ObservedTransport
    tiled: Any
    """The root of the catalog as scientists' client shows it."""
    metadata: Mapping[str, Any] = field(default_factory=lambda: {"Sample": {"Name": "apoferritin"}})
    facts: Mapping[str, Any] = field(default_factory=lambda: {"space": "abc"})
    unreadable_now: set[str] = field(default_factory=set)
    on_open: Callable[[str], None] = lambda _: None
    """Told of each file before it is looked into."""
    is_known: bool = False
    """Whether it was registered to the end before."""

    @property
    def key(self) -> str:
        return self.folder.name

    @property
    def entry(self) -> Any:
        return self.tiled["datasets", self.key]

    def write(self, name: str, data: bytes = b"some text") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def image(self, name: str, value: int, shape: tuple[int, ...] = (4, 6)) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, np.full(shape, value, dtype="uint16"), metadata=None)
        return path

    def hdf5(self, name: str, value: int) -> Path:
        path = self.folder / name
        with h5py.File(path, "w") as file:
            file["data"] = np.arange(5) * value
        return path

    def plan(
        self,
        left_out: frozenset[str] = frozenset({"SPA.yml", "SPA.spacecast.yml", ".running"}),
        ahead: Ahead | None = None,
    ) -> Plan:
        with open_folder(self.folder.parent, self.key) as folder:

            def open_file(path: str) -> BinaryIO:
                self.on_open(path)
                if posixpath.basename(path) in self.unreadable_now:
                    raise Passing(f"{path} does not answer")
                return folder.open(path)

            return build_plan(
                folder.files(),
                open_file,
                folder=PurePosixPath(self.folder),
                stop=threading.Event(),
                left_out=left_out,
                token_names=("SPA.yml",),
                ahead=ahead,
            )

    def register(self, *, key: str | None = None, **options: Any) -> Registered:
        self.transport.sent.clear()
        said = {"metadata": self.metadata, "facts": self.facts, "stop": threading.Event(), **options}
        told = {name: said.pop(name) for name in ("on_written", "on_sent") if name in said}
        place = self.client, ("datasets",), key or self.key
        registered = register(*place, self._planned(*place, **said), **said, **told)
        self.is_known = True
        return registered

    def _planned(self, *place: Any, **said: Any) -> Plan:
        """The plan, as the daemon makes it: what is not known to be registered is begun early."""
        if self.is_known:
            return self.plan()
        with reserve(*place, **said) as ahead:
            return self.plan(ahead=ahead)

    def names(self) -> list[str]:
        """The files that can be downloaded."""
        return sorted(asset.data_uri.removeprefix(f"file://localhost{self.folder}/") for asset in self.assets("files"))

    def assets(self, key: str) -> list[Any]:
        source = self.entry[key].include_data_sources().data_sources()[0]
        return sorted(source.assets, key=lambda asset: asset.num or 0)


def frames(values, shape=(4, 6)):
    """The frames of a series of such images."""
    return np.stack([np.full(shape, value) for value in values])
