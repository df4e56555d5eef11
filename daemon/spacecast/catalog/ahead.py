"""Sends full series while a dataset's other files are still being looked at: two computers' work at a time.

Only a hint: what was sent is found by `register`, as after an end in the middle, and left, changed or removed like
anything else that is there.
"""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog.block import PENDING, block_of
from spacecast.catalog.client import CatalogClient, EntryPath
from spacecast.catalog.containers import find, mark
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import PlannedEntry
from spacecast.catalog.runs import Runs
from spacecast.catalog.writing import EntryWriter
from spacecast.faults import Fault

# A quick server keeps up with the looking on average only; each that waits holds up to 500 files in memory.
_MOST_WAITING = 8


@contextmanager
def reserve(
    client: CatalogClient,
    parent: EntryPath,
    key: str,
    *,
    metadata: Mapping[str, Any],
    facts: Mapping[str, Any],
    access_tags: Sequence[str] = (),
    stop: threading.Event,
) -> Iterator["Ahead"]:
    """Make a dataset's container as `mark` does with `pending`, and give what may send entries within the block.

    When the block ends, nothing is being sent any more; what was not begun is left to `register`. Raises as `mark`.
    """
    mark(client, parent, key, status="pending", metadata=metadata, facts=facts, access_tags=access_tags, stop=stop)
    ahead = Ahead(EntryWriter(client, (*parent, key), access_tags, stop, attempts=1))
    try:
        yield ahead
    finally:
        ahead.end()


class Ahead:
    """Makes one entry after the other beside its caller: one is being sent, and a few wait with their files."""

    def __init__(self, writer: EntryWriter) -> None:
        self._writer = writer
        self._waiting: queue.Queue[PlannedEntry | None] = queue.Queue(maxsize=_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._is_over = False

    def runs(self, inventory: Inventory, folder: PurePosixPath) -> Runs | None:
        """Give what finds the entries in a pass over all files; None where the inventory knew some of them before."""
        return Runs(inventory, folder, self.offer) if inventory.began_empty else None

    def offer(self, planned: PlannedEntry) -> bool:
        """Have an entry made, and say whether it will be; not after a fault, nor while too many wait."""
        if self._is_over:
            return False
        try:
            self._waiting.put_nowait(planned)
        except queue.Full:
            return False
        if self._thread is None:
            # A daemon thread: a request that hangs must not keep the process from ending.
            name = f"ahead {self._writer.dataset[-1]}"
            self._thread = threading.Thread(target=self._send_all, name=name, daemon=True)
            self._thread.start()
        return True

    def end(self) -> None:
        """Wait until nothing is being sent any more; raises what was no Fault."""
        self._is_over = True
        if self._thread is None:
            return
        while not self._waiting.empty():
            self._drop()
        self._waiting.put(None)
        self._thread.join()
        # A Fault is met again by whoever registers the whole, and told of there.
        if self._error is not None and not isinstance(self._error, Fault):
            raise self._error

    def _drop(self) -> None:
        try:
            self._waiting.get_nowait()
        except queue.Empty:
            return

    def _send_all(self) -> None:
        try:
            # Where something is there already, an earlier pass has begun, and its rest is not guessed at.
            is_first = self._is_empty()
            while (planned := self._waiting.get()) is not None:
                if is_first and not self._is_over:
                    self._writer.create(planned)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits, unless it is a Fault
            self._error, self._is_over = error, True

    def _is_empty(self) -> bool:
        container = find(self._writer)
        block = (None if container is None else block_of(container)) or {}
        return container is not None and block.get("status") == PENDING and not container.count
