"""Run benchmarks: `python -m bench [NAME …]` with `tests` on the path, or `make bench`; without names, all."""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console

from bench import catalog, huge, live, many_datasets, time_to_link, waiting, wake_up
from bench.figures import Figure, Results, print_table, write_json

Benchmark = Callable[[Path], Sequence[Figure]]
BENCHMARKS: dict[str, Benchmark] = {
    "idle": time_to_link.idle,
    "calls": time_to_link.calls,
    "at-once": time_to_link.at_once,
    "by-workers": time_to_link.by_workers,
    "arrivals": time_to_link.many_arrivals,
    "missed": wake_up.missed_folders,
    "neighbour": huge.huge_neighbour,
    "live": live.live,
    "many": many_datasets.many_ready,
    "catalog": catalog.catalog,
    "wait": waiting.waiting,
    "import": waiting.importing,
}
RESULTS = Path("build/bench.json")


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, print the table and write the JSON; 2 for an unknown name, 1 for a missed aim."""
    console, results = Console(width=None if sys.stdout.isatty() else 150), Results()
    if unknown := set(names) - set(BENCHMARKS):
        console.print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
        return 2
    for name in names or BENCHMARKS:
        began = time.monotonic()
        results[name] = _alone(name)
        console.print(f"{name}: {time.monotonic() - began:.0f} s")
    print_table(results, console)
    write_json(results, RESULTS)
    console.print(f"written to {RESULTS}")
    return int(any(figure.is_met is False for figures in results.values() for figure in figures))


def _alone(name: str) -> Sequence[Figure]:
    """Run a benchmark in a process of its own: what one leaves in memory slows those after it down."""
    with (
        tempfile.TemporaryDirectory(prefix="spacecast-bench-") as folder,
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process,
    ):
        return process.submit(BENCHMARKS[name], Path(folder) / "facility").result()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
