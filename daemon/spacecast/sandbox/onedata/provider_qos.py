"""Provider: QoS requirements; wishes for replicas, and whether they are fulfilled."""

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call, without_nulls
from spacecast.sandbox.onedata.entities import QosRequirement, Storage
from spacecast.sandbox.onedata.file_access import (
    need_privilege,
    reach,
    reference_in_body,
    reference_in_path,
)
from spacecast.sandbox.onedata.identifiers import file_id, new_id
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.provider_service import PREFIX, supported_space
from spacecast.sandbox.onedata.provider_shares import broken_location
from spacecast.sandbox.onedata.provider_view import ProviderView
from spacecast.sandbox.onedata.qos_expression import Test, parse
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes(PREFIX)


def matching_storages(call: Call, space_id: str, test: Test) -> list[Storage]:
    """Give the storages supporting a space that an expression matches."""
    found = []
    for support in call.state.supports_of_space(space_id):
        storage = call.state.storages[support.storage_id]
        implicit = {"storageId": storage.id, "providerId": storage.provider_id}
        if test({**storage.qos_parameters, **implicit}):
            found.append(storage)
    return found


def status_of(call: Call, requirement: QosRequirement) -> str:
    """Give fulfilled, pending or impossible; what was impossible at the creation stays so."""
    if not requirement.possible:
        return "impossible"
    ready = requirement.since + call.state.delays.replication_seconds
    return "fulfilled" if call.state.clock() >= ready else "pending"


@ROUTES.on("POST", "/qos_requirements", writes_data=True)
def create_requirement(call: Call) -> Reply:
    """Make a requirement; the same one may be made any number of times."""
    call.body = without_nulls(call.body)
    bodies.require(call.body, "fileId")
    expression = bodies.filled_text(call.body, "expression")
    replicas = bodies.integer(call.body, "replicasNum", 1, low=1)
    normal, test = parse(expression)
    target = reach(call, reference_in_body(call, "fileId"))
    need_privilege(call, target.space, "space_manage_qos")
    requirement = QosRequirement(
        id=new_id(),
        file_uuid=target.file.uuid,
        space_id=target.space.id,
        expression=normal,
        replicas=replicas,
        since=call.state.clock(),
        possible=len(matching_storages(call, target.space.id, test)) >= replicas,
    )
    call.state.qos[requirement.id] = requirement
    location = broken_location(call, "qos-requirement", requirement.id)
    return created_at(location, {"qosRequirementId": requirement.id})


@ROUTES.on("GET", "/qos_requirements/{qid}")
def requirement_details(call: Call) -> Reply:
    """Describe a requirement."""
    requirement = _requirement(call, "space_view_qos")
    return json_reply(
        {
            "qosRequirementId": requirement.id,
            "fileId": file_id(requirement.file_uuid, requirement.space_id),
            "expression": requirement.expression,
            "replicasNum": requirement.replicas,
            "status": status_of(call, requirement),
        }
    )


@ROUTES.on("DELETE", "/qos_requirements/{qid}", writes_data=True)
def delete_requirement(call: Call) -> Reply:
    """Remove a requirement; replicas stay."""
    requirement = _requirement(call, "space_manage_qos")
    call.state.qos.pop(requirement.id)
    return no_content()


@ROUTES.on("GET", "/qos_requirements/{qid}/audit_log")
def audit_log(call: Call) -> Reply:
    """Show what happened for a requirement; the sandbox replicates nothing, so nothing did."""
    _requirement(call, "space_view_qos")
    return json_reply({"isLast": True, "logEntries": []})


def _requirement(call: Call, privilege: str) -> QosRequirement:
    requirement = call.state.qos.get(call.ids["qid"])
    space = None
    if requirement is not None:
        space = ProviderView(call.state, call.here).space(requirement.space_id)
    if requirement is None or space is None:
        raise errors.not_found()
    need_privilege(call, space, privilege)
    return requirement


@ROUTES.on("GET", "/data/{id}/qos/summary")
def summary(call: Call) -> Reply:
    """Sum up the requirements of a file; none at all counts as fulfilled."""
    return _summary(call, "qos/summary")


@ROUTES.on("GET", "/data/{id}/qos_summary")
def oldest_summary(call: Call) -> Reply:
    """Sum up the requirements of a file, in the oldest releases."""
    return _summary(call, "qos_summary")


def _summary(call: Call, path: str) -> Reply:
    if call.state.release.qos_summary_path != path:
        raise errors.EmptyError(404)
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_privilege(call, target.space, "space_view_qos")
    statuses = {
        requirement.id: status_of(call, requirement)
        for requirement in call.state.qos.values()
        if requirement.space_id == target.space.id and requirement.file_uuid == target.file.uuid
    }
    worst = next((status for status in ("impossible", "pending") if status in statuses.values()), "fulfilled")
    return json_reply({"requirements": statuses, "status": worst})


@ROUTES.on("POST", "/spaces/{sid}/evaluate_qos_expression")
def evaluate(call: Call) -> Reply:
    """List the storages of a space that an expression matches; for any member."""
    _, test = parse(bodies.filled_text(call.body, "expression"))
    space = supported_space(call)
    storages = matching_storages(call, space.id, test)
    shown = [{"id": storage.id, "name": storage.name, "providerId": storage.provider_id} for storage in storages]
    return json_reply({"matchingStorages": shown})
