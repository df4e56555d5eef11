"""Zone: named and temporary tokens; making, listing, changing and deleting them."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.caveats import Caveat, check_caveats, expiry
from spacecast.sandbox.onedata.entities import NamedToken, User
from spacecast.sandbox.onedata.identifiers import new_id
from spacecast.sandbox.onedata.invites import check_invite_type, check_target
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.tokens import ACCESS, IDENTITY, INVITE, Token
from spacecast.sandbox.onedata.zone_service import PREFIX, zone_location

ROUTES = Routes(PREFIX)
LONGEST_TEMPORARY_SECONDS = 2_592_000
_CHANGEABLE = ("name", "customMetadata", "revoked")


@ROUTES.on("POST", "/user/tokens/named")
def create_named(call: Call) -> Reply:
    """Make a named token of the caller."""
    return _create_named(call, call.caller())


@ROUTES.on("POST", "/users/{uid}/tokens/named")
def create_named_for_user(call: Call) -> Reply:
    """Make a named token of a user; for himself or an administrator of the zone."""
    return _create_named(call, _subject(call))


def _create_named(call: Call, subject: User) -> Reply:
    state, body = call.state, call.body
    name = bodies.require_name(body)
    _check_name_free(call, subject, name)
    token_type, caveats = _type_and_caveats(call)
    custom = bodies.mapping(body, "customMetadata")
    revoked = bodies.boolean(body, "revoked", default=False)
    limit, privileges = _invite_parameters(call, token_type, subject)
    token = Token(new_id(), True, subject.id, token_type, caveats)
    state.tokens[token.id] = NamedToken(
        id=token.id,
        name=name,
        subject=subject.id,
        type=token_type,
        caveats=caveats,
        custom=custom,
        creation_time=state.now(),
        text=call.world.mint.write(token),
        revoked=revoked,
        usage_limit=limit,
        privileges=privileges,
    )
    made = {"tokenId": token.id, "token": state.tokens[token.id].text}
    return created_at(zone_location(call, f"/tokens/named/{token.id}"), made)


def _check_name_free(call: Call, subject: User, name: str) -> None:
    if _by_name(call, subject.id, name) is not None:
        raise errors.identifier_occupied("name")


def _type_and_caveats(call: Call) -> tuple[dict[str, Any], list[Caveat]]:
    token_type = call.body.get("type", {ACCESS: {}})
    if (
        not isinstance(token_type, dict)
        or len(token_type) != 1
        or next(iter(token_type)) not in (ACCESS, IDENTITY, INVITE)
    ):
        raise errors.bad_value("badValueTokenType", "type", "a valid token type")
    if INVITE in token_type:
        check_invite_type(token_type[INVITE])
    return token_type, check_caveats(call.body.get("caveats", []), access_token=ACCESS in token_type)


def _invite_parameters(call: Call, token_type: dict[str, Any], subject: User) -> tuple[int | None, list[str] | None]:
    """Validate usage limit and privileges, which stand at the top of the body, and the target."""
    if INVITE not in token_type:
        return None, None
    kind = check_invite_type(token_type[INVITE])
    limit = None
    if call.body.get("usageLimit", "infinity") != "infinity":
        limit = bodies.integer(call.body, "usageLimit", low=1)
    privileges = bodies.privileges(call.body, "privileges", kind.privileges) if kind.privileges else None
    check_target(call.state, token_type[INVITE], subject.id, sets_privileges=privileges is not None)
    return limit, privileges


@ROUTES.on("GET", "/user/tokens/named")
def my_tokens(call: Call) -> Reply:
    """List the caller's named tokens."""
    return _list(call, call.caller())


@ROUTES.on("GET", "/users/{uid}/tokens/named")
def tokens_of_user(call: Call) -> Reply:
    """List a user's named tokens."""
    return _list(call, _subject(call))


def _list(call: Call, subject: User) -> Reply:
    return json_reply({"tokens": [token.id for token in call.state.tokens.values() if token.subject == subject.id]})


