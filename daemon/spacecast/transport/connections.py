"""Pooled connections that note whether a request left this machine, and whom they trust.

The exceptions of `requests` do not tell whether a TLS or connection fault struck before the request was
written or while its reply was read; for a request that creates something this is the question that matters.
"""

import ssl
import threading
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssl_ import create_urllib3_context

from spacecast.transport.faults import BadRequest


class Departure(threading.local):
    """What is known of the request that the current thread is sending."""

    sent = False
    on_used_connection = False

    def reset(self) -> None:
        """Forget the request before."""
        self.sent = False
        self.on_used_connection = False


departure = Departure()


class _NotingConnection(HTTPConnection):
    _replies = 0

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
            self._replies = 0
        departure.sent = True
        departure.on_used_connection = self._replies > 0
        super().send(data)

    def getresponse(self) -> Any:
        response: BaseHTTPResponse = super().getresponse()
        self._replies += 1
        return response


class _NotingSecureConnection(_NotingConnection, HTTPSConnection):
    pass


class _NotingPool(HTTPConnectionPool):
    ConnectionCls = _NotingConnection


class _NotingSecurePool(HTTPSConnectionPool):
    ConnectionCls = _NotingSecureConnection


class NotingAdapter(HTTPAdapter):
    """A `requests` adapter over noting connections; it never repeats a request by itself."""

    def __init__(self, *, trust: ssl.SSLContext, pool_size: int) -> None:
        self._trust = trust
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=0, pool_block=True)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make the pool; called by the base class."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, ssl_context=self._trust, **kwargs)
        manager.pool_classes_by_scheme = {"http": _NotingPool, "https": _NotingSecurePool}
        self.poolmanager = manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Verify always; the authorities are in the context already, read once and not for each connection."""
        del url, verify, cert
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = None
        conn.ca_cert_dir = None


def trusted_authorities(ca_bundle: Path | None) -> ssl.SSLContext:
    """Make a TLS context that trusts the system's, the bundled and, where given, the facility's own authorities.

    The bundle adds to the others, since zone and provider need not be certified by the same authority.
    Raises BadRequest where the bundle cannot be read or holds no certificate.
    """
    context = create_urllib3_context()
    context.load_default_certs()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if ca_bundle is not None:
        _add(context, ca_bundle)
    return context


def no_authorities() -> ssl.SSLContext:
    """Make a TLS context that trusts nobody: for plain http, where reading hundreds of certificates is for nothing."""
    return create_urllib3_context()


def _add(context: ssl.SSLContext, ca_bundle: Path) -> None:
    try:
        context.load_verify_locations(ca_bundle)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadRequest(
            f"{ca_bundle}: cannot be used as CA bundle: {reason}. Give a readable PEM file with the certificate "
            "of the authority that signed the services' certificates."
        ) from error


def new_session(*, trust: ssl.SSLContext, pool_size: int) -> requests.Session:
    """Make a session without cookies, and deaf to the environment.

    Proxies and `.netrc` of whoever started the daemon must neither see nor replace its tokens.
    """
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = NotingAdapter(trust=trust, pool_size=pool_size)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session
