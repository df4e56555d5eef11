"""Zone: what anybody can ask about a token that he has: what it says, whose it is, and a confined one."""

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.caveats import Circumstances, check_caveats, expiry
from spacecast.sandbox.onedata.messages import Reply, json_reply
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.tokens import ACCESS, Token, check_access_token, check_caveats_hold
from spacecast.sandbox.onedata.zone_service import PREFIX

ROUTES = Routes(PREFIX)


@ROUTES.on("POST", "/tokens/examine")
def examine(call: Call) -> Reply:
    """Tell what a token says; public."""
    token = _token_in_body(call)
    return json_reply(
        {
            "onezoneDomain": call.state.zone_domain,
            "id": token.id,
            "persistence": "named" if token.named else "temporary",
            "subject": {"type": "user", "id": token.subject},
            "type": token.type,
            "caveats": token.caveats,
        }
    )


@ROUTES.on("POST", "/tokens/confine")
def confine(call: Call) -> Reply:
    """Give the token with more caveats; public."""
    token = _token_in_body(call)
    caveats = check_caveats(bodies.require(call.body, "caveats"), access_token=token.kind == ACCESS)
    return json_reply({"token": call.world.mint.confine(call.body["token"], caveats)})


@ROUTES.on("POST", "/tokens/verify_access_token")
def verify(call: Call) -> Reply:
    """Tell whose access token this is and how long it lives; public. A bad one is 401."""
    token = _token_in_body(call)
    circumstances = Circumstances(
        service="ozw-onezone",
        interface=call.body.get("interface"),
        now=call.state.wall_clock(),
        data_caveats_allowed=bool(call.body.get("allowDataAccessCaveats", False)),
    )
    check_access_token(call.state, token)
    check_caveats_hold(token, circumstances)
    end = expiry(token.caveats)
    left = None if end is None else int(end - call.state.wall_clock())
    return json_reply({"subject": {"type": "user", "id": token.subject}, "ttl": left})


def _token_in_body(call: Call) -> Token:
    text = bodies.require(call.body, "token")
    try:
        return call.world.mint.read(text)
    except errors.ApiError as error:
        raise errors.bad_token_value("token", error) from error
