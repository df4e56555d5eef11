"""Wait until datasets or files can be read: pushed where the server streams, polled everywhere."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from spacecast.data.faults import Blocked, NotReadable, ServerAway, WaitedInVain, Withdrawn, WrongUse
from spacecast.data.listening import Listener
from spacecast.data.refs import Ref, RefLike, refs_of
from spacecast.data.server import EntryPath, Server, server_for
from spacecast.data.status import ORDER, Status, list_many, look

Stage = Literal["known", "downloadable", "readable"]

_NEEDED: dict[str, int] = {"known": 1, "downloadable": 2, "readable": 3}
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _GROWTH = 0.2, 1.0, 1.6
# Polling still goes on while hints come: a message can be lost.
_PAUSE_WITH_HINTS_SECONDS = 5.0
# After a look at thousands of files, which takes seconds, the server has a rest of the same length, hints or not.
_RESTLESS_SECONDS = 0.1
# Each is a connection with a thread.
_MOST_LISTENED_TO = 20
_SHOWN = 5


@overload
def wait(
    what: list[Any] | tuple[Any, ...],
    timeout: float | None = None,
    stage: Stage = "readable",
    *,
    server: Any = None,
    api_key: str | None = None,
    tell: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> list[Status]: ...


@overload
def wait(
    what: RefLike,
    timeout: float | None = None,
    stage: Stage = "readable",
    *,
    server: Any = None,
    api_key: str | None = None,
    tell: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Status: ...


def wait(
    what: RefLike | list[Any] | tuple[Any, ...],
    timeout: float | None = None,
    stage: Stage = "readable",
    *,
    server: Any = None,
    api_key: str | None = None,
    tell: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Status | list[Status]:
    """Wait until a dataset or file, or each of several, can be read; returns how each stands then.

    `stage` is `readable`, `downloadable` (every file can be, arrays or not) or `known` (the catalog has heard of it).
    Outages and restarts of the server are sat out. `timeout` is in seconds, None for ever, and with 0 everything is
    still looked at once; `tell` is called with a
    line whenever something else is waited for. Setting `stop` ends it like a timeout.

    Raises WaitedInVain (also a TimeoutError) that says what it waited for; Blocked with the daemon's reason where
    only the facility can help; Withdrawn; NotReadable for a file that is no array, table or tree; NotAllowed.

    >>> data.wait(data.ref("20211227125_Demo", "spectrum_0001.dm4"), timeout=600)  # doctest: +SKIP
    """
    if stage not in _NEEDED:
        raise WrongUse(f"stage={stage!r} is none of {', '.join(_NEEDED)}.")
    if timeout is not None and not isinstance(timeout, (int, float)):
        raise WrongUse(f"timeout={timeout!r} is no number of seconds, such as 600.")
    wanted = refs_of(what)
    addresses = {one.address for one in wanted}
    end = None if timeout is None else time.monotonic() + timeout
    found: dict[Ref, Status] = {}
    for address in sorted(addresses, key=str):
        here = [one for one in wanted if one.address == address]
        with server_for(address, server, api_key=api_key) as connected:
            found.update(_Waiting(connected, here, stage, end, tell, stop or threading.Event()).run())
    statuses = [found[one] for one in wanted]
    return statuses if isinstance(what, (list, tuple)) else statuses[0]


class _Waiting:
    """The things at one server that are waited for."""

    def __init__(
        self,
        server: Server,
        wanted: Sequence[Ref],
        stage: Stage,
        end: float | None,
        tell: Callable[[str], None] | None,
        stop: threading.Event,
    ) -> None:
        self._server = server
        self._stage: Stage = stage
        self._end = end
        self._tell = tell or (lambda _text: None)
        self._stop = stop
        self._open = dict.fromkeys(wanted)
        self._done: dict[Ref, Status] = {}
        self._hint = threading.Event()
        self._trouble = ""
        self._told = ""

    def run(self) -> dict[Ref, Status]:
        """Look, and look again, until nothing is open."""
        pause_seconds = _FIRST_PAUSE_SECONDS
        with Listener(self._server, self._heard) as listener:
            while True:
                self._hint.clear()
                began = time.monotonic()
                self._look_at_all()
                if not self._open:
                    return self._done
                took_seconds = time.monotonic() - began
                self._say()
                longest = _PAUSE_WITH_HINTS_SECONDS if self._hears(listener) else _LONGEST_PAUSE_SECONDS
                self._pause(min(pause_seconds, longest), took_seconds)
                pause_seconds = min(pause_seconds * _GROWTH, _PAUSE_WITH_HINTS_SECONDS)

    def _heard(self, container: EntryPath, key: str | None) -> None:
        # What happens to other datasets is no reason to ask: there may be thousands.
        if key is None or container != self._server.datasets or any(one.dataset == key for one in tuple(self._open)):
            self._hint.set()

    def _look_at_all(self) -> None:
        try:
            with self._server.remembering():
                list_many(self._server, self._open)
                for wanted in list(self._open):
                    self._judge(self._looked_at(wanted))
                    if self._has_enough():
                        break
            self._trouble = ""
        except ServerAway as away:
            self._trouble = str(away)

    def _looked_at(self, wanted: Ref) -> Status:
        status = look(self._server, wanted)
        if status.is_final and not self._is_enough(status):
            # What was asked before may be of different moments, and be final only taken together.
            with self._server.remembering():
                status = look(self._server, wanted)
        return status

    def _has_enough(self) -> bool:
        """Whether the time is over in the middle of a look, each thing having been looked at before."""
        is_late = self._end is not None and time.monotonic() > self._end
        return self._stop.is_set() or (is_late and None not in self._open.values())

    def _judge(self, status: Status) -> None:
        if status.state == "blocked":
            raise Blocked(f"{status.ref} does not come by itself: {status.reason or 'the facility has to act'}.")
        if status.state == "removed":
            raise Withdrawn(f"{status.ref} was taken back by the facility. {status.reason}".rstrip())
        if self._is_enough(status):
            del self._open[status.ref]
            self._done[status.ref] = status
        elif status.is_final:
            raise not_readable(status)
        else:
            self._open[status.ref] = status

    def _is_enough(self, status: Status) -> bool:
        return ORDER.get(status.state, 0) >= _NEEDED[self._stage]

    def _say(self) -> None:
        text = self._trouble or "; ".join(map(_shown, list(self._open.items())[:_SHOWN]))
        if text != self._told:
            self._told = text
            self._tell(f"waiting for {text}")

    def _hears(self, listener: Listener) -> bool:
        """Listen to what concerns the things that are open; whether all of their changes are heard by now."""
        with_files = {
            (*self._server.datasets, one.dataset)
            for one, status in self._open.items()
            if one.file is not None and status is not None and status.state != "unknown"
        }
        containers = {self._server.datasets, *sorted(with_files)[:_MOST_LISTENED_TO]}
        for container in containers:
            listener.listen_to(container)
        return len(with_files) <= _MOST_LISTENED_TO and listener.hears(containers) and not self._trouble

    def _pause(self, seconds: float, took_seconds: float) -> None:
        left_seconds = float("inf") if self._end is None else self._end - time.monotonic()
        if left_seconds <= 0 or self._stop.is_set():
            self._give_up()
        if took_seconds > _RESTLESS_SECONDS:
            self._stop.wait(min(took_seconds, left_seconds))
            left_seconds = max(0.0, left_seconds - took_seconds)
        # Many who began at the same moment should not ask at the same moment.
        self._hint.wait(min(seconds * random.uniform(0.8, 1.1), left_seconds))  # noqa: S311 - no secret

    def _give_up(self) -> None:
        first, status = next(iter(self._open.items()))
        rest = f" and {len(self._open) - 1} more" if len(self._open) > 1 else ""
        why = self._trouble or (status.reason if status is not None else "it was not looked at yet")
        known = f"{status.state if status is not None else 'unknown'}: {why.rstrip('.')}"
        raise WaitedInVain(
            f"{first}{rest} did not become {self._stage} in time; it is {known}. Wait longer, or ask the facility.",
            status=status,
        )


def not_readable(status: Status) -> NotReadable:
    """Give the fault for a file that can only be downloaded, or not even that."""
    if status.state == "pending":
        return NotReadable(f"{status.ref} does not come, however long one waits: {status.reason.rstrip('.')}.")
    return NotReadable(
        f"{status.ref} cannot be opened as data: {status.reason}. The file itself: "
        f'data.download("{status.ref}", "a folder/").'
    )


def _shown(item: tuple[Ref, Status | None]) -> str:
    wanted, status = item
    return str(wanted) if status is None else str(status)
