"""The Tiled server: is it there, does it accept the key, may the key register, can the server read what it serves."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from spacecast.config import Config, Tiled
from spacecast.faults import Fault
from spacecast.service.preflight.connection import check_certificate, check_clock
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.remedies import connection_remedy
from spacecast.service.preflight.tiled_reading import check_reading
from spacecast.transport import Answer, Transport, UntrustedService

NOTES = Notes("tiled")
OLDEST = (0, 2, 20)
NEEDED_SCOPES = (
    "read:metadata",
    "read:data",
    "create:node",
    "register",
    "write:metadata",
    "delete:node",
    "delete:revision",
)
_DAYS_LEFT = 21
_DAY_SECONDS = 86_400.0


def check_tiled(
    config: Config, wall_clock: Callable[[], float] = time.time, *, reported: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Look at the Tiled server; where it does not answer, that is the only finding.

    `reported` are the texts of what has been said already, with the config.
    """
    if config.tiled is None:
        yield NOTES.ok("connection", "no Tiled server is configured; nothing is registered")
        return
    with _transport(config, config.tiled) as transport:
        try:
            answer = transport.request("GET", "/", authenticated=False)
        except Fault as fault:
            yield NOTES.problem("connection", str(fault), _remedy(fault, config.tiled))
            return
        about = answer.json()
        if not answer.ok or not isinstance(about, dict) or "library_version" not in about:
            message = f"{config.tiled.url} answers {answer.status}, but not as a Tiled server does"
            yield NOTES.problem("connection", message, "Correct tiled.url: the server's address without /api/v1.")
            return
        yield _version(config.tiled, str(about["library_version"]))
        yield _entering(config, config.tiled)
        yield from check_certificate(NOTES, config.tiled.url, wall_clock=wall_clock)
        yield from check_clock(NOTES, answer, wall_clock)
        try:
            with_key = transport.request("GET", f"metadata/{_path_of(config.tiled)}")
        except Fault as fault:
            if str(fault) not in reported:
                yield NOTES.problem("key", str(fault), _remedy(fault, config.tiled))
            return
        yield from _check_key(transport, config.tiled, about, with_key, wall_clock)


_START = "Start it: tiled serve config tiled.yaml (the sample is config/tiled.yaml)."


def _remedy(fault: Fault, tiled: Tiled) -> str:
    if isinstance(fault, UntrustedService):
        return "For Tiled the host's own authorities count, and no ca_bundle: update-ca-certificates adds one to them."
    return connection_remedy(fault, tiled.url, "tiled.url", _START)


def _transport(config: Config, tiled: Tiled, part: str = "api/v1") -> Transport:
    return Transport(
        f"{tiled.url}/{part}",
        headers=lambda: {"Authorization": f"Apikey {tiled.api_key.reveal()}"},
        service=f"Tiled at {tiled.url}",
        connect_timeout_seconds=config.limits.connect_timeout,
        read_timeout_seconds=config.limits.read_timeout,
        pool_size=1,
    )


def _version(tiled: Tiled, version: str) -> Finding:
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers >= OLDEST:
        return NOTES.ok("version", f"Tiled {version} at {tiled.url}")
    oldest = ".".join(map(str, OLDEST))
    message = f"Tiled {version} at {tiled.url} is older than what Spacecast was tried with ({oldest})"
    return NOTES.warning(
        "version", message, f"pip install 'tiled[server]>={oldest}', then `tiled catalog upgrade-database`."
    )


def _entering(config: Config, tiled: Tiled) -> Finding:
    """Say how the server enters files; it tells where it runs `spacecast.tiled_server`. Either way is in order."""
    with _transport(config, tiled, "custom") as transport:
        try:
            answer = transport.request("GET", "spacecast", authenticated=False)
        except Fault as fault:
            return NOTES.ok("registering", f"how the server enters files could not be asked: {fault}")
    told = answer.json() if answer.ok else None
    if not isinstance(told, dict) or told.get("files") not in ("at once", "one by one"):
        message = "the server enters files one by one; `routers:` in config/tiled.yaml makes that several times as fast"
        return NOTES.ok("registering", message)
    reason = f": {told['reason']}" if told.get("reason") else ""
    return NOTES.ok("registering", f"the server enters files {told['files']}{reason}")


