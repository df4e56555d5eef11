"""Which storages the provider has, read once and shared by all datasets."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from spacecast.ledger import Ledger
from spacecast.onedata import Gone, PanelClient

# Datasets that come together share one list; what is made at the same time would be missed by a newer one, too.
_LIST_SHARED_SECONDS = 1.0


@dataclass(frozen=True)
class _Known:
    place: str
    is_imported: bool
    parameters: Mapping[str, Any]


class StorageIndex:
    """Finds a storage by its folder and our marker.

    The provider's list is shared by searches within a second, the details of each storage are read only once: they do
    not change by themselves. Those that the ledger knows belong to datasets, and are not read at all.
    """

    def __init__(self, panel: PanelClient, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._panel = panel
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._listed: tuple[float, tuple[str, ...]] | None = None

    def add(self, storage_id: str, mount_point: str, parameters: Mapping[str, Any]) -> None:
        """Enter a storage that was just made, or moved."""
        with self._lock:
            self._known[storage_id] = _Known(_place(mount_point), is_imported=True, parameters=parameters)
            if self._listed is not None:
                listed_at, present = self._listed
                self._listed = (listed_at, tuple(dict.fromkeys((*present, storage_id))))

    def find(self, mount_point: str, marker: tuple[str, str], *, anew: bool = True) -> str | None:
        """Return the id of the imported storage on this very folder, the one with our marker first; None without.

        Without `anew`, which is for datasets that nothing was made for yet, the list may be a second old.
        """
        (key, value), place = marker, _place(mount_point)
        here = {
            storage_id: known
            for storage_id, known in self._read_details(self._list(anew=anew)).items()
            if known.place == place and known.is_imported and not self._belongs_to_a_dataset(storage_id)
        }
        # The marker alone says less than the place: it stays with a storage whose folder was moved.
        ours = [storage_id for storage_id, known in here.items() if known.parameters.get(key) == value]
        return next(iter([*ours, *here]), None)

    def parameter(self, storage_id: str, key: str) -> str | None:
        """Return a parameter of a storage that was found, as text; None where it has none."""
        with self._lock:
            value = self._known[storage_id].parameters.get(key)
        return None if value is None else str(value)

    def _list(self, *, anew: bool) -> tuple[str, ...]:
        began = self._clock()
        with self._lock:
            if not anew and self._listed is not None and began - self._listed[0] < _LIST_SHARED_SECONDS:
                return self._listed[1]
        # Asked without the lock: nobody waits here for the network on another dataset's behalf.
        present = self._panel.storages()
        with self._lock:
            self._listed = (began, present)
        return present

    def _belongs_to_a_dataset(self, storage_id: str) -> bool:
        return bool(self._ledger.owners("storage", storage_id))

    def _read_details(self, present: tuple[str, ...]) -> dict[str, _Known]:
        with self._lock:
            unknown = [storage_id for storage_id in present if storage_id not in self._known]
        for storage_id in self._ledger.not_recorded("storage", unknown):
            try:
                details = self._panel.storage(storage_id)
            except Gone:
                continue
            with self._lock:
                self._known[storage_id] = _Known(_place(details.mount_point), details.imported, details.qos_parameters)
        with self._lock:
            return {storage_id: self._known[storage_id] for storage_id in present if storage_id in self._known}


def _place(mount_point: str) -> str:
    # Other tools write it with a slash at the end.
    return str(PurePosixPath(mount_point))
