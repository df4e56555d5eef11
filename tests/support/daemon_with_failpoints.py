"""The real daemon, in processes that kill themselves at a chosen point; the product knows nothing of it.

Run as a script it loads Spacecast once and then, for each line of JSON on its input, forks a process that runs
`spacecast run` until it is killed or stopped: `{"config", "log", "point", "number", "record", "forbidden"}`. It answers
with the process's number, and with its exit status once it has ended. Points are named by what is crossed, `before` or
`after`: each step, each stage, each request, each write of the ledger, each call to the file system; and `amid file
write`. Operations on files that are `forbidden` are refused, as to a user who does not own them.
"""

import errno
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spacecast.cli.main import main
from spacecast.ledger.tables import Tables
from spacecast.metadata.operations import SYSTEM, FileOperations
from spacecast.publish import link, reconcile
from spacecast.transport import Transport

_OPERATIONS = [name for name in vars(FileOperations) if not name.startswith("_")]


class Failpoints:
    """Counts the points that are passed, and ends the process at the chosen one as a power cut would."""

    def __init__(self, point: str | None, number: int, record: str | None) -> None:
        self._point, self._number, self._record = point, number, record
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        """Pass a point, or not."""
        with self._lock:
            self._passed[name] += 1
            if name == self._point and self._passed[name] == self._number:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._record is not None:
                with Path(self._record).open("a") as file:
                    file.write(f"{name}\n")

    def around(self, owner: Any, attribute: str, name: Callable[..., str]) -> None:
        """Put a point before and after each call of a function."""
        original = getattr(owner, attribute)

        def call(*arguments: Any, **named: Any) -> Any:
            title = name(*arguments)
            self.reach(f"before {title}")
            result = original(*arguments, **named)
            self.reach(f"after {title}")
            return result

        setattr(owner, attribute, call)


def install(points: Failpoints) -> None:
    """Put points around everything that has an effect outside the process."""
    points.around(link, "_perform", lambda *arguments: f"step {arguments[-1].name}")
    reconcile.STAGES = {name: _watched(points, f"stage {name}", work) for name, work in reconcile.STAGES.items()}
    points.around(Transport, "request", lambda _transport, method, *_path: f"request {method}")
    Tables._writing = _watched_writing(points, Tables._writing)
    SYSTEM.write = _in_halves(points)
    for operation in _OPERATIONS:
        points.around(SYSTEM, operation, lambda *_arguments, title=operation: f"file {title}")


def _in_halves(points: Failpoints) -> Callable[[int, bytes, int], None]:
    original = SYSTEM.write

    def write(descriptor: int, data: bytes, offset: int = 0) -> None:
        half = len(data) // 2
        original(descriptor, data[:half], offset)
        points.reach("amid file write")
        original(descriptor, data[half:], offset + half)

    return write


def _forbid(operation: str) -> None:
    def refuse(*_arguments: Any) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    setattr(SYSTEM, operation, refuse)


def _watched_writing(points: Failpoints, original: Any) -> Any:
    @contextmanager
    def writing(tables: Tables) -> Iterator[Any]:
        points.reach("before ledger write")
        with original(tables) as connection:
            yield connection
            points.reach("before ledger commit")
        points.reach("after ledger write")

    return writing


def _watched(points: Failpoints, title: str, work: Callable[[Any], None]) -> Callable[[Any], None]:
    def run(publication: Any) -> None:
        points.reach(f"before {title}")
        work(publication)
        points.reach(f"after {title}")

    return run


def _run(order: dict[str, Any]) -> None:
    with Path(order["log"]).open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    for operation in order.get("forbidden", ()):
        _forbid(operation)
    install(Failpoints(order.get("point"), order.get("number", 1), order.get("record")))
    main(["run", "--config", order["config"]])


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            _run(order)
        _tell(child)
        _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _tell(value: int) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import pytest

    from support.torture import shrink_waits
    from support.trust import trust_few

    shrink_waits(pytest.MonkeyPatch())
    trust_few(pytest.MonkeyPatch())
    _serve()
