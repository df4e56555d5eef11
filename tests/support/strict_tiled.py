"""A Tiled server with several users, and the access policy that looks at tags."""

import asyncio

import requests

from spacecast.sandbox.tiled import TiledSandbox

__all__ = ["StrictTiled", "asked", "keys_seen_by", "narrow_key", "tokens_of"]

_USERS = {"admin": "a-secret", "alice": "b-secret", "bob": "c-secret"}
_SCOPES = ["read:metadata", "read:data", "write:metadata", "create:node", "register", "delete:node", "delete:revision"]
_READS = ["read:metadata", "read:data"]


class StrictTiled(TiledSandbox):
    """A server with several users and the policy that looks at tags."""

    def configuration(self):
        config = super().configuration()
        toy = {
            "provider": "toy",
            "authenticator": "tiled.authenticators:DictionaryAuthenticator",
            "args": {"users_to_passwords": _USERS},
        }
        config["authentication"] |= {
            "providers": [toy],
            "tiled_admins": [{"provider": "toy", "id": "admin"}],
            "secret_keys": ["for-a-test-only-" * 3],
        }
        config["catalog"]["top_level_access_tags"] = ["anybody"]
        config["database"] = {"uri": f"sqlite:///{self.catalog_file.parent}/users.db", "init_if_not_exists": True}
        config["access_control"] = {
            "access_policy": "tiled.access_control.access_policies:TagBasedAccessPolicy",
            "args": {"provider": "toy", "access_tags_parser": "tiled.access_control.access_tags:AccessTagsParser"},
        }
        return config


def asked(tiled, method, path, token=None, **content):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, f"{tiled.url}/api/v1/{path}", headers=headers, timeout=30, **content)


def tokens_of(tiled):
    """What each user proves to be that user with; None is who comes without a name."""
    found = {None: None}
    for name, password in _USERS.items():
        form = {"username": name, "password": password, "grant_type": "password"}
        answer = asked(tiled, "POST", "auth/provider/toy/token", data=form)
        found[name] = answer.json()["access_token"]
    return found


def narrow_key(tiled, tokens):
    """The key of a service that owns three tags; alice may read what has the first, bob the second, all the third."""
    service = asked(tiled, "POST", "auth/principal?role=admin", tokens["admin"]).json()["uuid"]
    wish = {"scopes": _SCOPES, "expires_in": 3600}
    answer = asked(tiled, "POST", f"auth/principal/{service}/apikey", tokens["admin"], json=wish)
    ours = {"name": service, "scopes": _SCOPES}
    definitions = {
        "tags": {
            "group-1": {"users": [ours, {"name": "alice", "scopes": _READS}]},
            "group-2": {"users": [ours, {"name": "bob", "scopes": _READS}]},
            "anybody": {"users": [ours], "auto_tags": [{"name": "public"}]},
        },
        "tag_owners": {tag: {"users": [{"name": service}]} for tag in ("group-1", "group-2", "anybody")},
    }
    _define_tags(tiled, definitions)
    return answer.json()["secret"]


def _define_tags(tiled, definitions):
    # Half of what all tests load to be collected would be loaded for this alone.
    from tiled.access_control.access_tags import AccessTagsCompiler  # noqa: PLC0415 - see above
    from tiled.access_control.scopes import ALL_SCOPES  # noqa: PLC0415 - see above
    from tiled.server.connection_pool import close_database_connection_pool  # noqa: PLC0415 - see above
    from tiled.server.settings import DatabaseSettings  # noqa: PLC0415 - see above

    settings = DatabaseSettings(uri=f"sqlite:///{tiled.catalog_file}")
    compiler = AccessTagsCompiler(ALL_SCOPES, definitions, settings, lambda _group: [])
    compiler.load_tag_config()

    async def compile_and_close():
        try:
            await compiler.compile()
        finally:
            await close_database_connection_pool(settings)

    asyncio.run(compile_and_close())


def keys_seen_by(tiled, path, token):
    """The entries that somebody finds below a container; None where it is not there for them."""
    answer = asked(tiled, "GET", f"search/{path}", token, params={"fields": ""})
    return {item["id"] for item in answer.json()["data"]} if answer.ok else None
