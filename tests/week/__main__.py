"""Go through a week in ten minutes: `make week`, or `python -m week [MINUTES [SEED]]` with `tests` on the path."""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from spacecast.ledger import State
from spacecast.sandbox.onedata import Delays
from spacecast.sandbox.tiled import TiledSandbox
from support.asking import Asker, listening
from support.invariants import breaches
from support.torture_proxy import TiledProxy
from support.world import World, made
from week.happenings import DAYS, Week
from week.running import Daemon
from week.samples import Sample, Verdict, flatness, ledger_bounds, print_days, print_verdicts, sample

_MINUTES = 10.0
_SAMPLE_SECONDS = 2.0
# After the last outage everything has to become ready by itself; back-off may have grown by then.
_SETTLE_SECONDS = 420.0


def main(arguments: Sequence[str]) -> int:
    """Go through the week and print the figures; 1 where something is not as it has to be."""
    minutes = float(arguments[0]) if arguments else _MINUTES
    seed = int(arguments[1]) if len(arguments) > 1 else 2026
    console = Console(width=None if sys.stdout.isatty() else 150)
    with tempfile.TemporaryDirectory(prefix="spacecast-week-") as place:
        folder = Path(place)
        (folder / "datasets").mkdir()
        tiled = TiledSandbox(folder / "tiled", readable_storage=[folder / "datasets"])
        delays = Delays(propagation_seconds=0.05, first_scan_seconds=0.1)
        with tiled, TiledProxy(tiled) as proxy, made(folder, proxy, delays=delays) as world:
            asker = listening(world)
            world.values["log"] = {"format": "json", "level": "info"}
            daemon = Daemon(world, asker)
            day_seconds = minutes * 60 / DAYS
            week = Week(world, proxy, daemon, day_seconds, random.Random(seed))
            try:
                return report(week, *live_through(week, asker, console), console)
            finally:
                daemon.end()


def live_through(week: Week, asker: Asker, console: Console) -> tuple[list[Sample], float]:
    """Let everything happen in its time; return what was measured, and how long it took to settle afterwards."""
    samples: list[Sample] = []
    state, log = week.world.folder / "state", week.world.log_file
    week.daemon.start()
    plan, began, day = week.plan(), time.monotonic(), 0
    next_sample = 0.0
    while plan:
        now = time.monotonic() - began
        while plan and plan[0][0] <= now:
            _, what, act = plan.pop(0)
            act()
            week.done[what] = week.done.get(what, 0) + 1
        assert week.daemon.is_alive, week.world._situation()
        if now >= next_sample:
            next_sample = now + _SAMPLE_SECONDS
            samples.append(sample(week.daemon, min(day, DAYS - 1), state, log))
        if int(now / week.day_seconds) > day:
            console.print(f"day {day + 1} is over: {states(week.world)}")
            day = int(now / week.day_seconds)
            # What was asked of the services fills this process's memory, and is checked at the end for the last day.
            week.world.onedata.log.clear()
            week.proxy.log.clear()
        time.sleep(0.05)
    return samples, settle(week, asker)


def settle(week: Week, asker: Asker) -> float:
    """Wait until everything is ready; return how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < _SETTLE_SECONDS:
        found = asker.json("/api/overview")
        in_hand = sum(lane["due"] + lane["working"] + lane["waiting"] for lane in found["lanes"])
        if found["datasets"]["ready"] >= len(week.names) and not in_hand:
            break
        time.sleep(0.5)
    return time.monotonic() - began


def report(week: Week, samples: list[Sample], settled_seconds: float, console: Console) -> int:
    """Print all figures and return the exit code."""
    ledger_file = week.world.folder / "state" / "ledger.sqlite"
    # The server itself is asked: the proxy before it may still hold connections that an outage has cut.
    week.world.tiled = week.proxy.server
    broken = list(breaches(week.world, *week.names))
    with week.world.ledger() as ledger:
        datasets = list(ledger.datasets())
    not_ready = [f"{one.name} {one.state}: {one.reason}" for one in datasets if one.state is not State.READY]
    # A folder that was renamed before its link was written leaves its old name behind.
    left_behind = [line for line in not_ready if " missing" in line]
    verdicts = [
        Verdict("datasets that are ready", f"{len(datasets) - len(not_ready)} of {len(week.names)}", not not_ready),
        Verdict("settled after the last day within", f"{settled_seconds:.0f} s", settled_seconds < _SETTLE_SECONDS),
        Verdict("broken invariants", str(len(broken)), not broken),
        *flatness(samples),
        *ledger_bounds(ledger_file),
        Verdict("errors of the program in the log", str(unexpected(week.world)), not unexpected(week.world)),
    ]
    console.print("happened: " + ", ".join(f"{number} {what}" for what, number in sorted(week.done.items())))
    print_days(samples, console)
    print_verdicts(verdicts, console)
    for line in (not_ready + broken)[:20]:
        console.print(line, markup=False)
    console.print(f"left behind: {len(left_behind)}")
    return int(not all(verdict.is_met for verdict in verdicts))


def states(world: World) -> str:
    """Return how many datasets are in which state, in words."""
    with world.ledger() as ledger:
        counts = Counter(dataset.state.value for dataset in ledger.datasets())
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


def unexpected(world: World) -> int:
    """Return how often the daemon has met an error of its own."""
    return world.log_file.read_text().count("unexpected error")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
