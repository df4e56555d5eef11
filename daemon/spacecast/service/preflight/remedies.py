"""What to do where a service cannot be reached, or does not take a secret: by the kind of fault.

Nothing where the fault's own words say it.
"""

import shlex
import socket
from urllib.parse import urlsplit

import urllib3

from spacecast.config import Secret
from spacecast.faults import Fault, NeedsPerson
from spacecast.onedata import Unauthorized
from spacecast.transport.diagnosis import causes

_UNKNOWN_HOST = (socket.gaierror, urllib3.exceptions.NameResolutionError)
# urllib3 has a kind for connections that were tried too long, which Python's does not cover.
_TIMEOUTS = (TimeoutError, urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ConnectTimeoutError)


def connection_remedy(fault: Fault, url: str, key: str, start: str) -> str:
    """Say what to do where the service at `url`, the config's `key`, gave no answer; `start` says how to start it."""
    kinds = list(causes(fault))
    host = urlsplit(url).hostname or ""
    if isinstance(fault, NeedsPerson):
        return ""
    if any(isinstance(kind, _UNKNOWN_HOST) for kind in kinds):
        return f"getent hosts {shlex.quote(host)}   (nothing: correct {key} in the config, or the name service)"
    if any(isinstance(kind, ConnectionRefusedError) for kind in kinds):
        return f"{start} Or correct {key} in the config: {url}"
    if any(isinstance(kind, _TIMEOUTS) for kind in kinds):
        return (
            f"curl -v {shlex.quote(url)}   (no connection: a firewall on the way; a connection without an answer:"
            f" the service hangs, have it restarted); its address is {key}"
        )
    return f"{start} Its address is {key}: {url}"


def token_place(secret: Secret, key: str) -> str:
    """Say where the config has a token from."""
    place = {"file": f"the file {secret.place}", "env": f"the environment variable {secret.place}"}
    where = place.get(secret.kind, f"the file behind the systemd credential {secret.place}")
    return f"{where} ({key})"


def new_token(secret: Secret, key: str) -> str:
    """Say how to get a token and where it goes."""
    return f"Make an access token in Onezone (Tokens > Create) and put it into {token_place(secret, key)}."


def token_remedy(fault: Fault, secret: Secret, key: str) -> str:
    """Say what to do where a request with the token ended with this fault."""
    return new_token(secret, key) if isinstance(fault, Unauthorized) else ""
