"""The embedded Onedata: a zone and providers on loopback, for tests, demos and playing."""

import math
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from spacecast.sandbox.onedata.call import World
from spacecast.sandbox.onedata.certificates import make_certificates
from spacecast.sandbox.onedata.entities import Group, NamedToken, User
from spacecast.sandbox.onedata.exchanges import ExchangeLog
from spacecast.sandbox.onedata.faults import FaultRules
from spacecast.sandbox.onedata.gateway import Gateway
from spacecast.sandbox.onedata.hosts import Host, ProviderHost
from spacecast.sandbox.onedata.identifiers import new_id
from spacecast.sandbox.onedata.importing import Importer
from spacecast.sandbox.onedata.privileges import CLUSTER_ALL, GROUP_ALL
from spacecast.sandbox.onedata.services import PROVIDER_ROUTES, ZONE_ROUTES
from spacecast.sandbox.onedata.settings import RELEASES, Delays
from spacecast.sandbox.onedata.state import ProviderState, State
from spacecast.sandbox.onedata.tokens import ACCESS, Token, TokenMint


@dataclass(frozen=True)
class SandboxUser:
    """A user with an access token."""

    id: str
    name: str
    token: str = field(repr=False)


class OnedataSandbox:
    """A zone and providers that answer real HTTP as the servers do, in this process.

    `folder` gets the certificate of the throw-away CA (a temporary folder without it). `ports` gives fixed ports
    by name: `zone`, `zone-http`, `provider-1`, `provider-1-http` …; others are free ones. `mounts` says where
    folders that providers see elsewhere are on this machine. Use it as a context manager.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        providers: int = 1,
        release: str = "21.02",
        https: bool = True,
        http: bool = True,
        delays: Delays | None = None,
        ports: Mapping[str, int] | None = None,
        mounts: Mapping[str, Path] | None = None,
    ) -> None:
        self.delays = delays or Delays()
        self.log = ExchangeLog()
        self.faults = FaultRules()
        self.state = State(RELEASES[release], self.delays, mounts=mounts or {})
        self._world = World(self.state, TokenMint())
        self._folder = folder
        self._counted = providers
        self._https, self._http = https, http
        self._ports = ports or {}
        self._exit = ExitStack()
        self.providers: list[ProviderHost] = []
        self.ca_file: Path | None = None

    def start(self) -> Self:
        """Start all hosts and make the service user with its groups; `stop` undoes it."""
        tls = None
        if self._https:
            folder = self._folder or Path(self._exit.enter_context(tempfile.TemporaryDirectory()))
            self.ca_file, tls = make_certificates(folder)
        self.zone = Host(
            self._gateway(None), "zone", tls=tls, plain=self._http, ports=self._ports, on_change=self._zone_changed
        )
        self.state.zone_domain = self.zone.domain
        for index in range(self._counted):
            self._add_provider(index, tls)
        self._world.web_addresses[""] = (self.zone.url, self.zone.http_url)
        self.service_user = self.add_user("spacecast service", cluster_privileges=CLUSTER_ALL)
        self.manager_group = self.add_group("managers", self.service_user.id)
        self.user_group = self.add_group("datasets", self.service_user.id)
        for host in self._hosts():
            self._exit.callback(host.close)
            host.up()
        return self

    def stop(self) -> None:
        """Stop everything and wait for it."""
        self._exit.close()

    def _hosts(self) -> list[Host]:
        return [self.zone, *self.providers]

    def _gateway(self, provider: tuple[int, str] | None) -> Gateway:
        routes = ZONE_ROUTES if provider is None else PROVIDER_ROUTES
        return Gateway(self._world, routes, log=self.log, rules=self.faults, provider=provider)

    def _zone_changed(self, up: bool) -> None:
        self.state.zone_up = up

    def _add_provider(self, index: int, tls: Any) -> None:
        provider = ProviderState(new_id(), f"Provider {index + 1}", "")
        self.state.providers[provider.id] = provider
        host = ProviderHost(
            self._gateway((index, provider.id)),
            f"provider-{index + 1}",
            tls=tls,
            plain=self._http,
            ports=self._ports,
            state=self.state,
            provider=provider,
        )
        self.providers.append(host)
        self._world.web_addresses[provider.id] = (host.url, host.http_url)
        importer = Importer(self.state)
        self._world.importers[provider.id] = importer
        importer.start()
        self._exit.callback(importer.stop)

    @property
    def zone_url(self) -> str:
        """Address of the zone over HTTPS."""
        return self.zone.url

    @property
    def zone_http_url(self) -> str:
        """Address of the zone over plain HTTP."""
        return self.zone.http_url

    @property
    def token(self) -> str:
        """The service user's access token."""
        return self.service_user.token

    def add_user(self, name: str, *, cluster_privileges: Iterable[str] = (), zone_admin: bool = False) -> SandboxUser:
        """Make a user with an access token; with cluster privileges he is a member of every provider's cluster."""
        with self.state.lock:
            user = User(new_id(), name, self.state.now(), zone_admin)
            self.state.users[user.id] = user
            privileges = frozenset(cluster_privileges)
            for provider in self.state.providers.values():
                if privileges:
                    provider.cluster.add(user.id, privileges, self.state.clock())
        return SandboxUser(user.id, name, self.add_token(user.id))

    def add_token(self, user_id: str, *, caveats: Iterable[Mapping[str, Any]] = ()) -> str:
        """Make another access token of a user."""
        with self.state.lock:
            confined = [dict(caveat) for caveat in caveats]
            token = Token(new_id(), True, user_id, {ACCESS: {}}, confined)
            text = self._world.mint.write(token)
            name = f"access {token.id}"
            self.state.tokens[token.id] = NamedToken(
                token.id, name, user_id, token.type, confined, {}, self.state.now(), text
            )
        return text

    def add_group(self, name: str, user_id: str, privileges: Iterable[str] = GROUP_ALL) -> str:
        """Make a group with one member and give its id."""
        with self.state.lock:
            group = Group(new_id(), name, "team", user_id, self.state.now())
            # A member since long ago: providers have heard of the group already.
            group.users.add(user_id, privileges, -math.inf)
            self.state.groups[group.id] = group
        return group.id

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
