"""Zone: what it is, who the caller is, which providers there are."""

from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import User
from spacecast.sandbox.onedata.messages import Reply, json_reply
from spacecast.sandbox.onedata.privileges import (
    GROUP_ALL,
    GROUP_MANAGER,
    GROUP_MEMBER,
    SPACE_ALL,
    SPACE_MANAGER,
    SPACE_MEMBER,
)
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.state import ProviderState

PREFIX = "/api/v3/onezone"
ROUTES = Routes(PREFIX)


@ROUTES.on("GET", "/configuration")
def configuration(call: Call) -> Reply:
    """Tell what zone this is; public."""
    release = call.state.release
    shown: dict[str, Any] = {
        "name": "Sandbox zone",
        "version": release.version,
        "build": "1-sandbox",
        "domain": call.state.zone_domain,
        "subdomainDelegationSupported": True,
        "supportedIdPs": [{"id": "onepanel", "offlineAccess": False}],
        "compatibilityRegistryRevision": 2024101001,
        "compatibleOneproviderVersions": [release.version],
    }
    if release.space_description:
        shown |= {
            "openDataXrootdServerDomain": None,
            "bagitUploaderWorkflowSchemaId": None,
            "availableSpaceTags": {"general": ["demo"], "domains": ["biology"]},
        }
    return json_reply(shown)


@ROUTES.on("GET", "/health")
def health(call: Call) -> Reply:
    """Tell that it works; public, not in the oldest releases."""
    if not call.state.release.health:
        raise errors.EmptyError(404)
    return json_reply({"status": "healthy"})


@ROUTES.on("GET", "/user")
def current_user(call: Call) -> Reply:
    """Describe the caller."""
    return json_reply(_shown_user(call.caller()))


def _shown_user(user: User) -> dict[str, Any]:
    email = f"{user.name.lower().replace(' ', '.')}@example.org"
    return {
        "userId": user.id,
        "fullName": user.name,
        "username": user.name,
        "emails": [email],
        "linkedAccounts": [],
        "basicAuthEnabled": False,
        "blocked": False,
        "creationTime": user.creation_time,
        "name": user.name,
        "login": user.name,
        "alias": user.name,
        "emailList": [email],
    }


@ROUTES.on("GET", "/spaces/privileges")
def space_privileges(_call: Call) -> Reply:
    """List the space privileges; public."""
    return json_reply({"member": list(SPACE_MEMBER), "manager": list(SPACE_MANAGER), "admin": list(SPACE_ALL)})


@ROUTES.on("GET", "/groups/privileges")
def group_privileges(_call: Call) -> Reply:
    """List the group privileges; public."""
    return json_reply({"member": list(GROUP_MEMBER), "manager": list(GROUP_MANAGER), "admin": list(GROUP_ALL)})


def shown_provider(provider: ProviderState) -> dict[str, Any]:
    """Describe a provider as the zone does."""
    return {
        "providerId": provider.id,
        "clusterId": provider.id,
        "name": provider.name,
        "domain": provider.domain,
        "latitude": 50.06,
        "longitude": 19.94,
        "online": provider.online,
        "creationTime": 1576152793,
    }


def _providers_of(call: Call, user: User) -> list[str]:
    spaces = {space.id for space in call.state.spaces_of(user.id)}
    found = {provider_id for provider_id, space_id in call.state.supports if space_id in spaces}
    return sorted(found)


@ROUTES.on("GET", "/user/effective_providers")
def my_providers(call: Call) -> Reply:
    """List the providers that support spaces of the caller."""
    return json_reply({"providers": _providers_of(call, call.caller())})


@ROUTES.on("GET", "/user/effective_providers/{pid}")
def my_provider(call: Call) -> Reply:
    """Describe one of them."""
    provider = _provider(call)
    call.allow(granted=provider.id in _providers_of(call, call.caller()))
    return json_reply(shown_provider(provider))


@ROUTES.on("GET", "/user/effective_providers/{pid}/spaces")
def my_spaces_there(call: Call) -> Reply:
    """List the caller's spaces that one of them supports."""
    provider = _provider(call)
    user = call.caller()
    mine = [space.id for space in call.state.spaces_of(user.id)]
    return json_reply({"spaces": [space_id for space_id in mine if (provider.id, space_id) in call.state.supports]})


@ROUTES.on("GET", "/providers")
def all_providers(call: Call) -> Reply:
    """List all providers; for administrators of the zone."""
    call.allow(granted=call.caller().zone_admin)
    return json_reply({"providers": list(call.state.providers)})


@ROUTES.on("GET", "/providers/{pid}")
def provider_details(call: Call) -> Reply:
    """Describe a provider to those who have to do with it."""
    provider = _provider(call)
    user = call.caller()
    known = user.zone_admin or user.id in provider.cluster or provider.id in _providers_of(call, user)
    call.allow(granted=known)
    return json_reply(shown_provider(provider))


@ROUTES.on("GET", "/providers/{pid}/spaces")
def provider_spaces(call: Call) -> Reply:
    """List what a provider supports; for members of its cluster."""
    provider = _provider(call)
    user = call.caller()
    call.allow(granted=user.zone_admin or "cluster_view" in (provider.cluster.privileges(user.id) or ()))
    return json_reply({"spaces": [support.space_id for support in call.state.supports_by_provider(provider.id)]})


def _provider(call: Call) -> ProviderState:
    provider = call.state.providers.get(call.ids["pid"])
    if provider is None:
        raise errors.not_found()
    return provider


def zone_location(call: Call, path: str) -> str:
    """Give the absolute address of a resource of the zone."""
    return f"{call.world.address('', secure=True)}{PREFIX}{path}"
