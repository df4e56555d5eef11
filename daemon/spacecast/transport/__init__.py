"""How a request is sent: pooled connections, time-outs, trust, and honest faults when no answer came."""

from spacecast.transport.answer import Answer
from spacecast.transport.connections import trusted_authorities
from spacecast.transport.faults import AnswerTooLarge, BadRequest, NoAnswer, ReplyLost, UntrustedService
from spacecast.transport.gate import Closure, Gate, ServiceClosed, ServiceDown, Trouble, trouble_in
from spacecast.transport.gated import GatedTransport
from spacecast.transport.retry import (
    INTERVALS_SECONDS,
    NotReached,
    Stopped,
    await_condition,
    back_off_seconds,
    keep_trying,
)
from spacecast.transport.sender import StreamedAnswer, Transport

__all__ = [
    "INTERVALS_SECONDS",
    "Answer",
    "AnswerTooLarge",
    "BadRequest",
    "Closure",
    "Gate",
    "GatedTransport",
    "NoAnswer",
    "NotReached",
    "ReplyLost",
    "ServiceClosed",
    "ServiceDown",
    "Stopped",
    "StreamedAnswer",
    "Transport",
    "Trouble",
    "UntrustedService",
    "await_condition",
    "back_off_seconds",
    "keep_trying",
    "trouble_in",
    "trusted_authorities",
]
