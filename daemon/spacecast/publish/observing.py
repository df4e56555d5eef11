"""What happens, told to whoever counts it; nobody by default, and nothing waits for them."""

from dataclasses import dataclass
from typing import Protocol

OUTCOMES = ("done", "waiting", "retrying", "blocked")
REQUEST_OUTCOMES = ("ok", "refused", "failed", "no-answer", "unclear")


@dataclass(frozen=True)
class PassEnded:
    """How a pass over a stage of a dataset ended, where there is something to say of it."""

    stage: str
    outcome: str
    """One of OUTCOMES."""
    seconds: float
    first_link_seconds: float | None = None
    """From when the dataset was first seen to its first link, if this pass has written that."""


class Observer(Protocol):
    """Told from many threads; it must be quick, and raise nothing."""

    def pass_ended(self, ended: PassEnded) -> None:
        """Take note of a pass."""

    def request_ended(self, service: str, outcome: str, seconds: float) -> None:
        """Take note of a request to the service `zone`, `provider`, `panel` or `catalog`; one of REQUEST_OUTCOMES."""


class Nobody:
    """Takes note of nothing."""

    def pass_ended(self, ended: PassEnded) -> None:
        """Let it go by."""

    def request_ended(self, service: str, outcome: str, seconds: float) -> None:
        """Let it go by."""
