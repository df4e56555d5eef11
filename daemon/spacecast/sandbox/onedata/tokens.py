"""Tokens: how they are written down, signed, read back and verified.

A token is base64url text that begins with `MDAx`, like a serialised macaroon, so that a leak can be searched for.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.caveats import Caveat, Circumstances, first_unverified
from spacecast.sandbox.onedata.state import State

_MARK = b"001"
_SIGNATURE_LENGTH = 32
_LONGEST = 1024 * 1024

ACCESS = "accessToken"
IDENTITY = "identityToken"
INVITE = "inviteToken"


@dataclass(frozen=True)
class Token:
    """What a token says, after its signature was found good."""

    id: str
    named: bool
    subject: str
    type: dict[str, Any]
    caveats: list[Caveat]

    @property
    def kind(self) -> str:
        """One of accessToken, identityToken, inviteToken."""
        return next(iter(self.type))

    @property
    def invite(self) -> dict[str, Any]:
        """Invite type and target of an invite token, empty for others."""
        return dict(self.type.get(INVITE, {}))


class TokenMint:
    """Writes and reads tokens with the secret of one zone."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def write(self, token: Token) -> str:
        """Serialise a token."""
        payload = json.dumps(
            {
                "id": token.id,
                "named": token.named,
                "subject": token.subject,
                "type": token.type,
                "caveats": token.caveats,
            },
            separators=(",", ":"),
        ).encode()
        return base64.urlsafe_b64encode(_MARK + self._sign(payload) + payload).rstrip(b"=").decode()

    def read(self, text: object) -> Token:
        """Read a token; raise badToken for what is none and tokenInvalid for a forged one."""
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise errors.token_error("badToken")
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (ValueError, binascii.Error) as error:
            raise errors.token_error("badToken") from error
        if not raw.startswith(_MARK):
            raise errors.token_error("badToken")
        raw = raw[len(_MARK) :]
        signature, payload = raw[:_SIGNATURE_LENGTH], raw[_SIGNATURE_LENGTH:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise errors.token_error("tokenInvalid")
        return Token(**json.loads(payload))

    def confine(self, text: object, caveats: list[Caveat]) -> str:
        """Give the token with more caveats."""
        token = self.read(text)
        return self.write(Token(token.id, token.named, token.subject, token.type, [*token.caveats, *caveats]))

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, hashlib.sha256)


def check_alive(state: State, token: Token) -> None:
    """Raise when a token is deleted or revoked or its subject is gone."""
    if token.named:
        stored = state.tokens.get(token.id)
        if stored is None:
            raise errors.token_error("tokenInvalid")
        if stored.revoked:
            raise errors.token_error("tokenRevoked")
    if token.subject not in state.users:
        raise errors.token_error("tokenSubjectInvalid")


def check_access_token(state: State, token: Token) -> None:
    """Raise unless this is a live access token."""
    if token.kind != ACCESS:
        raise errors.token_error("notAnAccessToken", {"received": token.type})
    check_alive(state, token)


def check_caveats_hold(token: Token, circumstances: Circumstances) -> None:
    """Raise when a caveat does not hold; a token without other consumer is consumed by its subject."""
    unverified = first_unverified(token.caveats, circumstances, consumer=f"usr-{token.subject}")
    if unverified is not None:
        raise errors.caveat_unverified(unverified)
