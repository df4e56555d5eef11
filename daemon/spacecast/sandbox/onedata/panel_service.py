"""Panel: what it is, and who may do what there."""

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import User
from spacecast.sandbox.onedata.messages import Reply, json_reply
from spacecast.sandbox.onedata.routing import Routes

PREFIX = "/api/v3/onepanel"
ROUTES = Routes(PREFIX)


def allow_reading(call: Call) -> User:
    """Let members of the provider's cluster pass."""
    return call.allow(granted=call.cluster_privileges is not None)


def allow_changing(call: Call) -> User:
    """Let members of the cluster with `cluster_update` pass."""
    return call.allow(granted="cluster_update" in (call.cluster_privileges or ()))


def host_name(call: Call) -> str:
    """Give the provider's node as it stands in wrapped errors."""
    return call.here.domain.partition(":")[0]


def wrapped(call: Call, error: errors.ApiError) -> errors.ApiError:
    """Wrap an error of a service action."""
    return errors.on_nodes(error, host_name(call))


@ROUTES.on("GET", "/configuration")
def configuration(call: Call) -> Reply:
    """Tell what panel this is; public."""
    return json_reply(
        {
            "serviceType": "oneprovider",
            "version": call.state.release.version,
            "build": "1-sandbox",
            "deployed": True,
            "isRegistered": True,
            "providerId": call.here.id,
            "providerName": call.here.name,
            "providerDomain": call.here.domain,
            "zoneDomain": call.state.zone_domain,
        }
    )


@ROUTES.on("GET", "/health")
def health(call: Call) -> Reply:
    """Tell that it works; public, not in the oldest releases."""
    if not call.state.release.health:
        raise errors.EmptyError(404)
    return json_reply({"status": "healthy"})


@ROUTES.on("GET", "/user")
def current_user(call: Call) -> Reply:
    """Tell what the caller may do in the cluster."""
    user = allow_reading(call)
    privileges = sorted(call.cluster_privileges or ())
    return json_reply({"userId": user.id, "username": user.name, "clusterPrivileges": privileges})


@ROUTES.on("GET", "/cluster")
def cluster(call: Call) -> Reply:
    """Describe the cluster."""
    allow_reading(call)
    version = {"release": call.state.release.version, "build": "1-sandbox", "gui": ""}
    return json_reply(
        {
            "id": call.here.id,
            "type": "oneprovider",
            "serviceId": call.here.id,
            "workerVersion": version,
            "onepanelVersion": version,
            "onepanelProxy": True,
        }
    )


@ROUTES.on("GET", "/provider")
def provider(call: Call) -> Reply:
    """Describe the provider."""
    allow_reading(call)
    return json_reply(
        {
            "id": call.here.id,
            "name": call.here.name,
            "subdomainDelegation": False,
            "domain": call.here.domain,
            "adminEmail": "admin@example.org",
            "geoLongitude": 19.94,
            "geoLatitude": 50.06,
            "onezoneDomainName": call.state.zone_domain,
        }
    )


@ROUTES.on("GET", "/provider/nagios")
def nagios(call: Call) -> Reply:
    """Report the health of the provider as XML."""
    allow_reading(call)
    report = f'<?xml version="1.0"?><healthdata date="{call.state.now()}" status="ok"/>'
    return Reply(200, report.encode(), {"Content-Type": "application/xml"})
