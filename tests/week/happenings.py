"""What happens in the week, and when: made from a seed, so that a week can be gone through again."""

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from spacecast.sandbox.acquisition import acquire
from spacecast.sandbox.onedata import FaultRule, Status
from support.torture_proxy import TiledProxy
from support.world import World
from week.running import Daemon

DAYS = 7
# The daemon that is started then runs to the end: what grows shows in it.
LAST_START_DAY = 3
_ARRIVALS, _SESSIONS, _EDITS, _RENAMES = 20, 3, 4, 1
_OUTAGE_SHARE = 0.06

Act = Callable[[], None]


@dataclass
class Week:
    """The facility, and what was done in it so far."""

    world: World
    proxy: TiledProxy
    daemon: Daemon
    day_seconds: float
    random: random.Random
    names: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    def plan(self) -> list[tuple[float, str, Act]]:
        """Return everything that is to happen, with the seconds from the beginning, in order."""
        return sorted((thing for day in range(DAYS) for thing in self._day(day)), key=lambda thing: thing[0])

    def _day(self, day: int) -> Iterator[tuple[float, str, Act]]:
        for number in range(_ARRIVALS):
            yield self._some_time(day), "arrivals", lambda number=number: self.arrive(f"day{day}-{number:02}")
        for number in range(_SESSIONS):
            yield from self._session(day, f"day{day}-live{number}")
        for _ in range(_EDITS):
            yield self._some_time(day), "edits", self.edit
        for _ in range(_RENAMES):
            yield self._some_time(day), "renames", self.rename
        for service in ("zone", "provider", "catalog", "panel"):
            yield from self._outage(day, service)
        yield self._some_time(day), "reloads", self.reload_with_changes
        yield self._some_time(day), "reloads refused", self.reload_spoilt
        yield self._some_time(day), "tokens replaced", self.replace_token
        if day < LAST_START_DAY:
            how = signal.SIGKILL if day % 2 else signal.SIGTERM
            yield (day + 1) * self.day_seconds - 1, f"restarts ({how.name})", lambda: self.restart(how)

    def _some_time(self, day: int) -> float:
        return (day + self.random.uniform(0.02, 0.95)) * self.day_seconds

    def _session(self, day: int, name: str) -> Iterator[tuple[float, str, Act]]:
        began, frames = self._some_time(day), 12
        pause = self.day_seconds * 0.4 / frames
        yield began, "live sessions", lambda: self.begin(name)
        for frame in range(frames):
            yield began + (frame + 1) * pause, "frames", lambda frame=frame: self.write_frame(name, frame)
        yield began + (frames + 1) * pause, "sessions ended", (self.world.root / name / ".running").unlink

    def _outage(self, day: int, service: str) -> Iterator[tuple[float, str, Act]]:
        began = self._some_time(day)
        ended = began + self.day_seconds * _OUTAGE_SHARE
        hosts: dict[str, Any] = {
            "zone": self.world.onedata.zone,
            "provider": self.world.onedata.providers[0],
            "catalog": self.proxy,
        }
        if service in hosts:
            yield began, f"outages of {service}", hosts[service].down
            yield ended, "outages over", hosts[service].up
        else:
            rule = FaultRule(Status(503), service=service, times=None)
            yield began, f"outages of {service}", lambda: void(self.world.onedata.faults.add(rule))
            yield ended, "outages over", self.world.onedata.faults.clear

    # ------------------------------------------------------------------------------ what is done

    def arrive(self, name: str) -> None:
        """Drop a session: a few files that nobody can read as data, or a small one with all formats."""
        if self.random.random() < 0.3:
            for _ in acquire(self.world.root / name, seed=len(self.names)):
                pass
            (self.world.root / name / "SPA.yml").write_text(f"Project: {name}\n")
        else:
            self.world.drop(name, f"Project: {name}\n".encode(), files=self.random.randint(1, 30))
        self.names.append(name)

    def begin(self, name: str) -> None:
        """Begin a session that goes on."""
        folder = self.world.root / name
        folder.mkdir()
        (folder / ".running").touch()
        (folder / "SPA.yml").write_text(f"Project: {name}\n")
        self.names.append(name)

    def write_frame(self, name: str, number: int) -> None:
        """Write the next file of a session."""
        (self.world.root / name / f"frame_{number:04}.dat").write_bytes(self.random.randbytes(20_000))

    def edit(self) -> None:
        """Save the metadata file of some dataset with a line more."""
        if self.names:
            path = self.world.root / self.random.choice(self.names) / "SPA.yml"
            path.write_text(f"{path.read_text()}Note{self.random.randrange(10**6)}: seen\n")

    def rename(self) -> None:
        """Rename a folder that has its link."""
        settled = [name for name in self.names if "live" not in name and self._is_linked(name)]
        if settled:
            name = self.random.choice(settled)
            renamed = f"{name}-r"
            (self.world.root / name).rename(self.world.root / renamed)
            self.names[self.names.index(name)] = renamed

    def _is_linked(self, name: str) -> bool:
        return "PublicURL" in (self.world.root / name / "SPA.yml").read_text()

    def reload_with_changes(self) -> None:
        """Have a changed config taken over."""
        self.world.values["limits"] = {"link_workers": self.random.choice([4, 8, 12])}
        void(self.world.config_path)
        self.daemon.reload()

    def reload_spoilt(self) -> None:
        """Have a config read that is wrong; the file is mended afterwards, for the next start."""
        self.world.config_path.write_text("facility: [no, name\n")
        self.daemon.reload()
        self.daemon.await_refusal()
        void(self.world.config_path)

    def replace_token(self) -> None:
        """Write the token's file anew, as a tool that rotates secrets does."""
        path = self.world.folder / "zone.token"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(path.read_text())
        fresh.replace(path)

    def restart(self, how: signal.Signals) -> None:
        """End the daemon, in order or by force, and start another one."""
        self.daemon.end(how)
        self.daemon.start()


def void(_value: object) -> None:
    """Drop a value: what was wanted is what came of making it."""
