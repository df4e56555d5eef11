"""The gate before one service: in an outage one probe asks, and everybody else waits without asking."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import count

from spacecast.faults import Fault, NeedsPerson, Passing, Unclear
from spacecast.transport.answer import Answer
from spacecast.transport.retry import back_off_seconds

# How soon a replaced token is noticed.
GLANCE_SECONDS = 1.0
# How often a refused token is tried all the same: its user may have been let in again at the service.
REFUSED_SECONDS = 600.0


@dataclass(frozen=True, eq=False)
class Closure:
    """Why a gate is closed: the sentence that everybody who waits shows, and whether only a person can open it."""

    gate: "Gate"
    sentence: str
    needs_person: bool
    since: float
    """Seconds since the epoch."""
    retry_after_seconds: float | None = None
    is_token: bool = False
    """Whether it is the token that is refused."""

    def stands(self) -> bool:
        """Say whether the gate is still closed for this reason."""
        return self.gate.closure is self


class ServiceDown(Passing):
    """The service as a whole does not answer; nothing was sent. It goes on when `closure` stands no more."""

    def __init__(self, closure: Closure) -> None:
        super().__init__(closure.sentence)
        self.closure = closure


class ServiceClosed(NeedsPerson):
    """The service refuses all that is asked with this token, or cannot be trusted; nothing was sent."""

    def __init__(self, closure: Closure) -> None:
        super().__init__(closure.sentence)
        self.closure = closure


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a service as a whole, judged by one answer; `reason` completes "…: it"."""

    reason: str
    is_token: bool = False


