"""What Onedata's services can answer other than yes, sorted by what the caller can do.

OnedataFault
├── Passing
│   ├── Unavailable       the service does not work at the moment: wait
│   ├── RateLimited       it asks for patience: wait as long as it says
│   ├── NotVisibleYet     what Onezone knows has not reached the provider: wait, with a bound
│   ├── StillInUse        something that was let go of is still held: wait, with a bound
│   └── OutcomeUnclear    it may have happened: find it before asking again
├── AlreadyThere          find it and compare
├── Gone                  it does not exist (any more)
└── NeedsPerson
├── Unauthorized      the token is not accepted
├── Forbidden         the token lacks a privilege
├── Refused           the request can never succeed as it is
└── Conflict          something else holds the place
"""

from collections.abc import Mapping
from typing import Any

from spacecast.faults import Fault, NeedsPerson, Passing, Unclear


class OnedataFault(Fault):
    """A request to Onedata that did not succeed.

    `status` is None where no answer came; `error_id` and `details` are Onedata's own, unwrapped, empty where the
    answer had none. `operation` completes "could not …".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        error_id: str = "",
        details: Mapping[str, Any] | None = None,
        service: str = "",
        operation: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error_id = error_id
        self.details: Mapping[str, Any] = details or {}
        self.service = service
        self.operation = operation
        # Passing sets it to None above; of no meaning in the other kinds.
        self.retry_after_seconds = retry_after_seconds


class Unavailable(OnedataFault, Passing):
    """The service, or one that it depends on, does not work at the moment."""


class RateLimited(OnedataFault, Passing):
    """Too many requests, says a proxy in front of the service."""


class NotVisibleYet(OnedataFault, Passing):
    """The provider has not learned yet what Onezone knows; where it lasts, a person has to look."""


class StillInUse(OnedataFault, Passing):
    """A storage cannot go while it supports a space, nor some seconds after."""


class OutcomeUnclear(OnedataFault, Unclear):
    """A creation that may or may not have happened."""


class AlreadyThere(OnedataFault):
    """What was to be created exists, or its unique name is taken."""


class Gone(OnedataFault):
    """The object does not exist; an answer of the service itself, never that of a proxy."""


class Unauthorized(OnedataFault, NeedsPerson):
    """The token is not accepted; no request with it will be."""


class Forbidden(OnedataFault, NeedsPerson):
    """The token's user lacks a privilege."""


class Refused(OnedataFault, NeedsPerson):
    """The request is not acceptable and will not become so by waiting."""


class Conflict(OnedataFault, NeedsPerson):
    """Something of somebody else holds what was asked for."""
