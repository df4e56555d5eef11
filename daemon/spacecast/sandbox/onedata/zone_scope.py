"""Zone: what an access token can reach, in one call; this is what the official file client lives on."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.caveats import Circumstances, expiry
from spacecast.sandbox.onedata.entities import Space
from spacecast.sandbox.onedata.messages import Reply, json_reply
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.tokens import Token, check_access_token, check_caveats_hold
from spacecast.sandbox.onedata.zone_service import PREFIX

ROUTES = Routes(PREFIX)


@ROUTES.on("POST", "/tokens/infer_access_token_scope")
def infer_access_token_scope(call: Call) -> Reply:
    """Tell spaces, their names and where they are supported; public, the token is in the body."""
    if not call.state.release.infers_scope:
        raise errors.EmptyError(404)
    token = _usable_token(call)
    spaces = list(call.state.spaces_of(token.subject))
    return json_reply({"validUntil": expiry(token.caveats), "dataAccessScope": _scope(call, token, spaces)})


def _usable_token(call: Call) -> Token:
    text = bodies.require(call.body, "token")
    circumstances = Circumstances(
        service="opw-any", interface="rest", now=call.state.wall_clock(), data_caveats_allowed=True
    )
    try:
        token = call.world.mint.read(text)
        check_access_token(call.state, token)
        others = [caveat for caveat in token.caveats if caveat["type"] != "service"]
        check_caveats_hold(Token(token.id, token.named, token.subject, token.type, others), circumstances)
    except errors.ApiError as error:
        raise errors.bad_token_value("token", error) from error
    return token


def _scope(call: Call, token: Token, spaces: list[Space]) -> dict[str, Any]:
    shown = {space.id: {"name": space.name, "supports": _supports(call, space)} for space in spaces}
    supporting = {provider_id for space in shown.values() for provider_id in space["supports"]}
    return {
        "readonly": any(caveat["type"] == "data.readonly" for caveat in token.caveats),
        "spaces": shown,
        "providers": {provider_id: _provider(call, provider_id) for provider_id in sorted(supporting)},
    }


def _supports(call: Call, space: Space) -> dict[str, Any]:
    storages = call.state.storages
    return {
        support.provider_id: {"readonly": storages[support.storage_id].readonly}
        for support in call.state.supports_of_space(space.id)
    }


def _provider(call: Call, provider_id: str) -> dict[str, Any]:
    provider = call.state.providers[provider_id]
    return {
        "name": provider.name,
        "domain": provider.domain,
        "version": call.state.release.version,
        "online": provider.online,
    }
