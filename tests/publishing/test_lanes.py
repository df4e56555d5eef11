"""Long work holds up nobody, and nothing is left behind: threads and descriptors stay as many as they were."""

import time
from contextlib import closing
from pathlib import Path

from spacecast.ledger import State, open_ledger
from spacecast.publish.admission import IMPORT, SCAN
from spacecast.publish.services import open_services
from spacecast.publish.storages import StorageIndex
from spacecast.sandbox.onedata import Delays
from support.world import made, wait_for

SCAN_SECONDS = 3600.0
A_DAY_SECONDS = 86_400.0
CONNECTIONS, LEDGER_CONNECTIONS = 4, 10


def test_scans_that_take_hours_delay_no_link_and_hold_no_worker(tmp_path):
    delays = Delays(propagation_seconds=0.0, first_scan_seconds=0.0, scan_seconds=SCAN_SECONDS)
    with made(tmp_path, delays=delays) as world:
        world.values["limits"] = {"link_workers": 1, "bulk_workers": 1}
        with world.engine() as engine:
            # More datasets than there are workers, each with an import that goes on and on.
            for name in ("huge1", "huge2", "huge3"):
                world.drop(name)
            for name in ("huge1", "huge2", "huge3"):
                world.await_state(name, State.WORKING)
            wait_for("the links of all", lambda: all(_linked(world, name) for name in ("huge1", "huge2", "huge3")), 30)
            world.drop("small")
            wait_for("the link of the small one", lambda: _linked(world, "small"), 30)
            wait_for("the bulk lane to be free", lambda: not engine.work.bulk.is_full, 10)
            assert world.dataset("small").state is State.WORKING


def _linked(world, name):
    return b"PublicURL" in (world.root / name / "SPA.yml").read_bytes()


def test_fifty_datasets_leave_no_threads_and_descriptors_behind(tmp_path):
    with made(tmp_path, delays=Delays(propagation_seconds=0.0, first_scan_seconds=0.0)) as world:
        world.values["limits"] = {"connections_per_service": CONNECTIONS}
        with world.daemon() as daemon:
            _publish(world, range(10))
            threads, descriptors = wait_for("the daemon to be idle", lambda: _at_rest(daemon), 30)
            _publish(world, range(10, 60))
            wait_for("as few threads as before", lambda: _at_rest(daemon)[0] <= threads, 30)
            # Pooled connections may stay open: to zone, provider and panel, and some more to the ledger.
            assert _at_rest(daemon)[1] <= descriptors + 3 * CONNECTIONS + LEDGER_CONNECTIONS


def _publish(world, numbers):
    for number in numbers:
        world.drop(f"run{number}")
    for number in numbers:
        world.await_state(f"run{number}", State.READY, seconds=60)


def _at_rest(daemon):
    """Give the numbers of the daemon's threads and descriptors, the fewest of some looks: steps have threads, too."""
    own = Path(f"/proc/{daemon.pid}")
    looks = [(sum(1 for _ in (own / "task").iterdir()), sum(1 for _ in (own / "fd").iterdir())) for _ in range(50)]
    return min(threads for threads, _ in looks), min(descriptors for _, descriptors in looks)


def test_datasets_that_come_together_share_the_list_of_storages(world):
    clock = [100.0]
    ledger = open_ledger(f"sqlite:///{world.folder}/ledger.sqlite")
    with open_services(world.config, ledger) as services:
        storages = StorageIndex(services.panel, ledger, lambda: clock[0])
        for number in range(50):
            assert storages.find(f"/data/run{number}", ("marker", "m"), anew=False) is None
        assert _lists(world) == 1
        # Where something may have been made before, it is looked for in a list of this very moment.
        storages.find("/data/run1", ("marker", "m"))
        assert _lists(world) == 2
        clock[0] += 5.0
        storages.find("/data/run2", ("marker", "m"), anew=False)
        assert _lists(world) == 3
    ledger.close()


def _lists(world):
    return sum(one.path.endswith("/provider/storages") for one in world.onedata.log.matching(method="GET"))


def test_a_scan_that_was_owed_for_long_is_looked_at_soon_after_it_was_asked_for(tmp_path):
    with made(tmp_path) as world:
        with world.engine():
            world.drop("run1")
            number = world.await_state("run1", State.READY).id
        # As a daemon leaves it that is ended between the intention and the call.
        with closing(open_ledger(world.config.ledger_url)) as ledger:
            ledger.reopen(number, [IMPORT])
            opened = ledger.stages(number)[IMPORT].opened
            ledger.intend(number, SCAN, {"intended_at": time.time() - A_DAY_SECONDS, "opened": opened})
        with world.engine():
            # Who has waited for a day is otherwise asked again after the longest pause, half a minute.
            world.await_state("run1", State.READY, seconds=20)
