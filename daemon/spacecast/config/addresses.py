"""Addresses of services: `https://` everywhere, `http://` only where nothing leaves this machine."""

import ipaddress
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, WithJsonSchema

from spacecast.config.wrong import wrong


def service_url(value: object) -> str:
    """Give the address without a final slash.

    Refused: other schemes, a missing host, user names, queries, fragments, API paths, and `http://` to
    another machine, where a token would travel in clear text. The message never repeats the value, since
    it may hold a password.
    """
    if not isinstance(value, str):
        raise wrong('must be an address such as "https://host.example.org"')
    parts = _split(value.strip())
    _check_plain(parts)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise wrong(f"http:// would send the token to {parts.hostname} in clear text: use https://")
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def posting_url(value: str) -> str:
    """Give an address to post to, as it is; unlike a service's it may have a path of any kind and a query.

    Refused: other schemes, a missing host, user names, fragments, and `http://` to another machine.
    """
    parts = _split(value.strip())
    if parts.username is not None or parts.password is not None:
        raise wrong("must not hold a user name or password: the posts are signed instead")
    if parts.fragment or any(character.isspace() or not character.isprintable() for character in parts.geturl()):
        raise wrong("holds a fragment (#), a space or a control character")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise wrong(f"http:// would post to {parts.hostname} in clear text: use https://")
    return parts.geturl()


def is_loopback(host: str) -> bool:
    """Tell whether the host name or address is this machine by definition, without asking a name server."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise wrong("is not an address: host or port cannot be read") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits:
        raise wrong('must be an address such as "https://host.example.org" or "https://host.example.org:8443"')
    return parts


def _check_plain(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        raise wrong("must not hold a user name or password: give the secret under its own key")
    if parts.query or parts.fragment:
        raise wrong("must not have a query (?) or fragment (#)")
    if any(character.isspace() or not character.isprintable() for character in parts.geturl()):
        raise wrong("holds a space or control character")
    if "/api/v" in f"{parts.path}/":
        raise wrong("must be the service's address alone: leave out /api/...")


ServiceUrl = Annotated[
    str,
    BeforeValidator(service_url),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"}),
]
