"""Who waits for which file system: one that hangs holds some of a lane's workers, and never all of them.

A call to a file system that hangs, as a network file system does without its server, does not return and cannot be
ended. So only some workers at a time may wait for one; who asks it as well is refused, and goes on when it answers.
"""

import sys
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from spacecast.faults import Passing
from spacecast.folders.wording import shown

# Answers take microseconds, seldom milliseconds; whoever comes before this has passed waits a little.
_GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Silence:
    """What is in the way of all work on a file system that does not answer."""

    disks: "Disks"
    device: Hashable

    def stands(self) -> bool:
        """Say whether as many as may still wait for its answer."""
        return self.disks.is_full(self.device)


class DiskHangs(Passing):
    """A file system does not answer, and enough wait for it; nothing was asked of it. It goes on after `silence`."""

    def __init__(self, root: Path, silence: Silence) -> None:
        super().__init__(
            f"{shown(root)} does not answer: its disk or file server hangs. Check the mount, and for a network file "
            "system its server; it goes on by itself"
        )
        self.silence = silence


class Disks:
    """The file systems that the workers of one lane ask; safe to use from any thread.

    At most `most_waiting` works may wait for an answer of one of them. `device_of` tells without asking the disk what
    a root lies on. `on_answer` is called when one that was refused to somebody answers again.
    """

    def __init__(
        self,
        most_waiting: int = sys.maxsize,
        *,
        device_of: Callable[[Path], Hashable] = lambda root: root,
        on_answer: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        self._most_waiting = most_waiting
        self._device_of = device_of
        self._on_answer = on_answer
        self._clock = clock
        self._grace_seconds = grace_seconds
        # Taken for every call: the bare lock costs a fifth of what the condition around it does.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._admitting = 0
        self._waiting: dict[Hashable, set[DiskUser]] = {}
        self._refused: set[Hashable] = set()
        self.answers = 0
        """How many calls have returned: it grows while work gets on."""

    def user(self, root: Path) -> "DiskUser":
        """Return what one work asks the file system of a root by."""
        return DiskUser(self, root, self._device_of(root))

    def is_full(self, device: Hashable) -> bool:
        """Whether as many as may wait for an answer of a file system."""
        return len(self._waiting.get(device, ())) >= self._most_waiting

    def silent(self) -> list[tuple[str, float]]:
        """Return the roots that somebody waits for, and for how many seconds."""
        with self._changed:
            now = self._clock()
            users = [user for users in self._waiting.values() for user in users]
            return [(str(user.root), now - user.answered_at) for user in users]

    def enter(self, user: "DiskUser", *, may_refuse: bool) -> None:
        """Take note of a call that begins; raises DiskHangs where it may not."""
        with self._lock:
            if may_refuse and user.calls == 0:
                self._admit(user)
            user.calls += 1
            if user.calls == 1:
                user.answered_at = self._clock()
                self._waiting.setdefault(user.device, set()).add(user)

    def leave(self, user: "DiskUser") -> None:
        """Take note of a call that has returned."""
        with self._lock:
            self.answers += 1
            user.calls -= 1
            user.answered_at = self._clock()
            if user.calls == 0:
                self._let_go(user)
            goes_on = user.device in self._refused and not self.is_full(user.device)
            if goes_on:
                self._refused.discard(user.device)
        if goes_on:
            self._on_answer()

    def _let_go(self, user: "DiskUser") -> None:
        users = self._waiting[user.device]
        users.discard(user)
        if not users:
            del self._waiting[user.device]
        if self._admitting:
            self._changed.notify_all()

    def _admit(self, user: "DiskUser") -> None:
        while self.is_full(user.device):
            last_answer = max(other.answered_at for other in self._waiting[user.device])
            left_seconds = last_answer + self._grace_seconds - self._clock()
            if left_seconds <= 0.0:
                self._refused.add(user.device)
                raise DiskHangs(user.root, Silence(self, user.device))
            self._admitting += 1
            try:
                self._changed.wait(left_seconds)
            finally:
                self._admitting -= 1


class DiskUser:
    """One work that asks a file system, perhaps from several threads: `with user.asking(): …` around each call."""

    def __init__(self, disks: Disks, root: Path, device: Hashable) -> None:
        self.root, self.device = root, device
        self.calls = 0
        self.answered_at = 0.0
        self._asking = _Call(disks, self, may_refuse=True)
        self._going_on = _Call(disks, self, may_refuse=False)

    def asking(self) -> "_Call":
        """Bracket a call; raises DiskHangs where enough others wait for the same file system."""
        return self._asking

    def going_on(self) -> "_Call":
        """Bracket a call that belongs to one that was let through: it is noted and never refused."""
        return self._going_on


class _Call:
    """A `with` block around a call; without state, so that one serves all."""

    def __init__(self, disks: Disks, user: DiskUser, *, may_refuse: bool) -> None:
        self._disks, self._user, self._may_refuse = disks, user, may_refuse

    def __enter__(self) -> None:
        self._disks.enter(self._user, may_refuse=self._may_refuse)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disks.leave(self._user)
