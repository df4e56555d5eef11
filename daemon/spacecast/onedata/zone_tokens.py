"""Tokens at Onezone: invites that are kept, support tokens that are not, and what a token reaches."""

import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from spacecast.onedata.fields import Fields
from spacecast.onedata.refusals import read_refusal
from spacecast.onedata.service import Operation, Service, at, encoded, get
from spacecast.onedata.token_facts import CreatedToken, NamedToken, ScopeProvider, ScopeSpace, TokenScope
from spacecast.onedata.zone_facts import ProviderDetails, SpaceDetails

_WITHOUT_SCOPE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


class ZoneTokens(Service):
    """Operations on tokens. Names of named tokens are unique for their user."""

    def create_invite_token(
        self,
        name: str,
        *,
        group_id: str,
        usage_limit: int | None,
        valid_until: int | None,
        custom_metadata: Mapping[str, Any] | None = None,
        privileges: Iterable[str] | None = None,
    ) -> CreatedToken:
        """Make a named token that lets users join a group; raises AlreadyThere where the name is taken.

        None for `usage_limit` or `valid_until` (seconds since the epoch) is no limit.
        """
        body: dict[str, Any] = {
            "name": name,
            "type": {"inviteToken": {"inviteType": "userJoinGroup", "groupId": group_id}},
            "caveats": [] if valid_until is None else [{"type": "time", "validUntil": valid_until}],
            "customMetadata": dict(custom_metadata or {}),
        }
        # Beside `type`, not in it: there it would be ignored without a word.
        if usage_limit is not None:
            body["usageLimit"] = usage_limit
        if privileges is not None:
            body["privileges"] = list(privileges)
        phrase = f"create the invite token {name!r}"
        needs = "group_add_user in the group, group_set_privileges where privileges are given"
        return self._created(Operation(phrase, "POST", "user/tokens/named", json=body, needs=needs))

    def _created(self, operation: Operation) -> CreatedToken:
        answer = self.perform(operation)
        body = Fields(answer.json())
        created = CreatedToken(body.text("tokenId"), body.text("token"))
        if not created.token_id or not created.token:
            raise self.unreadable(operation, answer, "the token")
        return created

    def token_by_name(self, name: str) -> NamedToken:
        """Read one of the user's named tokens, its text included; raises Gone where there is none."""
        path = f"user/tokens/named/name/{encoded(name)}"
        return NamedToken.read(self.read(get(f"read the token {name!r}", path)))

    def named_token(self, token_id: str) -> NamedToken:
        """Read a named token by its id, its text included."""
        return NamedToken.read(self.read(get(f"read the token {token_id}", at("tokens", "named", token_id))))

    def named_tokens(self) -> tuple[str, ...]:
        """List the ids of the user's named tokens."""
        return self.ids(get("list your tokens", "user/tokens/named"), "tokens")

    def change_token(
        self,
        token_id: str,
        *,
        name: str | None = None,
        revoked: bool | None = None,
        custom_metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Rename, revoke or re-allow a named token, or replace its metadata."""
        changes = {"name": name, "revoked": revoked, "customMetadata": custom_metadata}
        body = {key: value for key, value in changes.items() if value is not None}
        self.perform(Operation(f"change the token {token_id}", "PATCH", at("tokens", "named", token_id), json=body))

    def delete_token(self, token_id: str) -> None:
        """Delete a named token, which ends its use; raises Gone where there is none."""
        self.perform(Operation(f"delete the token {token_id}", "DELETE", at("tokens", "named", token_id)))

    def create_support_token(self, space_id: str, *, valid_until: int | None = None) -> str:
        """Make a temporary token with which providers may support a space, usable until it expires.

        It is stored nowhere, so making one again does no harm. Default: for an hour, since Onepanel may queue.
        """
        moment = int(time.time()) + _SUPPORT_TOKEN_SECONDS if valid_until is None else valid_until
        operation = Operation(
            f"create a support token for the space {space_id}",
            "POST",
            "user/tokens/temporary",
            json={
                "type": {"inviteToken": {"inviteType": "supportSpace", "spaceId": space_id}},
                "caveats": [{"type": "time", "validUntil": moment}],
            },
            needs="space_add_support",
            repeatable=True,
        )
        answer = self.perform(operation)
        token = Fields(answer.json()).text("token")
        if not token:
            raise self.unreadable(operation, answer, "the token")
        return token

    def infer_scope(self, token: str) -> TokenScope:
        """Tell which spaces a token reaches, where and under which names, in one call from 21.02.4 on.

        Older zones have no such call and are asked piece by piece for what this client's own token reaches.
        """
        operation = Operation(
            "tell what the token reaches",
            "POST",
            "tokens/infer_access_token_scope",
            json={"token": token},
            repeatable=True,
            authenticated=False,
        )
        answer = self.answer_to(operation)
        if answer.status in _WITHOUT_SCOPE:
            return self._scope_by_pieces()
        if not answer.ok:
            raise self.fault(operation, read_refusal(answer))
        body = answer.json()
        if not isinstance(body, dict):
            raise self.unreadable(operation, answer, "a JSON object")
        return TokenScope.read(Fields(body))

    def _scope_by_pieces(self) -> TokenScope:
        space_ids = self.ids(get("list your spaces", "user/effective_spaces"), "spaces")
        spaces = [SpaceDetails.read(self.read(get(f"read the space {id_}", at("spaces", id_)))) for id_ in space_ids]
        provider_ids = self.ids(get("list your providers", "user/effective_providers"), "providers")
        return TokenScope(
            valid_until=None,
            gives_data=True,
            readonly=False,
            spaces={space.space_id: ScopeSpace(space.name, dict.fromkeys(space.providers, False)) for space in spaces},
            providers={id_: self._scope_provider(id_) for id_ in provider_ids},
        )

    def _scope_provider(self, provider_id: str) -> ScopeProvider:
        path = at("user", "effective_providers", provider_id)
        details = ProviderDetails.read(self.read(get(f"read the provider {provider_id}", path)))
        # The zone of these releases does not tell the version.
        return ScopeProvider(details.name, details.domain, "", details.online)


_SUPPORT_TOKEN_SECONDS = 3600
