"""Collects everything that a daemon has written, sent or shown, and searches it for secrets in every form."""

import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from spacecast.sandbox.onedata.messages import Reply, Request
from spacecast.sandbox.onedata.server import Connection
from spacecast.secrecy import secret_forms
from support.torture_proxy import TiledProxy

_CREDENTIALS = ("authorization", "x-auth-token")
# A zone is asked what a token reaches by sending it.
_ASKS_ABOUT_A_TOKEN = "/infer_access_token_scope"
_SUPPORT = "/provider/spaces"


class RecordingProxy(TiledProxy):
    """Keeps whole requests, without the header that is there for the key."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.sent: list[str] = []

    def _answer(self, request: Request, connection: Connection) -> Reply | None:
        headers = {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}
        self.sent.append(f"{request.method} {request.path} {request.query} {headers} {request.body!r}")
        return super()._answer(request, connection)


class Journal:
    """Takes the place of systemd: hears what the daemon tells it."""

    def __init__(self, path: Path) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0.1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self.heard.append(self._socket.recv(65536))
            except TimeoutError:
                continue

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()


def sent_to_onedata(log: Iterable[Any], support_tokens: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Give all requests; what has to be in one of them, and is nowhere else, is left out of it."""
    for exchange in log:
        headers = {name: value for name, value in exchange.headers.items() if name not in _CREDENTIALS}
        body = exchange.raw_body
        if exchange.path.endswith(_ASKS_ABOUT_A_TOKEN):
            body = b""
        if exchange.path.endswith(_SUPPORT):
            for token in support_tokens:
                body = body.replace(token.encode(), b"")
        yield f"{exchange.method} {exchange.path}", f"{exchange.path} {exchange.query} {headers}".encode() + body


def processes_below(number: int) -> Iterator[tuple[str, bytes]]:
    """Give arguments and environment of a process and of those that it has started."""
    proc = Path("/proc")
    for process in (number, *_children(number)):
        for what in ("cmdline", "environ"):
            yield f"{what} of {process}", (proc / str(process) / what).read_bytes()


def _children(number: int) -> Iterator[int]:
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _children(int(child))


def files_below(folder: Path, *, without: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Give the content of every file."""
    left_out = set(without)
    for path in folder.rglob("*"):
        if path.is_file() and path not in left_out:
            yield str(path), path.read_bytes()


def served_by_tiled(url: str) -> Iterator[tuple[str, bytes]]:
    """Give all that anybody can get of the catalog: every entry, its revisions, and every file as it is."""
    waiting = ["/api/v1/search/"]
    while waiting:
        address = waiting.pop()
        answer = requests.get(f"{url}{address}", params={"include_data_sources": "true"}, timeout=30)
        assert answer.ok, answer.text
        yield address, answer.content
        for entry in answer.json()["data"]:
            path = "/".join((*entry["attributes"]["ancestors"], entry["id"]))
            if entry["attributes"]["structure_family"] == "container":
                waiting.append(f"/api/v1/search/{path}")
            yield from _assets(url, path, entry["attributes"].get("data_sources") or [])


def _assets(url: str, path: str, sources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    for source in sources:
        for asset in source["assets"]:
            answer = requests.get(f"{url}/api/v1/asset/bytes/{path}", params={"id": asset["id"]}, timeout=30)
            assert answer.ok, answer.text
            yield f"{asset['data_uri']} of {path}", answer.content


def leaks(places: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> list[str]:
    """Say where which secret stands, as it is or in base64; an empty secret cannot be looked for."""
    forms = {name: [form.encode() for form in secret_forms(value)] for name, value in secrets.items()}
    assert all(forms.values()), f"nothing to look for: {forms.keys()}"
    return [
        f"{name} in {place}"
        for place, content in places
        for name, looked_for in forms.items()
        if any(form in content for form in looked_for)
    ]