@ROUTES.on("GET", "/user/tokens/named/name/{name}")
def my_token_by_name(call: Call) -> Reply:
    """Show the caller's token of this name."""
    return _show_by_name(call, call.caller())


@ROUTES.on("GET", "/users/{uid}/tokens/named/name/{name}")
def token_of_user_by_name(call: Call) -> Reply:
    """Show a user's token of this name."""
    return _show_by_name(call, _subject(call))


def _show_by_name(call: Call, subject: User) -> Reply:
    token = _by_name(call, subject.id, call.ids["name"])
    if token is None:
        raise errors.not_found()
    return json_reply(shown_token(token))


def _by_name(call: Call, subject_id: str, name: str) -> NamedToken | None:
    tokens = call.state.tokens.values()
    return next((token for token in tokens if token.subject == subject_id and token.name == name), None)


@ROUTES.on("GET", "/tokens/named/{tid}")
def token_details(call: Call) -> Reply:
    """Show a named token to its subject."""
    return json_reply(shown_token(_own_token(call)))


@ROUTES.on("PATCH", "/tokens/named/{tid}")
def change_token(call: Call) -> Reply:
    """Rename a token, change its metadata, revoke it."""
    token = _own_token(call)
    bodies.at_least_one(call.body, _CHANGEABLE)
    name = bodies.name_if_given(call.body)
    if name is not None and name != token.name:
        _check_name_free(call, call.state.users[token.subject], name)
    if "customMetadata" in call.body:
        token.custom = bodies.mapping(call.body, "customMetadata")
    token.revoked = bodies.boolean(call.body, "revoked", default=token.revoked)
    token.name = name or token.name
    return no_content()


@ROUTES.on("DELETE", "/tokens/named/{tid}")
def delete_token(call: Call) -> Reply:
    """Delete a named token; it becomes invalid."""
    call.state.tokens.pop(_own_token(call).id)
    return no_content()


def shown_token(token: NamedToken) -> dict[str, Any]:
    """Describe a named token, its text included."""
    metadata: dict[str, Any] = {"creationTime": token.creation_time, "custom": token.custom}
    token_type = token.type
    if INVITE in token_type:
        metadata["privileges"] = token.privileges
        metadata["usageLimit"] = "infinity" if token.usage_limit is None else token.usage_limit
        metadata["usageCount"] = token.usage_count
        token_type = {INVITE: {**token_type[INVITE], "parameters": {}}}
    return {
        "id": token.id,
        "name": token.name,
        "subject": {"type": "user", "id": token.subject},
        "type": token_type,
        "caveats": token.caveats,
        "metadata": metadata,
        "revoked": token.revoked,
        "token": token.text,
    }


@ROUTES.on("POST", "/user/tokens/temporary")
def create_temporary(call: Call) -> Reply:
    """Make a temporary token of the caller; it is not stored and can be used until it expires."""
    subject = call.caller()
    token_type, caveats = _type_and_caveats(call)
    end = expiry(caveats)
    if end is None or end - call.state.wall_clock() > LONGEST_TEMPORARY_SECONDS:
        raise errors.time_caveat_required(LONGEST_TEMPORARY_SECONDS)
    if INVITE in token_type:
        check_target(call.state, token_type[INVITE], subject.id, sets_privileges=False)
    text = call.world.mint.write(Token(new_id(), False, subject.id, token_type, caveats))
    return json_reply({"token": text}, 201)


def _own_token(call: Call) -> NamedToken:
    token = call.state.tokens.get(call.ids["tid"])
    if token is None:
        raise errors.not_found()
    user = call.caller()
    call.allow(granted=user.zone_admin or token.subject == user.id)
    return token


def _subject(call: Call) -> User:
    subject = call.state.users.get(call.ids["uid"])
    if subject is None:
        raise errors.not_found()
    user = call.caller()
    call.allow(granted=user.zone_admin or user.id == subject.id)
    return subject
