"""The daemon as a process of its own, which is started, reloaded, stopped and killed in the course of the week."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.asking import Asker
from support.world import World, wait_for

_SECONDS = 120.0


class Daemon:
    """One daemon after the other on the same folders."""

    def __init__(self, world: World, asker: Asker) -> None:
        self._world = world
        self._asker = asker
        self._process: subprocess.Popen[bytes] | None = None
        self._refusals = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "spacecast", "run", "--config", str(self._world.config_path)]
        with self._world.log_file.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        wait_for("the daemon to answer", self._answers, _SECONDS, self._world._situation)

    def _answers(self) -> bool:
        try:
            return self._asker.ask("/healthz").status in (200, 503)
        except OSError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Have it end, in order or at once."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def reload(self) -> None:
        """Have it read its config again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def await_refusal(self) -> None:
        """Wait until it has said that it does not take the config."""
        seen = self._refusals
        self._refusals = wait_for(
            "the config to be refused", lambda: (now := self._said("config refused")) > seen and now, _SECONDS
        )

    def _said(self, words: str) -> int:
        return self._world.log_file.read_text().count(words)

    @property
    def number(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def memory_bytes(self) -> int:
        """Return the resident memory."""
        return int(Path(f"/proc/{self.number}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def threads(self) -> int:
        """Return the number of threads."""
        return sum(1 for _ in Path(f"/proc/{self.number}/task").iterdir())

    def descriptors(self) -> int:
        """Return the number of open descriptors."""
        return sum(1 for _ in Path(f"/proc/{self.number}/fd").iterdir())
