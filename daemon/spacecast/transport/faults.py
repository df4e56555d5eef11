"""Why a request got no answer, told apart by whether the service may have acted on it.

Passing
├── ServiceDown         nothing was sent: the whole service is known to be out (in `gate`)
├── NoAnswer            nothing happened, or repeating does no harm
└── Unclear
    └── ReplyLost       the request left, its reply did not arrive
NeedsPerson
├── ServiceClosed       nothing was sent: the service is known to refuse everything (in `gate`)
├── UntrustedService    the certificate is not the one of the service
└── BadRequest          the request could not be made at all (URL, header, CA file)
"""

from spacecast.faults import NeedsPerson, Passing, Unclear


class NoAnswer(Passing):
    """No answer, and it is safe to ask again: it was certainly not sent, or repeating it does no harm."""


class AnswerTooLarge(NoAnswer):
    """The answer was longer than the bound and was not read to its end."""


class ReplyLost(Unclear):
    """A request that must not be repeated blindly was sent, and no complete reply came back."""


class UntrustedService(NeedsPerson):
    """The service's certificate does not prove that it is the service; nothing was sent."""


class BadRequest(NeedsPerson):
    """The request cannot be made from the given URL, header or CA file; nothing was sent."""
