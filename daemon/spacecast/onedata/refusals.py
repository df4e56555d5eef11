"""Reads the error bodies of the three services and tells which fault they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from spacecast.onedata.errors import (
    AlreadyThere,
    Conflict,
    Forbidden,
    Gone,
    NotVisibleYet,
    OnedataFault,
    OutcomeUnclear,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from spacecast.secrecy import without_secrets
from spacecast.transport import Answer, Trouble, trouble_in

ServiceKind = Literal["zone", "provider", "panel"]

_DEEPEST_WRAPPING = 8
_LONGEST_DESCRIPTION = 300

# Passing whatever the status: Onepanel reports some of them with 400, inside its map per storage.
_PASSING_IDS = frozenset({
    "serviceUnavailable",
    "noConnectionToOnezone",
    "noConnectionToPeerOneprovider",
    "noConnectionToClusterNode",
    "unregisteredOneprovider",
    "timeout",
    "temporaryFailure",
    "externalServiceOperationFailed",
    "internalServerError",
})  # fmt: skip
_GONE_POSIX = frozenset({"enoent", "enodata"})
_FORBIDDEN_POSIX = frozenset({"eacces", "eperm"})


@dataclass(frozen=True)
class Refusal:
    """An answer that is not a success, taken apart; `error_id` is empty where the body is not Onedata's."""

    status: int
    error_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    retry_after_seconds: float | None = None

    @property
    def posix_code(self) -> str:
        """The POSIX error name of a file-level refusal, in lower case, or an empty text."""
        return str(self.details.get("errno", "")).lower() if self.error_id == "posix" else ""

    @property
    def authentication_error(self) -> Mapping[str, Any]:
        """The nested reason of a 401; empty where there is none."""
        nested = self.details.get("authError")
        return nested if isinstance(nested, Mapping) else {}


def read_refusal(answer: Answer) -> Refusal:
    """Take apart an answer, with an empty, HTML, cut off or wrapped body too."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return refusal_of(error, answer.status, retry_after_seconds=answer.retry_after_seconds)


def trouble_of_service(answer: Answer) -> Trouble | None:
    """Tell what an answer says against the service as a whole; a 401 may mean something else than a bad token."""
    if answer.status != HTTPStatus.UNAUTHORIZED:
        return trouble_in(answer)
    refusal = read_refusal(answer)
    reason = refusal.authentication_error.get("id")
    if reason == "noConnectionToOnezone":
        return Trouble("it cannot reach its Onezone (401 noConnectionToOnezone)")
    if reason == "userNotSupported":
        return None
    words = (for_people(reason), for_people(refusal.authentication_error.get("description")) or refusal.description)
    told = " ".join(word for word in (str(answer.status), *words) if word)
    return Trouble(f"it does not accept the token ({told.rstrip('.')})", is_token=True)


def refusal_of(error: Any, status: int, *, retry_after_seconds: float | None = None) -> Refusal:
    """Take apart the value of the key `error`; Onepanel's wrapper `errorOnNodes` is taken off."""
    inner = _unwrapped(error)
    details = inner.get("details")
    return Refusal(
        status=status,
        error_id=str(inner.get("id") or ""),
        details=details if isinstance(details, dict) else {},
        description=for_people(inner.get("description")),
        retry_after_seconds=retry_after_seconds,
    )


def _unwrapped(error: Any) -> Mapping[str, Any]:
    for _ in range(_DEEPEST_WRAPPING):
        if not isinstance(error, dict):
            return {}
        details = error.get("details")
        if error.get("id") != "errorOnNodes" or not isinstance(details, dict):
            return error
        error = details.get("error")
    return {}


def for_people(text: Any) -> str:
    """Make a text from outside fit for a message: one line, bounded, and no token that it may have echoed."""
    if not isinstance(text, str):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return without_secrets(" ".join(printable.split()))[:_LONGEST_DESCRIPTION]


def kind_of(refusal: Refusal, service_kind: ServiceKind, *, repeatable: bool) -> type[OnedataFault]:  # noqa: PLR0911 - a table
    """Decide what a refusal means for the caller; `repeatable` tells whether asking twice does no harm."""
    passing = Unavailable if repeatable else OutcomeUnclear
    status = refusal.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited
    if status == HTTPStatus.NOT_IMPLEMENTED:
        return Refused
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return passing
    if status == HTTPStatus.UNAUTHORIZED:
        return _kind_of_401(refusal, service_kind)
    if refusal.error_id in _PASSING_IDS:
        return passing
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden
    if status == HTTPStatus.NOT_FOUND:
        # A 404 that is not Onedata's comes from a proxy or a wrong URL and must not count as "the space is gone".
        return Gone if refusal.error_id else Unavailable
    if status == HTTPStatus.CONFLICT:
        return AlreadyThere
    return _kind_of_400(refusal, service_kind, passing)


def _kind_of_401(refusal: Refusal, service_kind: ServiceKind) -> type[OnedataFault]:
    reason = refusal.authentication_error.get("id")
    if reason == "noConnectionToOnezone":
        return Unavailable
    if reason == "userNotSupported" and service_kind == "provider":
        return NotVisibleYet
    return Unauthorized


def _kind_of_400(refusal: Refusal, service_kind: ServiceKind, passing: type[OnedataFault]) -> type[OnedataFault]:
    by_id: dict[str, type[OnedataFault]] = {
        "badValueIdentifierOccupied": AlreadyThere,
        "relationDoesNotExist": Gone,
        "storageInUse": Conflict,
        "notFound": Gone,
        "forbidden": Forbidden,
        "inviteTokenSubjectNotAuthorized": Forbidden,
    }
    if refusal.error_id == "spaceNotSupportedBy" and service_kind == "provider":
        return NotVisibleYet
    if refusal.error_id == "posix":
        return _kind_of_posix(refusal.posix_code, passing)
    return by_id.get(refusal.error_id, Refused)


def _kind_of_posix(code: str, passing: type[OnedataFault]) -> type[OnedataFault]:
    if code in _GONE_POSIX:
        return Gone
    if code in _FORBIDDEN_POSIX:
        return Forbidden
    # What Onezone refused, or could not be asked, while the provider registers a share with it.
    return passing if code == "eagain" else Refused
