"""How the sandbox behaves: the delays of a distributed system and the release it plays."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Delays:
    """Delays in seconds; they may be changed while the sandbox runs."""

    propagation_seconds: float = 0.2
    """After this long a provider knows what changed at the zone."""
    first_scan_seconds: float = 1.0
    """A storage import starts by itself this long after the support."""
    scan_seconds: float = 0.0
    """A scan takes at least this long."""
    verdict_cache_seconds: float = 10.0
    """A provider remembers for this long what the zone said about a token, refusals included."""
    panel_cache_seconds: float = 60.0
    """A panel remembers a user's cluster privileges for this long."""
    replication_seconds: float = 0.1
    """A transfer or a QoS requirement takes this long."""
    latency_seconds: float | Mapping[str, float] = field(default_factory=dict)
    """Every request waits this long; a mapping tells `zone`, `provider` and `panel` apart."""

    def latency_of(self, service: str) -> float:
        """Give the latency of one service."""
        if isinstance(self.latency_seconds, Mapping):
            return self.latency_seconds.get(service, 0.0)
        return self.latency_seconds


@dataclass(frozen=True)
class Release:
    """What differs between releases of Onedata, as far as a client can see it."""

    version: str
    storage_ids_in_answer: bool = True
    space_description: bool = True
    honours_seed: bool = True
    infers_scope: bool = True
    directory_ids: bool = True
    shares_by_root_id: bool = True
    camel_case: bool = True
    snake_case: bool = True
    lower_case_types: bool = False
    recursive_listing: bool = True
    pages_by_token: bool = True
    longest_page: int = 10_000
    health: bool = True
    qos_summary_path: str = "qos/summary"
    distribution_per_provider: bool = True
    full_scan_counters: bool = True
    error_context: bool = False
    path_separator: str = "@"


RELEASES: Mapping[str, Release] = {
    "20.02": Release(
        "20.02.20",
        storage_ids_in_answer=False,
        space_description=False,
        honours_seed=False,
        infers_scope=False,
        directory_ids=False,
        shares_by_root_id=False,
        camel_case=False,
        lower_case_types=True,
        recursive_listing=False,
        pages_by_token=False,
        longest_page=1000,
        health=False,
        qos_summary_path="qos_summary",
        distribution_per_provider=False,
        full_scan_counters=False,
        path_separator="#",
    ),
    "21.02.1": Release("21.02.1", infers_scope=False, directory_ids=False, camel_case=False, longest_page=1000),
    "21.02": Release("21.02.7"),
    "25.0": Release("25.0", snake_case=False, error_context=True),
}
