"""Requests that go through a gate, so that an outage of their service costs one probe and not one request each."""

import time
from http import HTTPStatus
from typing import Any

from spacecast.faults import Fault, Unclear
from spacecast.transport.answer import Answer
from spacecast.transport.gate import Gate
from spacecast.transport.sender import REPEATABLE_METHODS, Transport

_LONGEST_PROBE_SECONDS = 10.0


class GatedTransport(Transport):
    """A Transport whose requests raise ServiceDown or ServiceClosed, unsent, while its service is known to be out.

    `probe_path` is something cheap to GET that needs the token, so that a refused token shows as well.
    """

    def __init__(self, base_url: str, *, gate: Gate, probe_path: str, **options: Any) -> None:
        super().__init__(base_url, **options)
        self._gate, self._probe_path = gate, probe_path
        gate.attach(self.service, self._probe)

    def request(self, method: str, path: str, *, repeatable: bool | None = None, **content: Any) -> Answer:
        """Send as Transport does, through the gate."""
        may_be_repeated = method in REPEATABLE_METHODS if repeatable is None else repeatable
        return self._gate.around(
            lambda: self._told(method, path, repeatable=may_be_repeated, **content), repeatable=may_be_repeated
        )

    def _probe(self) -> Answer:
        timeout_seconds = min(self._read_timeout_seconds, _LONGEST_PROBE_SECONDS)
        return self._told("GET", self._probe_path, timeout_seconds=timeout_seconds)

    def _told(self, method: str, path: str, **content: Any) -> Answer:
        """Send, and tell whoever counts requests how it ended."""
        began, outcome = time.monotonic(), "no-answer"
        try:
            answer = super().request(method, path, **content)
            outcome = _outcome(answer)
        except Fault as fault:
            outcome = "unclear" if isinstance(fault, Unclear) else "no-answer"
            raise
        finally:
            if self._gate.on_request is not None:
                self._gate.on_request(outcome, time.monotonic() - began)
        return answer


def _outcome(answer: Answer) -> str:
    if answer.ok:
        return "ok"
    return "failed" if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
