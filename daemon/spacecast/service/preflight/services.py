"""The Onedata services as the checks ask them: clients, and the facts that several areas compare."""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from spacecast.config import Config, Secret
from spacecast.faults import Fault
from spacecast.onedata import (
    PanelClient,
    PanelConfiguration,
    ProviderClient,
    ProviderConfiguration,
    ProviderSpace,
    User,
    ZoneClient,
    ZoneConfiguration,
)
from spacecast.service.preflight.model import Once


class OnedataFacts:
    """Clients of the three services and what they say about themselves, asked for once; use it in a `with` block.

    `reported` are the texts of what has been said already, with the config. Raises BadRequest where the config's CA
    bundle cannot be used.
    """

    def __init__(self, config: Config, reported: frozenset[str] = frozenset()) -> None:
        onedata, self._exit = config.onedata, ExitStack()
        self.config = config
        self._reported = reported
        self.zone = ZoneClient.connect(onedata.zone.url, **_connection(config, onedata.zone.token))
        token = onedata.provider.token
        self.provider = ProviderClient.connect(onedata.provider.url, **_connection(config, token))
        self.panel = PanelClient.connect(onedata.provider.panel_address, **_connection(config, token))
        self.zone_configuration: Once[ZoneConfiguration] = Once(self.zone.configuration)
        self.zone_user: Once[User] = Once(self.zone.user)
        self.provider_configuration: Once[ProviderConfiguration] = Once(self.provider.configuration)
        self.provider_spaces: Once[tuple[ProviderSpace, ...]] = Once(self.provider.spaces)
        self.panel_configuration: Once[PanelConfiguration] = Once(self.panel.configuration)

    def is_reported(self, fault: Fault) -> bool:
        """Whether the config's problems say this already, as of a secret that cannot be read."""
        return str(fault) in self._reported

    def __enter__(self) -> Self:
        for client in (self.zone, self.provider, self.panel):
            self._exit.callback(client.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()


def _connection(config: Config, token: Secret) -> dict[str, Any]:
    return {
        "token": token.reveal,
        "ca_bundle": config.onedata.ca_bundle,
        "connect_timeout_seconds": config.limits.connect_timeout,
        "read_timeout_seconds": config.limits.read_timeout,
        # Five requests at a time are more than any area sends.
        "pool_size": 5,
    }
