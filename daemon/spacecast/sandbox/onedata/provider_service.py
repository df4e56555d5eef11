"""Provider: what it is, and the spaces of the caller as it knows them."""

from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Space
from spacecast.sandbox.onedata.identifiers import file_id, root_uuid
from spacecast.sandbox.onedata.messages import Reply, json_reply
from spacecast.sandbox.onedata.provider_view import ProviderView
from spacecast.sandbox.onedata.routing import Routes

PREFIX = "/api/v3/oneprovider"
ROUTES = Routes(PREFIX)
WEB_ROUTES = Routes()


@ROUTES.on("GET", "/configuration")
def configuration(call: Call) -> Reply:
    """Tell what provider this is; public."""
    version = call.state.release.version
    return json_reply(
        {
            "providerId": call.here.id,
            "name": call.here.name,
            "domain": call.here.domain,
            "onezoneDomain": call.state.zone_domain,
            "version": version,
            "build": "1-sandbox",
            "rtransferPort": 6665,
            "compatibilityRegistryRevision": 2024101001,
            "compatibleOnezoneVersions": [version],
            "compatibleOneproviderVersions": [version],
            "compatibleOneclientVersions": [version],
        }
    )


@ROUTES.on("GET", "/health")
def health(call: Call) -> Reply:
    """Tell that it works; public, not in the oldest releases."""
    if not call.state.release.health:
        raise errors.EmptyError(404)
    return json_reply({"status": "healthy"})


@WEB_ROUTES.on("GET", "/nagios")
def nagios(call: Call) -> Reply:
    """Report the health as XML."""
    report = f'<?xml version="1.0"?><healthdata date="{call.state.now()}" status="ok"/>'
    return Reply(200, report.encode(), {"Content-Type": "application/xml"})


@WEB_ROUTES.on("GET", "/nagios/oz_connectivity")
def zone_connectivity(call: Call) -> Reply:
    """Report whether the zone is connected."""
    connected = call.here.online and call.state.zone_up
    return json_reply({"status": "ok" if connected else "error"})


@ROUTES.on("GET", "/spaces")
def spaces(call: Call) -> Reply:
    """List the caller's spaces, supported here or not."""
    user = call.caller()
    found = ProviderView(call.state, call.here).spaces_of(user.id)
    return json_reply([_shown(call, space) for space in found])


@ROUTES.on("GET", "/spaces/{sid}")
def space_details(call: Call) -> Reply:
    """Describe a space that the caller is known here to belong to and that is supported here."""
    return json_reply(_shown(call, supported_space(call)))


def supported_space(call: Call) -> Space:
    """Give the space named in the path: 401, 403 (membership not known here), 400 spaceNotSupportedBy or 404."""
    space_id = call.ids["sid"]
    view = ProviderView(call.state, call.here)
    user = call.caller()
    space = view.space(space_id)
    if space is None:
        raise errors.not_found()
    call.allow(granted=view.privileges(space, user.id) is not None)
    if view.support(space_id) is None:
        raise errors.space_not_supported_by(space_id, call.here.id)
    return space


def _shown(call: Call, space: Space) -> dict[str, Any]:
    root_id = file_id(root_uuid(space.id), space.id)
    supports = call.state.supports_of_space(space.id)
    shown: dict[str, Any] = {
        "name": space.name,
        "spaceId": space.id,
        "fileId": root_id,
        "providers": [
            {"providerId": support.provider_id, "providerName": call.state.providers[support.provider_id].name}
            for support in supports
        ],
    }
    if call.state.release.directory_ids:
        shown["dirId"] = root_id
        shown["trashDirId"] = file_id(f"trash_{space.id}", space.id)
        shown["archivesDirId"] = file_id(f"archives_{space.id}", space.id)
    return shown
