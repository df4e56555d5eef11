"""What a Tiled server can answer other than yes, sorted by what the caller can do.

CatalogFault
├── Passing
│   ├── Unavailable     the server does not work at the moment: wait
│   ├── Failed          it stumbled over this request (500): clean up, try again, go on with the next entry
│   └── Overtaken       somebody else changed the same entries meanwhile: look again
├── AlreadyThere        the key is taken: look whose entry it is
├── Gone                there is no such entry (any more)
└── NeedsPerson
    ├── Unauthorized    the API key is not accepted, or lacks a scope
    ├── Forbidden       the server's access policy says no
    ├── NoAdapter       the server has no adapter for a format
    ├── Refused         the request can never succeed as it is
    └── Conflict        something that is not ours holds the place
"""

from http import HTTPStatus
from typing import Any

from spacecast.faults import Fault, NeedsPerson, Passing
from spacecast.transport import Answer

_LONGEST_DETAIL = 300


class CatalogFault(Fault):
    """A request to the Tiled server that did not succeed; `status` is None where no answer came."""

    def __init__(self, message: str, *, status: int | None = None, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        # Passing sets it to None above; of no meaning in the other kinds.
        self.retry_after_seconds = retry_after_seconds


class Unavailable(CatalogFault, Passing):
    """The server does not answer, or says that it is busy or starting."""


class Failed(CatalogFault, Passing):
    """The server failed at this request: its database was locked, or it cannot digest what was sent."""


class Overtaken(CatalogFault, Passing):
    """Entries came or went under our hands: somebody else is at work on the same dataset."""


class AlreadyThere(CatalogFault):
    """An entry with this key exists already; nothing was changed."""


class Gone(CatalogFault):
    """There is no entry at this path, or it is hidden from this API key."""


class Unauthorized(CatalogFault, NeedsPerson):
    """The API key is not accepted, or has not the scope that the operation needs."""


class Forbidden(CatalogFault, NeedsPerson):
    """The access policy, or a setting of the server, does not allow the operation."""


class NoAdapter(CatalogFault, NeedsPerson):
    """The server does not know the format of a file."""


class Refused(CatalogFault, NeedsPerson):
    """The server refuses the request, and would refuse it again."""


class Conflict(CatalogFault, NeedsPerson):
    """An entry that Spacecast has not made stands where one of its own belongs."""


_SCOPES = "read:metadata, read:data, create:node, register, write:metadata, delete:node, delete:revision"
_KINDS: dict[int, type[CatalogFault]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: Gone,
    HTTPStatus.CONFLICT: AlreadyThere,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: NoAdapter,
    HTTPStatus.TOO_MANY_REQUESTS: Unavailable,
    HTTPStatus.REQUEST_TIMEOUT: Unavailable,
    HTTPStatus.INTERNAL_SERVER_ERROR: Failed,
}
_ADVICE: dict[type[CatalogFault], str] = {
    Unauthorized: f"Give `tiled: api_key:` in the config a key with the scopes {_SCOPES}",
    Forbidden: "Ask the server's administrator: its access policy must let this key write here, with the"
    " `tiled: access_tags:` of the config, and `expose_raw_assets` must be on",
    NoAdapter: "Add the format to `adapters_by_mimetype` in the server's configuration, as in config/tiled.yaml, and"
    " restart the server",
    Refused: "Is the server of a release that Spacecast knows? `spacecast check` says more",
    Unavailable: "It is tried again",
    Failed: "It is tried again; the server's log says more",
}


def fault_from(answer: Answer, *, service: str, phrase: str) -> CatalogFault:
    """Make the fault that an unsuccessful answer is; `phrase` completes "could not …"."""
    kind = _kind(answer.status)
    advice = _ADVICE.get(kind)
    said = f"{service} answered {answer.status} ({_detail(answer)})"
    return kind(
        f"Could not {phrase}: {said}." + (f" {advice}." if advice else ""),
        status=answer.status,
        retry_after_seconds=answer.retry_after_seconds,
    )


def _kind(status: int) -> type[CatalogFault]:
    if status in _KINDS:
        return _KINDS[status]
    return Unavailable if status > HTTPStatus.INTERNAL_SERVER_ERROR else Refused


def _detail(answer: Answer) -> str:
    body: Any = answer.json()
    detail = body.get("detail", "") if isinstance(body, dict) else answer.text
    text = " ".join(str(detail).split())
    return text[:_LONGEST_DETAIL] if text.isprintable() and text else "without a reason"
