"""Asks the daemon how it is, at the socket or port that its config names."""

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from support.world import World, wait_for


class _AtSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(self.timeout)
            sock.connect(str(self._path))
        except BaseException:
            sock.close()
            raise
        self.sock = sock


class Asker:
    """A client of one daemon's socket."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, target: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """Send a request and return the answer, its body read into `text`."""
        connection = _AtSocket(self.path)
        connection.request(method, target, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def json(self, target: str) -> Any:
        """Return the document at an address."""
        return json.loads(self.ask(target).text)

    def metric(self, name: str, **labels: str) -> float | None:
        """Return the value of a metric, None where it is not there."""
        return next((one.value for one in self._samples() if one.name == name and one.labels == labels), None)

    def sum_of(self, name: str) -> float:
        """Return the sum of a metric's values over all of its labels."""
        return sum(one.value for one in self._samples() if one.name == name)

    def _samples(self) -> Iterator[Sample]:
        families = text_string_to_metric_families(self.ask("/metrics").text)
        return (sample for family in families for sample in family.samples)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are, and return all that comes back."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.path))
            received = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    received += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return received


def listening(world: World) -> Asker:
    """Have the world's config name a socket, and return who asks there; to be called before the daemon is started."""
    path = world.folder / "monitoring.sock"
    world.values["monitoring"] = {"listen": str(path)}
    return Asker(path)


def await_answer(asker: Asker) -> None:
    """Wait until the daemon listens."""
    wait_for("the daemon to listen", lambda: _listens(asker.path), 30)


def _listens(path: Path) -> bool:
    # The socket has its place a moment before anybody listens at it.
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
