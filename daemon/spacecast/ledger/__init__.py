"""The durable record: which datasets there are, what was made for them, what was tried, what happened."""

from spacecast.ledger.history import Entry
from spacecast.ledger.lock import LedgerLock, LedgerLocked, LockUnusable
from spacecast.ledger.opening import open_ledger
from spacecast.ledger.overview import Selection
from spacecast.ledger.records import (
    WITHDRAW,
    Blockage,
    Condition,
    Dataset,
    Delivery,
    DeliveryState,
    Event,
    Lying,
    NewNotice,
    RemoteObject,
    Stage,
    StandingTrouble,
    State,
    UnknownDataset,
)
from spacecast.ledger.states import next_state
from spacecast.ledger.store import Ledger
from spacecast.ledger.trouble import LedgerTrouble, LedgerUnusable

__all__ = [
    "WITHDRAW",
    "Blockage",
    "Condition",
    "Dataset",
    "Delivery",
    "DeliveryState",
    "Entry",
    "Event",
    "Ledger",
    "LedgerLock",
    "LedgerLocked",
    "LedgerTrouble",
    "LedgerUnusable",
    "LockUnusable",
    "Lying",
    "NewNotice",
    "RemoteObject",
    "Selection",
    "Stage",
    "StandingTrouble",
    "State",
    "UnknownDataset",
    "next_state",
    "open_ledger",
]
