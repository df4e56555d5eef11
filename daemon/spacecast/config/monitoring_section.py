"""The config's section `monitoring`: where the daemon can be asked how it is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from spacecast.config.addresses import is_loopback
from spacecast.config.section import Section, Text
from spacecast.config.wrong import wrong

# What the kernel takes for a socket's path, without the final zero.
_LONGEST_SOCKET_PATH_BYTES = 107
_MOST_PORTS = 65_535
_HOST_AND_PORT = re.compile(r"(?:\[(?P<literal>[0-9a-fA-F:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Port:
    """A port of this machine."""

    host: str
    number: int


def listen_address(text: str) -> str:
    """Check an address: a loopback port or a socket's path; nothing that another machine could reach."""
    if text.startswith("/"):
        _check_socket_path(text)
        return text
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= _MOST_PORTS:
        raise wrong('must be a port of this machine, such as "127.0.0.1:9469", or the absolute path of a socket')
    if not is_loopback(found["literal"] or found["host"]):
        raise wrong(
            "would be open to other machines, and has no passwords: use 127.0.0.1, [::1], localhost or a socket's path,"
            " and a proxy in front of it that knows who may look"
        )
    return text


def _check_socket_path(text: str) -> None:
    if not text.isprintable() or ".." in Path(text).parts or text.endswith("/"):
        raise wrong("must be the plain path of a socket, such as /run/spacecast/monitoring.sock")
    if len(text.encode()) > _LONGEST_SOCKET_PATH_BYTES:
        raise wrong(f"is too long for a socket: {_LONGEST_SOCKET_PATH_BYTES} bytes at most")


ListenAddress = Annotated[
    Text, AfterValidator(listen_address), WithJsonSchema({"type": "string", "pattern": "^/|:[0-9]+$"})
]


class Monitoring(Section):
    """Health, metrics for Prometheus, and a status page; read only, without passwords, for this machine alone."""

    listen: ListenAddress | None = Field(
        default=None,
        description="A loopback port, such as `127.0.0.1:9469`, or the absolute path of a socket, such as"
        " `/run/spacecast/monitoring.sock`. `null`: nothing listens. Whoever may connect sees the datasets' names,"
        " links and errors, never a token.",
        examples=["127.0.0.1:9469"],
    )

    @property
    def place(self) -> Port | Path | None:
        """Where to listen: a port, a socket, or nowhere."""
        if self.listen is None or self.listen.startswith("/"):
            return Path(self.listen) if self.listen else None
        host, _, number = self.listen.rpartition(":")
        return Port(host.strip("[]"), int(number))
