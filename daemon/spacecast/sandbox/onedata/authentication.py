"""Who is calling: the token in the headers, and what zone, provider and panel make of it."""

from dataclasses import dataclass

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call, World
from spacecast.sandbox.onedata.caveats import Circumstances
from spacecast.sandbox.onedata.messages import Request
from spacecast.sandbox.onedata.provider_view import ProviderView
from spacecast.sandbox.onedata.tokens import Token, check_access_token, check_caveats_hold

_BEARER = "Bearer "


def presented_token(request: Request) -> str | None:
    """Give the token of a request; the headers are looked at in the order of the servers."""
    headers = request.headers
    if "x-auth-token" in headers:
        return headers["x-auth-token"]
    if headers.get("authorization", "").startswith(_BEARER):
        return headers["authorization"][len(_BEARER) :]
    return headers.get("macaroon")


@dataclass(frozen=True)
class Verdict:
    """What the zone said about a token: what it is, or why not; and for a panel what its subject may do."""

    until: float
    token: Token | None = None
    refusal: errors.ApiError | None = None
    privileges: frozenset[str] | None = None


class Authenticator:
    """Finds the caller of a request; provider and panel remember what the zone said, refusals included."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state
        self._verdicts: dict[tuple[str, str], Verdict] = {}

    def at_zone(self, call: Call) -> None:
        """Identify the caller of the zone; data caveats are not accepted there."""
        text = presented_token(call.request)
        if text is not None:
            self._enter(call, self._verify(text, self._circumstances("ozw-onezone", interface="rest")))
        elif call.request.headers.get("authorization", "").startswith("Basic "):
            raise errors.unauthorized(errors.token_error("badBasicCredentials"))

    def at_provider(self, call: Call, *, writes: bool) -> None:
        """Identify the caller of a provider, who must belong to a space supported there."""
        text = presented_token(call.request)
        if text is None:
            return
        service = f"opw-{call.here.id}"
        circumstances = self._circumstances(service, interface="rest", writes=writes)
        verdict = self._remembered(service, text) or self._ask_for_provider(call, text, circumstances)
        if verdict.refusal is not None or verdict.token is None:
            raise verdict.refusal or errors.unauthorized()
        try:
            check_caveats_hold(verdict.token, circumstances)
        except errors.ApiError as error:
            raise errors.unauthorized(error) from error
        self._enter(call, verdict.token)

    def at_panel(self, call: Call) -> None:
        """Identify the caller of a panel and his privileges in its cluster."""
        text = presented_token(call.request)
        if text is None:
            return
        service = f"opp-{call.here.id}"
        # The panel has its tokens verified without an interface.
        circumstances = self._circumstances(service, interface=None)
        verdict = self._remembered(service, text)
        if verdict is None:
            self._need_zone()
            token = self._verify(text, circumstances)
            until = self._state.clock() + self._state.delays.panel_cache_seconds
            verdict = Verdict(until, token, privileges=call.here.cluster.privileges(token.subject))
            self._verdicts[service, text] = verdict
        if verdict.token is not None:
            self._enter(call, verdict.token)
            call.cluster_privileges = verdict.privileges

    def _ask_for_provider(self, call: Call, text: str, circumstances: Circumstances) -> Verdict:
        until = self._state.clock() + self._state.delays.verdict_cache_seconds
        try:
            self._need_zone()
            token = self._verify(text, circumstances, caveats=False)
            if not ProviderView(self._state, call.here).supports_some_space_of(token.subject):
                raise errors.unauthorized(errors.token_error("userNotSupported"))
            verdict = Verdict(until, token)
        except errors.ApiError as refusal:
            verdict = Verdict(until, refusal=refusal)
        self._verdicts[circumstances.service, text] = verdict
        return verdict

    def _remembered(self, service: str, text: str) -> Verdict | None:
        verdict = self._verdicts.get((service, text))
        return verdict if verdict is not None and verdict.until > self._state.clock() else None

    def _need_zone(self) -> None:
        if not self._state.zone_up:
            raise errors.unauthorized(errors.no_connection_to_zone())

    def _circumstances(self, service: str, *, interface: str | None, writes: bool = False) -> Circumstances:
        return Circumstances(
            service=service,
            interface=interface,
            now=self._state.wall_clock(),
            data_caveats_allowed=service.startswith("opw-"),
            writes=writes,
        )

    def _verify(self, text: str, circumstances: Circumstances, *, caveats: bool = True) -> Token:
        try:
            token = self._world.mint.read(text)
            check_access_token(self._state, token)
            if caveats:
                check_caveats_hold(token, circumstances)
        except errors.ApiError as error:
            raise errors.unauthorized(error) from error
        return token

    def _enter(self, call: Call, token: Token) -> None:
        call.token = token
        call.user = self._state.users[token.subject]
