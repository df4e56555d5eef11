"""Withdraws datasets without a daemon: what a daemon does with them, in the process of the command."""

import threading
import time
from collections.abc import Iterable

from spacecast.config import Config
from spacecast.ledger import WITHDRAW, Dataset, Ledger
from spacecast.metadata import ignore_lease_signal
from spacecast.publish.reconcile import Reconciler
from spacecast.publish.services import open_services
from spacecast.service.agenda import Task
from spacecast.service.lanes import Lane
from spacecast.service.outages import follow, passes

# What is tried again within this time is waited for, not what needs a person.
_SOON_SECONDS = 300.0
_GLANCE_SECONDS = 0.2
_STOP_SECONDS = 8.0


def carry_out_withdrawals(config: Config, ledger: Ledger, dataset_ids: Iterable[int], timeout_seconds: float) -> None:
    """Work on the withdrawals of these datasets until all are done, blocked, or the time is up.

    How each has ended is in the ledger; what is not done then goes on with the next daemon. Nobody else may work with
    the ledger meanwhile.
    """
    ignore_lease_signal()
    stop = threading.Event()
    with open_services(config, ledger) as services:
        reconciler = Reconciler(config, services, ledger, stop, on_moved=_nothing_moves)
        lane = Lane(
            "withdrawals",
            config.limits.link_workers,
            lambda task: reconciler.reconcile(task.dataset_id, task.stage),
        )
        follow(services.gates.values(), (lane.agenda,))
        for dataset_id in dataset_ids:
            lane.agenda.put(Task(dataset_id, WITHDRAW))
        lane.start()
        try:
            _await_idle(lane, time.monotonic() + timeout_seconds)
        finally:
            stop.set()
            lane.stop(_STOP_SECONDS)


def _await_idle(lane: Lane, deadline: float) -> None:
    while time.monotonic() < deadline:
        if lane.agenda.wait_idle(_GLANCE_SECONDS, _SOON_SECONDS) and not passes(lane.agenda.obstacles()):
            return


def _nothing_moves(dataset_id: int, found: Dataset) -> None:
    """Never called: no folder is looked at to find out whose it is."""
    raise AssertionError((dataset_id, found))
