"""When certificates, tokens and keys end: asked now and then by a thread of its own."""

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from spacecast.config import Config, Secret
from spacecast.faults import Fault
from spacecast.publish.services import Services
from spacecast.service.preflight.connection import end_of_certificate

LOOK_SECONDS = 1800.0
_CONNECT_SECONDS = 10.0
_HTTPS_PORT = 443
# Older zones tell what a token reaches by many answers only.
_TELLS_SCOPE_SINCE = (21, 2, 4)

Ask = Callable[[], float | None]


class Expiries:
    """Moments in seconds since the epoch, by service; what could not be asked keeps what was known of it."""

    def __init__(self, config: Config, services: Services, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._config = config
        self._services = services
        self._look_seconds = look_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spacecast-expiries", daemon=True)
        self.certificates: dict[str, float] = {}
        self.tokens: dict[str, float] = {}

    def start(self) -> None:
        """Begin to ask; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; a question that is under way ends by itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def look(self) -> None:
        """Ask for everything once."""
        # Each time a new mapping: whoever reads goes through a whole one.
        self.certificates = self._renewed(self.certificates, self._certificates())
        self.tokens = self._renewed(self.tokens, self._tokens())

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(self._look_seconds)

    def _renewed(self, known: Mapping[str, float], questions: Iterator[tuple[str, Ask]]) -> dict[str, float]:
        found = dict(known)
        for name, ask in questions:
            try:
                moment = found.get(name) if self._stopping.is_set() else ask()
            except (Fault, OSError):
                # A service that is down, or a certificate that has ended, is told of by its gate.
                continue
            if moment is None:
                found.pop(name, None)
            else:
                found[name] = moment
        return found

    def _certificates(self) -> Iterator[tuple[str, Ask]]:
        onedata, tiled = self._config.onedata, self._config.tiled
        urls = {"zone": onedata.zone.url, "provider": onedata.provider.url, "panel": onedata.provider.panel_address}
        for name, url in urls.items():
            yield name, partial(_end_of, url, onedata.ca_bundle)
        if tiled is not None:
            yield "catalog", partial(_end_of, tiled.url, None)

    def _tokens(self) -> Iterator[tuple[str, Ask]]:
        onedata, catalog = self._config.onedata, self._services.catalog
        yield "zone", partial(self._end_of_token, onedata.zone.token)
        yield "provider", partial(self._end_of_token, onedata.provider.token)
        if catalog is not None:
            yield "catalog", catalog.key_ends_at

    def _end_of_token(self, secret: Secret) -> float | None:
        zone = self._services.zone
        if zone.configuration().release < _TELLS_SCOPE_SINCE:
            return None
        return zone.infer_scope(secret.reveal()).valid_until


def _end_of(url: str, ca_bundle: Path | None) -> float | None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return end_of_certificate(parts.hostname, parts.port or _HTTPS_PORT, ca_bundle, _CONNECT_SECONDS)
