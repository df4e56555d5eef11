"""The durable record: which datasets there are, what was made for them, what was tried, what happened."""

from spacecast.ledger.lock import LedgerLock, LedgerLocked, LockUnusable
from spacecast.ledger.opening import open_ledger
from spacecast.ledger.overview import Selection
from spacecast.ledger.records import Condition, Dataset, Event, Lying, RemoteObject, Stage, State
from spacecast.ledger.states import next_state
from spacecast.ledger.store import Ledger
from spacecast.ledger.trouble import LedgerTrouble, LedgerUnusable

__all__ = [
    "Condition",
    "Dataset",
    "Event",
    "Ledger",
    "LedgerLock",
    "LedgerLocked",
    "LedgerTrouble",
    "LedgerUnusable",
    "LockUnusable",
    "Lying",
    "RemoteObject",
    "Selection",
    "Stage",
    "State",
    "next_state",
    "open_ledger",
]
