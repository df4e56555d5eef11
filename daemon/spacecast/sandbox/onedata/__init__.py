"""An embedded Onedata (zone, providers and their panels) that speaks real HTTP on loopback."""

from spacecast.sandbox.onedata.exchanges import Exchange, ExchangeLog
from spacecast.sandbox.onedata.faults import (
    Dribble,
    DropAfter,
    FaultRule,
    FaultRules,
    HalfMade,
    Hang,
    Late,
    ResetBefore,
    Slow,
    Status,
    Truncated,
    TruncatedJson,
)
from spacecast.sandbox.onedata.sandbox import OnedataSandbox, SandboxUser
from spacecast.sandbox.onedata.settings import Delays

__all__ = [
    "Delays",
    "Dribble",
    "DropAfter",
    "Exchange",
    "ExchangeLog",
    "FaultRule",
    "FaultRules",
    "HalfMade",
    "Hang",
    "Late",
    "OnedataSandbox",
    "ResetBefore",
    "SandboxUser",
    "Slow",
    "Status",
    "Truncated",
    "TruncatedJson",
]
