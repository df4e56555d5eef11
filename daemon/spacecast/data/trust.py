"""Whom to trust: the system's certificate authorities, the bundled ones, and the facility's own where that is named."""

import ssl
from os import environ
from pathlib import Path

BUNDLE_VARIABLES = ("SPACECAST_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def trust_for(address: str) -> ssl.SSLContext | bool:
    """Give what verifies an address; reading the certificates takes a while, and plain http needs none."""
    if not address.startswith("https:"):
        return True
    from spacecast.transport import trusted_authorities  # noqa: PLC0415 - it loads what sends the daemon's requests

    named = next((environ[name] for name in BUNDLE_VARIABLES if environ.get(name)), None)
    return trusted_authorities(Path(named) if named else None)