def _path_of(tiled: Tiled) -> str:
    return "/".join(quote(key, safe="") for key in tiled.path)


def _check_key(
    transport: Transport, tiled: Tiled, about: dict[str, Any], answer: Answer, wall_clock: Callable[[], float]
) -> Iterator[Finding]:
    """Judge by the answer for the container in which datasets are registered, and ask on."""
    path = _path_of(tiled)
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        yield NOTES.problem("key", f"the server refuses it ({answer.status}): {_detail(answer)}", _key_remedy(tiled))
        return
    yield NOTES.ok("key", "the server accepts it")
    if _has_users(about):
        yield from _scopes(transport, tiled, wall_clock)
    yield _path(tiled, answer)
    yield _anonymous(transport, path)
    if answer.ok:
        yield from check_reading(NOTES, transport, path)


def _key_remedy(tiled: Tiled) -> str:
    place = f"${tiled.api_key.place}" if tiled.api_key.kind == "env" else tiled.api_key.place
    return f"Put the server's key (TILED_SINGLE_USER_API_KEY, or a service's key) where tiled.api_key says: {place}"


def _has_users(about: dict[str, Any]) -> bool:
    authentication = about.get("authentication")
    return isinstance(authentication, dict) and bool(authentication.get("providers"))


def _scopes(transport: Transport, tiled: Tiled, wall_clock: Callable[[], float]) -> Iterator[Finding]:
    answer = transport.request("GET", "auth/apikey")
    told = answer.json()
    if not answer.ok or not isinstance(told, dict):
        message = f"what it may do is not told ({answer.status})"
        yield NOTES.warning("key", message, f"It needs the scopes {' '.join(NEEDED_SCOPES)}.")
        return
    scopes = told.get("scopes") or []
    missing = [] if "inherit" in scopes else [scope for scope in NEEDED_SCOPES if scope not in scopes]
    if missing:
        remedy = "Have an administrator make a key for the service with " + " ".join(NEEDED_SCOPES)
        yield NOTES.problem("key", f"lacks the scopes {' '.join(missing)}", f"{remedy}. {_key_remedy(tiled)}")
    yield from _expiry(told.get("expiration_time"), tiled, wall_clock)


def _expiry(ends: object, tiled: Tiled, wall_clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        moment = datetime.fromisoformat(str(ends))
    except ValueError:  # also None, for a key without an end
        return
    # Tiled's times are in UTC, whether they say so or not.
    end = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    left_days = (end.timestamp() - wall_clock()) / _DAY_SECONDS
    if left_days < _DAYS_LEFT:
        yield NOTES.warning("key", f"ends in {max(0.0, left_days):.0f} days", _key_remedy(tiled))


def _path(tiled: Tiled, answer: Answer) -> Finding:
    path = "/".join(tiled.path)
    if answer.status == HTTPStatus.NOT_FOUND:
        return NOTES.ok("path", f"the container {path} is not there yet; it is made with the first dataset")
    body = answer.json()
    attributes = (body.get("data") or {}).get("attributes") if isinstance(body, dict) else None
    if not answer.ok or not isinstance(attributes, dict):
        return NOTES.problem("path", f"{path}: the server answers {answer.status}", "Look into the log of the server.")
    if attributes.get("structure_family") != "container":
        message = f"{path} is a {attributes.get('structure_family')}, not a container"
        return NOTES.problem("path", message, "Set tiled.path to a container of its own.")
    count = (attributes.get("structure") or {}).get("count")
    return NOTES.ok("path", f"the container {path} is there, with {count} entries")


def _anonymous(transport: Transport, path: str) -> Finding:
    answer = transport.request("GET", f"metadata/{path}", authenticated=False)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return NOTES.ok("readers", "only those with a key can read")
    return NOTES.ok("readers", "everybody who reaches the server can read, without a key")


def _detail(answer: Answer) -> str:
    body = answer.json()
    detail = body.get("detail") if isinstance(body, dict) else None
    return detail if isinstance(detail, str) else "it does not say why"
