"""The services of one daemon, as the steps use them: clients, what they share, and how they are opened."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from spacecast.catalog import CatalogClient
from spacecast.config import Config, Secret
from spacecast.ledger import Ledger
from spacecast.onedata import ImportSettings, PanelClient, ProviderClient, ZoneClient, list_files
from spacecast.publish.storages import StorageIndex
from spacecast.secrecy import without_secrets


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
    ) -> None:
        self._config = config
        self.zone = zone
        self.provider = provider
        self.panel = panel
        self.catalog = catalog
        self.storages = StorageIndex(panel, ledger)
        self.is_known_at_provider = threading.Event()
        """Set once the provider has shown us a space: from then on it knows the token's user."""
        if ledger.has_confirmed("visibility"):
            self.is_known_at_provider.set()

    def secrets(self) -> tuple[str, ...]:
        """Return the values that must not get into anything published."""
        return tuple(secret.reveal() for secret in self._config.secrets())

    def without_secrets(self, text: str) -> str:
        """Return a text fit to be written down and shown: what a service has echoed of our requests is taken out."""
        return without_secrets(text, self._config.given_secrets())

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

    def imported_files(self, space_id: str, space_name: str) -> Iterator[tuple[PurePosixPath, int]]:
        """Yield path and size in bytes of every regular file that the provider has imported into a space."""
        onedata = self._config.onedata
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


@contextmanager
def open_services(config: Config, ledger: Ledger) -> Iterator[Services]:
    """Make the clients that a config names, and close their connections at the end; nothing is sent yet."""
    onedata = config.onedata
    with ExitStack() as stack:
        zone = stack.enter_context(ZoneClient.connect(onedata.zone.url, **_connection(config, onedata.zone.token)))
        token = onedata.provider.token
        provider = stack.enter_context(ProviderClient.connect(onedata.provider.url, **_connection(config, token)))
        panel = stack.enter_context(PanelClient.connect(onedata.provider.panel_address, **_connection(config, token)))
        catalog = _catalog(config, stack)
        yield Services(config, ledger, zone=zone, provider=provider, panel=panel, catalog=catalog)


def _catalog(config: Config, stack: ExitStack) -> CatalogClient | None:
    if config.tiled is None:
        return None
    return stack.enter_context(CatalogClient.connect(config.tiled.url, config.tiled.api_key.reveal, **_limits(config)))


def _connection(config: Config, token: Secret) -> dict[str, Any]:
    return {"token": token.reveal, "ca_bundle": config.onedata.ca_bundle, **_limits(config)}


def _limits(config: Config) -> dict[str, Any]:
    return {
        "connect_timeout_seconds": config.limits.connect_timeout,
        "read_timeout_seconds": config.limits.read_timeout,
        "pool_size": config.limits.connections_per_service,
    }
