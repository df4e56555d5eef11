"""The config of a daemon that runs: read again on request, taken over if it is good, and left as it was if not."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from pydantic import ValidationError

from spacecast.config import Config
from spacecast.faults import Fault

log = structlog.get_logger()

# What is held open from the start to the end.
FIXED_KEYS = ("state_folder", "ledger", "ledger_password")
# A watched folder whose file server is away keeps whoever looks at it waiting for ever.
READ_SECONDS = 10.0

Read = Callable[[], Config]


class LiveConfig:
    """The config in use.

    `read` gives what the file says now, or raises a Fault; `try_out` raises one for a config that no daemon can be
    started with.
    """

    def __init__(
        self,
        config: Config,
        read: Read,
        *,
        try_out: Callable[[Config], None] = lambda _config: None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.config = config
        self.refusal = ""
        """Why the file, when it was last read, was not taken over; empty where it was."""
        self._read = read
        self._try_out = try_out
        self._read_seconds = read_seconds

    def read_again(self) -> frozenset[str]:
        """Take over what the file says now and return which keys have changed; none where it is refused.

        Whatever is refused is told in the log, with everything that is wrong, and so is what needs a restart.
        """
        try:
            found, fixed = self._applicable(self._read_in_time())
            self._try_out(found)
        except Fault as fault:
            self._refuse(fault)
            return frozenset()
        self.refusal = ""
        if fixed:
            log.warning(
                "config needs a restart",
                keys=list(fixed),
                reason="they cannot be changed while the daemon runs; the old values stay in use until then",
                remedy="systemctl restart spacecast",
            )
        # Rotated secrets of before stay hidden: others may still echo them.
        found.hide_also(self.config.given_secrets())
        changed = frozenset(_differences(_values(self.config), _values(found)))
        self.config = found
        return changed

    def _refuse(self, fault: Fault) -> None:
        problems = str(fault).splitlines()
        self.refusal = problems[0]
        log.error(
            "config refused",
            problems=problems,
            reason="the daemon goes on with the old one",
            remedy="mend it, see `spacecast check`, then `systemctl reload spacecast`",
        )

    def _read_in_time(self) -> Config:
        answers: queue.SimpleQueue[Config | BaseException] = queue.SimpleQueue()

        def body() -> None:
            try:
                answers.put(self._read())
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
                answers.put(error)

        threading.Thread(target=body, name="config", daemon=True).start()
        try:
            answer = answers.get(timeout=self._read_seconds)
        except queue.Empty:
            raise Fault(
                f"The config could not be read within {self._read_seconds:.0f} s: a folder or file that it names "
                "does not answer. Look at its file server"
            ) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _applicable(self, found: Config) -> tuple[Config, tuple[str, ...]]:
        """Return a config with the old values of what cannot be changed now, and the keys of those."""
        fixed = tuple(key for key in FIXED_KEYS if getattr(found, key) != getattr(self.config, key))
        if not fixed:
            return found, ()
        values = {key: getattr(found, key) for key in type(found).model_fields}
        values |= {key: getattr(self.config, key) for key in FIXED_KEYS}
        try:
            return Config.model_validate(values), fixed
        except ValidationError:
            raise Fault(
                f"{' and '.join(fixed)} cannot be changed while the daemon runs, and the other changes do not fit the "
                "old value. Type: systemctl restart spacecast"
            ) from None


def _values(config: Config) -> dict[str, Any]:
    return config.model_dump(mode="json", warnings=False)


def _differences(before: Any, after: Any, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted names of the keys whose values differ; a list counts as one value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from _differences(before.get(key), after.get(key), (*above, str(key)))
    elif before != after:
        yield ".".join(above)
