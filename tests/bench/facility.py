"""A facility to measure: the embedded Onedata, watched folders, and the daemon as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from spacecast.sandbox.onedata import Delays
from spacecast.sandbox.tiled import TiledSandbox
from support.asking import listening
from support.onedata_sandbox import Caller
from support.world import World, made, wait_for

QUIET_SECONDS = 0.5
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LONGEST_SECONDS = 900.0
_SAMPLES = 20
# A provider that knows of what happened at the zone at once: what is left is the daemon's own time.
_AT_ONCE = Delays(propagation_seconds=0.0, first_scan_seconds=0.1)


class Daemon:
    """A running daemon, seen from outside."""

    def __init__(self, process: "subprocess.Popen[bytes]", ready_seconds: float) -> None:
        self.process = process
        self.ready_seconds = ready_seconds
        """From the start of the process until it told systemd that it serves."""

    def suspend(self) -> None:
        """Stop the process where it is (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def cpu_seconds(self) -> float:
        """Processor time, user and system, since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    @property
    def memory_bytes(self) -> int:
        """Resident memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE_BYTES

    @property
    def peak_memory_bytes(self) -> int:
        """The most resident memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


@dataclass(frozen=True)
class Drop:
    """A metadata file as it was dropped."""

    path: Path
    inode: int
    at: float


class Facility:
    """Folders and services, and what is done with them in a benchmark."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.values["metadata"]["quiet"] = f"{round(QUIET_SECONDS * 1000)}ms"
        world.values["log"] = {"format": "json", "level": "info"}
        self.asker = listening(world)

    @contextmanager
    def daemon(self) -> Iterator[Daemon]:
        """Run the daemon as systemd does; it is ready at the beginning of the `with` block."""
        address = self.world.folder / "notify"
        command = [sys.executable, "-m", "spacecast", "run", "--config", str(self.world.config_path)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, self.world.log_file.open("ab") as out:
            channel.bind(str(address))
            started = time.monotonic()
            environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
            with subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
                try:
                    yield Daemon(process, _ready_after(channel, started))
                finally:
                    process.send_signal(signal.SIGTERM)
                    process.wait(30)
                    address.unlink()

    def drop(self, name: str, files: int = 8) -> Drop:
        """Make a folder of small files and drop a metadata file into it."""
        path = self.world.drop(name, files=files) / "SPA.yml"
        status = path.stat()
        return Drop(path, status.st_ino, status.st_mtime)

    def await_link(self, drops: Iterable[Drop]) -> list[float]:
        """Wait until every file has its link; give the seconds from the end of `quiet` to each."""
        return [
            wait_for(f"the link in {drop.path}", lambda drop=drop: _linked_at(drop), _LONGEST_SECONDS)
            - drop.at
            - QUIET_SECONDS
            for drop in drops
        ]

    def await_states(self, **wanted: int) -> None:
        """Wait until so many datasets are in these states."""

        def reached() -> bool:
            with self.world.ledger() as ledger:
                found = Counter(str(dataset.state) for dataset in ledger.datasets())
            return all(found[state] >= number for state, number in wanted.items())

        wait_for(f"{wanted}", reached, _LONGEST_SECONDS)

    def warm_up(self) -> None:
        """Publish a first dataset: the provider learns of the service's user, connections are opened."""
        self.await_link([self.drop("warm-up")])
        self.await_states(ready=1)

    def in_hand(self, name: str) -> dict[str, str]:
        """Return what the daemon says that it is doing with a dataset just now, by stage."""
        (found,) = self.asker.json(f"/api/datasets?search={name}")["datasets"]
        return {stage["name"]: stage["progress"]["doing"] for stage in found["stages"] if stage["progress"]}

    def request_seconds(self) -> float:
        """Give the median time of one request to the zone, to compute bounds from."""
        caller = Caller(self.world.onedata, self.world.onedata.token)
        times = []
        for _ in range(_SAMPLES):
            began = time.perf_counter()
            caller.zone("GET", "/user").raise_for_status()
            times.append(time.perf_counter() - began)
        caller.close()
        return median(times)

    @property
    def requests(self) -> int:
        """How many requests Onedata has answered."""
        return len(self.world.onedata.log)

    @property
    def calls(self) -> int:
        """How many requests the daemon says that it has made, to all services together."""
        return int(self.asker.sum_of("spacecast_requests_total"))

    @property
    def overflows(self) -> int:
        """How often the daemon says that more changes came at once than the kernel queues."""
        return int(self.asker.metric("spacecast_event_overflows_total") or 0)


@contextmanager
def facility(
    folder: Path, *, latency_seconds: float = 0.0, delays: Delays = _AT_ONCE, with_tiled: bool = False, **sections: Any
) -> Iterator[Facility]:
    """Give a facility whose services answer after `latency_seconds`; `sections` go into the daemon's config."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        storage = folder / "datasets"
        tiled = stack.enter_context(TiledSandbox(folder / "tiled", readable_storage=[storage])) if with_tiled else None
        slow = replace(delays, latency_seconds=latency_seconds)
        world = stack.enter_context(made(folder, tiled, delays=slow))
        world.values.update(sections)
        yield Facility(world)


def _linked_at(drop: Drop) -> float | None:
    """Give the time at which the file was replaced by one with the link."""
    status = drop.path.stat()
    return status.st_ctime if status.st_ino != drop.inode else None


def _ready_after(channel: socket.socket, started: float) -> float:
    channel.settimeout(120.0)
    while b"READY=1" not in channel.recv(4096):
        pass
    return time.monotonic() - started
