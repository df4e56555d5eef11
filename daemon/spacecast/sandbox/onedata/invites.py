"""Invite tokens: what they may be made for, by whom, and what happens when one is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.caveats import Circumstances, first_unverified
from spacecast.sandbox.onedata.privileges import GROUP_ALL, SPACE_ALL
from spacecast.sandbox.onedata.state import State
from spacecast.sandbox.onedata.tokens import INVITE, Token, TokenMint, check_alive


@dataclass(frozen=True)
class InviteKind:
    """What an invite type leads to."""

    target_key: str
    needed: str
    """Privilege that the token's subject needs in the target, now and at every use."""
    to_set_privileges: str = ""
    privileges: Sequence[str] = ()
    """Privileges that can be given to those who join; none for invites that are not memberships."""


_GROUP = ("groupId", "group_set_privileges", GROUP_ALL)
_SPACE = ("spaceId", "space_set_privileges", SPACE_ALL)

INVITE_KINDS: Mapping[str, InviteKind] = {
    "userJoinGroup": InviteKind(_GROUP[0], "group_add_user", _GROUP[1], _GROUP[2]),
    "groupJoinGroup": InviteKind(_GROUP[0], "group_add_child", _GROUP[1], _GROUP[2]),
    "userJoinSpace": InviteKind(_SPACE[0], "space_add_user", _SPACE[1], _SPACE[2]),
    "groupJoinSpace": InviteKind(_SPACE[0], "space_add_group", _SPACE[1], _SPACE[2]),
    "supportSpace": InviteKind("spaceId", "space_add_support"),
    "harvesterJoinSpace": InviteKind("spaceId", "space_add_harvester"),
}


def check_invite_type(spec: object) -> InviteKind:
    """Validate the `inviteToken` object of a token type; raise badValueTokenType."""
    if not isinstance(spec, dict) or spec.get("inviteType") not in INVITE_KINDS:
        raise errors.bad_value("badValueTokenType", "type", "a valid token type")
    kind = INVITE_KINDS[spec["inviteType"]]
    if not isinstance(spec.get(kind.target_key), str):
        raise errors.bad_value("badValueTokenType", "type", "a valid token type")
    return kind


def check_target(state: State, spec: Mapping[str, Any], subject: str, *, sets_privileges: bool) -> None:
    """Raise unless the target of an invite exists and its subject may invite there."""
    kind = INVITE_KINDS[spec["inviteType"]]
    target_id = spec[kind.target_key]
    held: frozenset[str] | None
    if kind.target_key == "groupId":
        group = state.groups.get(target_id)
        held = None if group is None else state.group_privileges(group, subject)
        missing = group is None
    else:
        space = state.spaces.get(target_id)
        held = None if space is None else state.space_privileges(space, subject)
        missing = space is None
    if missing:
        raise errors.invite_error("inviteTokenTargetIdInvalid", {"id": target_id})
    needed = {kind.needed, kind.to_set_privileges} if sets_privileges else {kind.needed}
    if not needed <= (held or frozenset()):
        raise errors.invite_error("inviteTokenSubjectNotAuthorized")


def verify_invite(state: State, mint: TokenMint, text: object, *, invite_type: str, consumer: str) -> Token:
    """Give a usable invite token of the expected type; raise badValueToken with the reason."""
    try:
        token = mint.read(text)
        _check_invite(state, token, invite_type, consumer)
    except errors.ApiError as error:
        raise errors.bad_token_value("token", error) from error
    return token


def _check_invite(state: State, token: Token, invite_type: str, consumer: str) -> None:
    if token.kind != INVITE or token.invite.get("inviteType") != invite_type:
        raise errors.invite_error("notAnInviteToken", {"expectedInviteType": invite_type, "received": token.type})
    check_alive(state, token)
    circumstances = Circumstances("ozw-onezone", None, state.wall_clock())
    unverified = first_unverified(token.caveats, circumstances, consumer=consumer)
    if unverified is not None:
        raise errors.caveat_unverified(unverified)
    stored = state.tokens.get(token.id)
    if stored is not None and stored.usage_limit is not None and stored.usage_count >= stored.usage_limit:
        raise errors.invite_error("inviteTokenUsageLimitReached")
    sets = stored is not None and stored.privileges is not None
    check_target(state, token.invite, token.subject, sets_privileges=sets)


def note_use(state: State, token: Token) -> None:
    """Count one use of a named invite token."""
    stored = state.tokens.get(token.id)
    if stored is not None:
        stored.usage_count += 1


def given_privileges(state: State, token: Token, default: Sequence[str]) -> Sequence[str]:
    """Give the privileges that somebody gets who joins with this token."""
    stored = state.tokens.get(token.id)
    return default if stored is None or stored.privileges is None else stored.privileges
