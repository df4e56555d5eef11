"""What the clients of the three services have in common: sending an operation and reading its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import quote, urlsplit

from spacecast.onedata.errors import AlreadyThere, OnedataFault, OutcomeUnclear, Refused, Unavailable
from spacecast.onedata.fields import Fields, last_segment
from spacecast.onedata.identifiers import checked
from spacecast.onedata.messages import sentence
from spacecast.onedata.refusals import Refusal, ServiceKind, kind_of, read_refusal
from spacecast.transport import Answer, Gate, GatedTransport, NoAnswer, ReplyLost, Transport


@dataclass(frozen=True)
class Operation:
    """One request, in words and on the wire.

    `phrase` completes "could not …"; `needs` names the privileges it takes; `repeatable` says whether asking twice
    does no harm (default: by the method, so POST is not).
    """

    phrase: str
    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] | None = None
    needs: str = ""
    repeatable: bool | None = None
    authenticated: bool = True
    timeout_seconds: float | None = None

    @property
    def may_be_repeated(self) -> bool:
        """Whether a lost reply is simply asked for again."""
        return self.method != "POST" if self.repeatable is None else self.repeatable


class Service:
    """The REST interface of one Onedata service.

    Raises only faults of the family in `errors`; and with a gate ServiceDown and ServiceClosed, when nothing was sent.
    """

    kind: ClassVar[ServiceKind]
    title: ClassVar[str]
    base_path: ClassVar[str]
    probe_path: ClassVar[str] = "user"
    """Something cheap that shows whether the service does its work for our token."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def connect(
        cls,
        url: str,
        token: Callable[[], str],
        *,
        ca_bundle: Path | None = None,
        gate: Gate | None = None,
        **transport_options: Any,
    ) -> Self:
        """Make a client for the service at `url`; `token` is asked anew for each request."""
        options: dict[str, Any] = {
            "headers": lambda: {"X-Auth-Token": token()},
            "service": f"{cls.title} {urlsplit(url).netloc}",
            "ca_bundle": ca_bundle,
            **transport_options,
        }
        address = url.rstrip("/") + cls.base_path
        if gate is None:
            return cls(Transport(address, **options))
        return cls(GatedTransport(address, gate=gate, probe_path=cls.probe_path, **options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    @property
    def name(self) -> str:
        """How messages call this service."""
        return self._transport.service

    def perform(self, operation: Operation) -> Answer:
        """Send; gives the answer of a success (any 2xx) and raises the fault of anything else."""
        answer = self.answer_to(operation)
        if not answer.ok:
            raise self.fault(operation, read_refusal(answer))
        return answer

    def answer_to(self, operation: Operation) -> Answer:
        """Send; gives the answer whatever its status, and raises where none came."""
        try:
            return self._transport.request(
                operation.method,
                operation.path,
                json=operation.json,
                params=operation.params,
                timeout_seconds=operation.timeout_seconds,
                authenticated=operation.authenticated,
                repeatable=operation.may_be_repeated,
            )
        except ReplyLost as lost:
            raise self._silent(OutcomeUnclear, operation, str(lost)) from lost
        except NoAnswer as silence:
            raise self._silent(Unavailable, operation, str(silence)) from silence

    def fault(self, operation: Operation, refusal: Refusal) -> OnedataFault:
        """Make the fault that a refusal of this operation is."""
        kind = kind_of(refusal, self.kind, repeatable=operation.may_be_repeated)
        return self.fault_as(kind, operation, refusal)

    def fault_as(self, kind: type[OnedataFault], operation: Operation, refusal: Refusal) -> OnedataFault:
        """Make a fault of a given kind from a refusal."""
        return kind(
            sentence(kind, self.name, operation.phrase, refusal, operation.needs),
            status=refusal.status,
            error_id=refusal.error_id,
            details=refusal.details,
            service=self.name,
            operation=operation.phrase,
            retry_after_seconds=refusal.retry_after_seconds,
        )

    def _silent(self, kind: type[OnedataFault], operation: Operation, reason: str) -> OnedataFault:
        message = f"Could not {operation.phrase}: {reason}"
        return kind(message, service=self.name, operation=operation.phrase)

    def unreadable(self, operation: Operation, answer: Answer, missing: str) -> OnedataFault:
        """Make the fault of a success that does not say what it must: cut off, or not from Onedata at all."""
        kind = Unavailable if operation.may_be_repeated else OutcomeUnclear
        return kind(
            f"{self.name} was to {operation.phrase}; it answered {answer.status} without {missing}. "
            "Where this lasts, the URL in the config may not be that of the service.",
            status=answer.status,
            service=self.name,
            operation=operation.phrase,
        )

    def read(self, operation: Operation) -> Fields:
        """Send; gives the JSON object of the answer."""
        answer = self.perform(operation)
        body = answer.json()
        if not isinstance(body, dict):
            raise self.unreadable(operation, answer, "a JSON object")
        return Fields(body)

    def ids(self, operation: Operation, key: str) -> tuple[str, ...]:
        """Send; gives the list of ids under `key`."""
        answer = self.perform(operation)
        body = Fields(answer.json())
        if not isinstance(body.value(key), list):
            raise self.unreadable(operation, answer, f"the list {key!r}")
        return body.texts(key)

    def id_from_location(self, operation: Operation) -> str:
        """Send a creation; gives the id at the end of `Location`, as Onezone tells it."""
        answer = self.perform(operation)
        identifier = last_segment(answer.headers.get("Location") or "")
        if not identifier:
            raise self.unreadable(operation, answer, "the id of what was created")
        return checked(identifier, f"id from {self.name}")

    def id_from_body(self, operation: Operation, *keys: str) -> str:
        """Send a creation; gives the id in the body, as Onepanel and Oneprovider tell it."""
        answer = self.perform(operation)
        identifier = Fields(answer.json()).text(*keys)
        if not identifier:
            raise self.unreadable(operation, answer, f"{keys[0]!r}")
        return checked(identifier, f"id from {self.name}")

    def done_unless_there(self, operation: Operation) -> bool:
        """Send; True when it was done now, False when it had been done before (409)."""
        try:
            self.perform(operation)
        except AlreadyThere:
            return False
        return True

    def is_healthy(self) -> bool:
        """Whether the service says that it is well; True where the release (20.02) cannot tell.

        Raises Unavailable where it does not answer at all.
        """
        answer = self.answer_to(get("say how it is", "health", authenticated=False))
        return answer.ok or answer.status in _WITHOUT_HEALTH


_WITHOUT_HEALTH = (404, 405)


def get(phrase: str, path: str, **options: Any) -> Operation:
    """Make a reading operation."""
    return Operation(phrase, "GET", path, **options)


def at(*segments: str) -> str:
    """Build a path of words and ids, each one segment; raises InvalidIdentifier for an id that cannot be one."""
    return "/".join(checked(segment) for segment in segments)


def encoded(text: str) -> str:
    """Percent-encode a name, so that it is one segment of a path; raises Refused for `.` and `..`."""
    if text in {".", ".."}:
        raise Refused(f"{text!r} cannot be part of an address.")
    return quote(text, safe="")
