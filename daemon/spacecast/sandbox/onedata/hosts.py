"""The hosts of the sandbox: a zone and its providers, each on an HTTPS and a plain HTTP port of loopback."""

import ssl
from collections.abc import Callable, Mapping

from spacecast.sandbox.onedata.gateway import Gateway
from spacecast.sandbox.onedata.server import Listener
from spacecast.sandbox.onedata.state import ProviderState, State


class Host:
    """One host with its ports; it can go down and come up again on the same ports."""

    def __init__(
        self,
        gateway: Gateway,
        name: str,
        *,
        tls: ssl.SSLContext | None,
        plain: bool,
        ports: Mapping[str, int],
        on_change: Callable[[bool], None] = lambda _up: None,
    ) -> None:
        self._gateway = gateway
        self._on_change = on_change
        self._secure = Listener(gateway.answer, port=ports.get(name, 0), tls=tls) if tls else None
        self._plain = Listener(gateway.answer, port=ports.get(f"{name}-http", 0)) if plain else None

    @property
    def url(self) -> str:
        """Address over HTTPS; over plain HTTP where there is no other."""
        return f"https://{self.domain}" if self._secure else self.http_url

    @property
    def http_url(self) -> str:
        """Address over plain HTTP; over HTTPS where there is no other."""
        return f"http://127.0.0.1:{self._plain.port}" if self._plain else self.url

    @property
    def domain(self) -> str:
        """Host name with port, as it stands in what the services say about themselves."""
        listener = self._secure or self._plain
        return f"127.0.0.1:{listener.port}" if listener else "127.0.0.1"

    def up(self) -> None:
        """Accept connections."""
        for listener in self._listeners():
            listener.up()
        self._on_change(True)

    def down(self) -> None:
        """Refuse connections and break those that are open."""
        for listener in self._listeners():
            listener.down()
        self._on_change(False)

    def close(self) -> None:
        """Stop for good."""
        self._gateway.stop()
        for listener in self._listeners():
            listener.close()

    def _listeners(self) -> list[Listener]:
        return [listener for listener in (self._secure, self._plain) if listener is not None]


class ProviderHost(Host):
    """A provider with its panel; its connection to the zone can be cut too."""

    def __init__(
        self,
        gateway: Gateway,
        name: str,
        *,
        tls: ssl.SSLContext | None,
        plain: bool,
        ports: Mapping[str, int],
        state: State,
        provider: ProviderState,
    ) -> None:
        super().__init__(gateway, name, tls=tls, plain=plain, ports=ports)
        self._state = state
        self._provider = provider
        provider.domain = self.domain

    @property
    def id(self) -> str:
        """Id of the provider and of its cluster."""
        return self._provider.id

    def cut_off(self) -> None:
        """Disconnect the provider from the zone: it goes on, but learns nothing new."""
        self._provider.cut_off_since = self._state.clock()

    def reconnect(self) -> None:
        """Connect it again."""
        self._provider.cut_off_since = None
