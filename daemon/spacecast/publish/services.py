"""The services of one daemon, as the steps use them: clients, what they share, and how they are opened."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from spacecast.catalog import CatalogClient
from spacecast.config import Config, Secret, SecretUnreadable
from spacecast.ledger import Ledger
from spacecast.onedata import (
    ImportSettings,
    PanelClient,
    ProviderClient,
    ZoneClient,
    list_files,
    trouble_of_service,
)
from spacecast.publish.live import LivePace
from spacecast.publish.observing import Observer
from spacecast.publish.progress import ProgressBoard
from spacecast.publish.propagation import Propagation
from spacecast.publish.space_index import SpaceIndex
from spacecast.publish.storages import StorageIndex
from spacecast.transport import Gate


class Services:
    """The clients of one daemon; all of it may be used from any thread."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        zone: ZoneClient,
        provider: ProviderClient,
        panel: PanelClient,
        catalog: CatalogClient | None,
        gates: Mapping[str, Gate],
    ) -> None:
        self._config = config
        self.gates = gates
        """By the service before which they stand: `zone`, `provider`, `panel`, `catalog`."""
        self.zone = zone
        self.provider = provider
        self.panel = panel
        self.catalog = catalog
        self.spaces = SpaceIndex(zone, ledger)
        self.storages = StorageIndex(panel, ledger)
        self.progress = ProgressBoard()
        self.propagation = Propagation()
        self.live = LivePace()
        self.is_known_at_provider = threading.Event()
        """Set once the provider has shown us a space: from then on it knows the token's user."""
        if ledger.has_confirmed("visibility"):
            self.is_known_at_provider.set()

    def tell(self, observer: Observer) -> None:
        """Have an observer told of every request from now on."""
        for name, gate in self.gates.items():
            gate.on_request = partial(observer.request_ended, name)

    def secrets(self) -> tuple[str, ...]:
        """Return the values that must not get into anything published.

        Of a secret that cannot be read now, what it was before: a mail's password must not hold up a link.
        """
        return tuple(value for secret in self._config.secrets() for value in _values(secret))

    def without_secrets(self, text: str) -> str:
        """Return a text fit to be written down and shown: what a service has echoed of our requests is taken out."""
        return self._config.without_secrets(text)

    def import_settings(self, *, continuous: bool) -> ImportSettings:
        """Return how the provider is to import a folder."""
        settings = self._config.onedata.storage_import
        return ImportSettings(
            continuous=continuous,
            scan_interval_seconds=int(settings.continuous_scan_interval),
            max_depth=settings.max_depth,
            detect_modifications=settings.detect_modifications,
            detect_deletions=settings.detect_deletions,
        )

    def imported_files(self, space_id: str, space_name: str) -> Iterator[tuple[str, int]]:
        """Yield path and size in bytes of every regular file that the provider has imported into a space."""
        onedata = self._config.onedata
        # The official client asks both of them, and does not know our gates.
        with self.gates["zone"].guarding(), self.gates["provider"].guarding():
            for file in list_files(
                onedata.zone.url,
                onedata.provider.token.reveal,
                space_id=space_id,
                space_name=space_name,
                provider=self.provider,
                ca_bundle=onedata.ca_bundle,
                preferred_provider=urlsplit(onedata.provider.url).netloc,
            ):
                yield file.path, file.size_bytes


def _values(secret: Secret) -> tuple[str, ...]:
    with suppress(SecretUnreadable):
        # Whoever needs it says so.
        secret.reveal()
    return secret.given()


@contextmanager
def open_services(config: Config, ledger: Ledger) -> Iterator[Services]:
    """Make the clients that a config names, and close their connections at the end; nothing is sent yet."""
    onedata, token = config.onedata, config.onedata.provider.token
    with ExitStack() as stack:
        gates = _gates(config, stack)
        zone = ZoneClient.connect(onedata.zone.url, **_connection(config, onedata.zone.token, gates["zone"]))
        provider = ProviderClient.connect(onedata.provider.url, **_connection(config, token, gates["provider"]))
        panel = PanelClient.connect(onedata.provider.panel_address, **_connection(config, token, gates["panel"]))
        for client in (zone, provider, panel):
            stack.enter_context(client)
        catalog = _catalog(config, stack, gates)
        yield Services(config, ledger, zone=zone, provider=provider, panel=panel, catalog=catalog, gates=gates)


def _gates(config: Config, stack: ExitStack) -> Mapping[str, Gate]:
    onedata = config.onedata
    tokens = {"zone": onedata.zone.token, "provider": onedata.provider.token, "panel": onedata.provider.token}
    gates = {
        name: Gate(token_version=token.version, token=token, judge=trouble_of_service) for name, token in tokens.items()
    }
    if config.tiled is not None:
        gates["catalog"] = Gate(token_version=config.tiled.api_key.version)
    for gate in gates.values():
        stack.callback(gate.end)
    return gates


def _catalog(config: Config, stack: ExitStack, gates: Mapping[str, Gate]) -> CatalogClient | None:
    if config.tiled is None:
        return None
    url, key = config.tiled.url, config.tiled.api_key.reveal
    return stack.enter_context(CatalogClient.connect(url, key, gate=gates["catalog"], **_limits(config)))


def _connection(config: Config, token: Secret, gate: Gate) -> dict[str, Any]:
    return {"token": token.reveal, "ca_bundle": config.onedata.ca_bundle, "gate": gate, **_limits(config)}


def _limits(config: Config) -> dict[str, Any]:
    return {
        "connect_timeout_seconds": config.limits.connect_timeout,
        "read_timeout_seconds": config.limits.read_timeout,
        "pool_size": config.limits.connections_per_service,
    }
