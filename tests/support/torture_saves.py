"""Somebody who saves the metadata file now and then with their editor, and never wants a save lost."""

import threading
import time
from random import Random
from typing import Any

from support.invariants import without_blocks
from support.world import wait_for

_SECONDS = 30.0


class Operator:
    """Each save adds a line of their own; some are made by an editor that had the file open before our block was in."""

    def __init__(self, world: Any, name: str, author: bytes, random: Random) -> None:
        self._file = world.root / name / "SPA.yml"
        self._random = random
        self.saved = author
        self.versions = {author}
        self.saves = 0
        self.lost: list[str] = []

    def save(self) -> None:
        """Read the file, add a line, save: in place as most editors do, or by a rename."""
        self.saves += 1
        line = f"Note{self.saves}: saved\n".encode()
        content = self._file.read_bytes()
        new = (self.saved if self._random.random() < 0.5 else content) + line
        self.saved += line
        self.versions.add(self.saved)
        if self._random.random() < 0.5:
            self._save_in_place(new)
        else:
            self._save_by_rename(new)

    def save_often(self, saves: int) -> None:
        """Save so many times, and see each time first that the file is what was saved last."""
        for _ in range(saves):
            time.sleep(self._random.uniform(0.01, 0.3))
            self._look()
            self.save()
        self._look()

    def _look(self) -> None:
        def is_there() -> bool:
            return without_blocks(self._file.read_bytes()) == self.saved

        try:
            # A write that was cut off is put right by the next daemon.
            wait_for("the last save", is_there, _SECONDS)
        except AssertionError:
            content = self._file.read_bytes()
            self.lost.append(f"save {self.saves} is lost: {content!r} instead of {self.saved!r}")
            self.saved = without_blocks(content)

    def _save_in_place(self, new: bytes) -> None:
        with self._file.open("wb", buffering=0) as file:
            for piece in (new[: len(new) // 2], new[len(new) // 2 :]):
                file.write(piece)
                time.sleep(self._random.uniform(0.0, 0.002))

    def _save_by_rename(self, new: bytes) -> None:
        other = self._file.with_name("SPA.yml~")
        other.write_bytes(new)
        other.chmod(self._file.stat().st_mode)
        other.rename(self._file)


def saving(operator: Operator, saves: int) -> threading.Thread:
    """Let the operator save so many times from now on."""
    thread = threading.Thread(target=operator.save_often, args=(saves,))
    thread.start()
    return thread