def trouble_in(answer: Answer) -> Trouble | None:
    """Tell what an answer says against the service as a whole; None where it does its work, or refuses this request."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Trouble("it does not accept the token (401)", is_token=True)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Trouble("it asks for patience (429)")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.NOT_IMPLEMENTED:
        return Trouble(f"it answered {answer.status}")
    return None


class Gate:
    """Lets requests through while the service is well; safe for use by many threads.

    A request that fails in a way that may be the service's is followed by one probe. Only if that fails too is the
    gate closed: then nobody asks but a thread that probes with growing pauses, and everybody else gets ServiceDown or,
    where a person has to act, ServiceClosed. So one dataset's trouble never closes the gate for the others.
    `token_version` tells when the token was replaced, and `judge` what an answer says of the service; `token` is equal
    for gates before services that are asked with the same one.
    """

    def __init__(
        self,
        *,
        token_version: Callable[[], object] = lambda: None,
        token: object = None,
        judge: Callable[[Answer], Trouble | None] = trouble_in,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._token_version = token_version
        self.token = token
        self._judge = judge
        self._clock = clock
        self._listeners: list[Callable[[Gate], None]] = []
        self._probing = threading.Lock()
        self._well_since = -1.0
        self._hurry = threading.Event()
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        self._answered = count(1)
        self.answers = 0
        """How many requests were answered, well or not; grows while somebody works with the service."""
        self.service = ""
        self.on_request: Callable[[str, float], None] | None = None
        """Told of each request that was made: its outcome in a word, and the seconds it took."""
        self.closure: Closure | None = None
        """Why nobody gets through; None while the gate is open."""

    def attach(self, service: str, probe: Callable[[], Answer]) -> None:
        """Say before which service this gate stands and how to ask it whether it is well, with the token."""
        self.service, self._probe = service, probe

    def listen(self, listener: Callable[["Gate"], None]) -> None:
        """Have `listener` called, from any thread, after each change of `closure`."""
        self._listeners.append(listener)

    def end(self) -> None:
        """End the probing for good."""
        self._ended.set()
        self._hurry.set()
        if self._watcher is not None:
            self._watcher.join(2.0)

    def look_again(self) -> None:
        """Probe at once where the gate is closed."""
        self._hurry.set()

    def proves_well(self) -> bool:
        """Probe now, unless the gate is closed, and say whether the service does its work; the gate closes if not."""
        return not self._proves_closed()

    # ------------------------------------------------------------------------------------- passing

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Let the block through, or raise ServiceDown or ServiceClosed; also when a fault in it proves an outage.

        A fault after which something may have happened stays what it is.
        """
        self._require_open()
        try:
            yield
        except (ServiceDown, ServiceClosed):
            raise
        except Fault as fault:
            if self._proves_closed() and not isinstance(fault, Unclear):
                raise self._refusal() from fault
            raise

    def around(self, call: Callable[[], Answer], *, repeatable: bool) -> Answer:
        """Make a request through the gate; raises as `guarding` does."""
        with self.guarding():
            answer = call()
        self.answers = next(self._answered)
        is_unclear = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not repeatable
        if self._judge(answer) is not None and self._proves_closed() and not is_unclear:
            raise self._refusal()
        return answer

    def _require_open(self) -> None:
        if self.closure is not None:
            raise self._refusal()

    def _refusal(self) -> Fault:
        closure = self.closure
        if closure is None:
            return Passing(f"{self.service} did not answer for a moment.")
        kind = ServiceClosed if closure.needs_person else ServiceDown
        return kind(closure)

    # ------------------------------------------------------------------------------------- probing

    def _proves_closed(self) -> bool:
        """Probe after a request has failed, unless somebody else has done so since; say whether the gate is closed."""
        noticed = time.monotonic()
        with self._probing:
            if self.closure is not None or self._well_since >= noticed or self._ended.is_set():
                return self.closure is not None
            self.closure = closure = self._asked()
            if closure is None:
                return False
            watch = partial(self._watch, closure)
            self._watcher = threading.Thread(target=watch, name=f"probe {self.service}", daemon=True)
        self._watcher.start()
        self._tell()
        return True

    def _asked(self) -> Closure | None:
        started = time.monotonic()
        try:
            answer = self._probe()
        except NeedsPerson as fault:
            return Closure(self, str(fault), needs_person=True, since=self._clock())
        except Fault as fault:
            return self._down(str(fault).removeprefix(f"{self.service} gave no answer: "))
        trouble = self._judge(answer)
        if trouble is None:
            self._well_since = started
            return None
        return self._refused(trouble) if trouble.is_token else self._down(trouble.reason, answer.retry_after_seconds)

    def _down(self, reason: str, retry_after_seconds: float | None = None) -> Closure:
        since = self._clock()
        moment = datetime.fromtimestamp(since, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
        sentence = (
            f"{self.service} is not answering since {moment}: {reason.rstrip('.')}. "
            f"It is asked again and again; everything goes on by itself when it answers"
        )
        return Closure(self, sentence, needs_person=False, since=since, retry_after_seconds=retry_after_seconds)

    def _refused(self, trouble: Trouble) -> Closure:
        sentence = (
            f"{self.service} refuses to do anything: {trouble.reason}. Put a valid one where the config says it is "
            f"read from. It is tried again when that file changes, and on `systemctl reload spacecast`"
        )
        return Closure(self, sentence, needs_person=True, since=self._clock(), is_token=True)

    def _watch(self, closure: Closure) -> None:
        for attempt in count(1):
            self._pause(closure, attempt)
            if self._ended.is_set():
                return
            with self._probing:
                found = self._asked()
                is_same = found is not None and found.needs_person == closure.needs_person
                # The first sentence stays: it says since when.
                self.closure = still = closure if is_same else found
            if not is_same:
                self._tell()
            if still is None:
                # Should it close again, whoever closes it starts another watcher.
                return
            closure = still

    def _pause(self, closure: Closure, attempt: int) -> None:
        asked = Passing("", retry_after_seconds=closure.retry_after_seconds)
        seconds = REFUSED_SECONDS if closure.needs_person else back_off_seconds(attempt, asked)
        end, version = time.monotonic() + seconds, self._token_version()
        while (left := end - time.monotonic()) > 0 and self._token_version() == version:
            if self._hurry.wait(min(left, GLANCE_SECONDS)):
                break
        self._hurry.clear()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener(self)
