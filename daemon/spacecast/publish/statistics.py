"""How much has been published: datasets, files, bytes and occupancy by provider, watched folder and month."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlsplit

from spacecast.config import Config
from spacecast.faults import Fault
from spacecast.ledger import Dataset, Ledger, RemoteObject, State
from spacecast.publish.files_pass import CATALOG_ENTRY
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.publication import SPACE
from spacecast.publish.services import Services

_PAGE = 500

Occupancy = Mapping[int, int]
"""Bytes by the dataset's number, as far as the provider could be asked."""


@dataclass
class Amount:
    """What a group of datasets comes to; `occupancy_bytes` is None where no provider was asked."""

    datasets: int = 0
    files: int = 0
    bytes: int = 0
    occupancy_bytes: int | None = None

    def add(self, files: int, size_bytes: int, occupancy_bytes: int | None) -> None:
        """Add one dataset."""
        self.datasets += 1
        self.files += files
        self.bytes += size_bytes
        if occupancy_bytes is not None:
            self.occupancy_bytes = (self.occupancy_bytes or 0) + occupancy_bytes


@dataclass
class Statistics:
    """Amounts by what the datasets have in common; those that are withdrawn count among the states only."""

    total: Amount = field(default_factory=Amount)
    by_state: Counter[State] = field(default_factory=Counter)
    by_provider: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    by_folder: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    by_month: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    not_asked: int = 0
    """How many datasets the provider gave no answer about."""


def statistics(config: Config, ledger: Ledger, occupancy: Occupancy | None = None) -> Statistics:
    """Return the amounts by the ledger; `occupancy` is what providers have told."""
    found = Statistics()
    for dataset, objects in _with_objects(ledger):
        found.by_state[dataset.state] += 1
        if dataset.state is State.WITHDRAWN:
            continue
        support = objects.get(SUPPORT)
        amounts = [found.total, found.by_folder[str(dataset.root)], found.by_month[_month(dataset)]]
        if support is not None and support.confirmed:
            amounts.append(found.by_provider[str(support.details.get("provider") or _provider(config))])
        files, size_bytes = _content(support, objects.get(CATALOG_ENTRY))
        occupied = occupancy.get(dataset.id) if occupancy is not None else None
        found.not_asked += occupancy is not None and occupied is None and SPACE in objects
        for amount in amounts:
            amount.add(files, size_bytes, occupied)
    return found


def ask_occupancy(ledger: Ledger, services: Services, workers: int) -> Occupancy:
    """Ask the provider how much each space occupies there; one that it does not answer about is left out."""
    spaces = [
        (dataset.id, objects[SPACE].remote_id)
        for dataset, objects in _with_objects(ledger)
        if SUPPORT in objects and SPACE in objects and objects[SPACE].remote_id
    ]
    ask: Callable[[tuple[int, str | None]], int | None] = lambda space: _occupied(services, space[1] or "")  # noqa: E731 - one expression
    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(ask, spaces)
        return {number: occupied for (number, _), occupied in zip(spaces, answers, strict=True) if occupied is not None}


def _occupied(services: Services, space_id: str) -> int | None:
    try:
        return services.panel.support(space_id).occupancy_bytes
    except Fault:
        return None


def _with_objects(ledger: Ledger) -> Iterator[tuple[Dataset, Mapping[str, RemoteObject]]]:
    for page in _pages(ledger.datasets()):
        objects = ledger.objects_of([dataset.id for dataset in page], (SPACE, SUPPORT, CATALOG_ENTRY))
        yield from ((dataset, objects[dataset.id]) for dataset in page)


def _pages(datasets: Iterable[Dataset]) -> Iterator[Sequence[Dataset]]:
    left = iter(datasets)
    while page := list(islice(left, _PAGE)):
        yield page


def _content(support: RemoteObject | None, entry: RemoteObject | None) -> tuple[int, int]:
    """Return files and bytes as last compared with the import, or else as cataloged."""
    for found in (support, entry):
        if found is not None and "files" in found.details:
            return int(found.details["files"]), int(found.details["bytes"])
    return 0, 0


def _month(dataset: Dataset) -> str:
    return datetime.fromtimestamp(dataset.created_at, UTC).strftime("%Y-%m")


def _provider(config: Config) -> str:
    return urlsplit(config.onedata.provider.url).hostname or ""
