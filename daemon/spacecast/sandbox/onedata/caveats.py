"""Caveats: what confines a token, which tokens may carry which, and whether they hold for a request."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spacecast.sandbox.onedata import errors

Caveat = dict[str, Any]

DATA_CAVEATS = ("data.readonly", "data.path", "data.objectid")
_ANY_TOKEN = ("time", "ip", "asn", "geo.country", "geo.region", "consumer")
_ACCESS_TOKEN = (*_ANY_TOKEN, "service", "interface", "api", *DATA_CAVEATS)
_INTERFACES = ("rest", "graphsync", "oneclient")
_PEER = ipaddress.ip_address("127.0.0.1")


@dataclass(frozen=True)
class Circumstances:
    """Where a token is presented."""

    service: str
    """`ozw-onezone`, `opw-{provider}` or `opp-{provider}`."""
    interface: str | None
    now: float
    """Seconds since the epoch."""
    data_caveats_allowed: bool = False
    writes: bool = False


def check_caveats(caveats: object, *, access_token: bool) -> list[Caveat]:
    """Validate the caveats of a token to be made; raise badValueCaveat for one that is malformed or not allowed."""
    if not isinstance(caveats, list):
        raise errors.bad_value("badValueJSON", "caveats", "a list of caveats")
    for caveat in caveats:
        if not (isinstance(caveat, dict) and _well_formed(caveat)):
            raise errors.bad_caveat(caveat)
        if caveat["type"] not in (_ACCESS_TOKEN if access_token else _ANY_TOKEN):
            raise errors.bad_caveat(caveat)
    return caveats


def _well_formed(caveat: Caveat) -> bool:
    kind = caveat.get("type")
    if kind == "time":
        until = caveat.get("validUntil", "")
        return until is None or (isinstance(until, int) and not isinstance(until, bool))
    if kind == "interface":
        return caveat.get("interface") in _INTERFACES
    if kind in ("geo.country", "geo.region"):
        return caveat.get("filter") in ("whitelist", "blacklist") and _filled_list(caveat.get("list"))
    if kind == "data.readonly":
        return True
    return kind in _ACCESS_TOKEN and _filled_list(caveat.get("whitelist"))


def _filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def first_unverified(caveats: list[Caveat], circumstances: Circumstances, *, consumer: str) -> Caveat | None:
    """Give the first caveat that does not hold, None when all do; the consumer is `usr-{id}` or `prv-{id}`."""
    for caveat in caveats:
        if caveat["type"] == "consumer":
            if consumer not in caveat["whitelist"] and f"{consumer[:3]}-*" not in caveat["whitelist"]:
                return caveat
        elif not _CHECKS[caveat["type"]](caveat, circumstances):
            return caveat
    return None


def expiry(caveats: list[Caveat]) -> int | None:
    """Give the earliest end of validity, None when there is none."""
    ends = [caveat["validUntil"] for caveat in caveats if caveat["type"] == "time" and caveat["validUntil"]]
    return min(ends, default=None)


def _time_holds(caveat: Caveat, circumstances: Circumstances) -> bool:
    return caveat["validUntil"] is None or circumstances.now < caveat["validUntil"]


def _address_holds(caveat: Caveat, _circumstances: Circumstances) -> bool:
    return any(_PEER in ipaddress.ip_network(mask, strict=False) for mask in caveat["whitelist"])


def _service_holds(caveat: Caveat, circumstances: Circumstances) -> bool:
    service = circumstances.service
    return service in caveat["whitelist"] or f"{service[:3]}-*" in caveat["whitelist"]


def _interface_holds(caveat: Caveat, circumstances: Circumstances) -> bool:
    return bool(caveat["interface"] == circumstances.interface)


def _api_holds(caveat: Caveat, _circumstances: Circumstances) -> bool:
    # Single operations are not told apart here: only the pattern that allows everything does.
    return any(pattern in ("all", "all/all/*.*.*:*") for pattern in caveat["whitelist"])


def _data_holds(_caveat: Caveat, circumstances: Circumstances) -> bool:
    return circumstances.data_caveats_allowed


def _readonly_holds(_caveat: Caveat, circumstances: Circumstances) -> bool:
    return circumstances.data_caveats_allowed and not circumstances.writes


def _never_holds(_caveat: Caveat, _circumstances: Circumstances) -> bool:
    # Loopback has neither a country nor an autonomous system.
    return False


_CHECKS: Mapping[str, Callable[[Caveat, Circumstances], bool]] = {
    "time": _time_holds,
    "ip": _address_holds,
    "asn": _never_holds,
    "geo.country": _never_holds,
    "geo.region": _never_holds,
    "service": _service_holds,
    "interface": _interface_holds,
    "api": _api_holds,
    "data.readonly": _readonly_holds,
    "data.path": _data_holds,
    "data.objectid": _data_holds,
}
