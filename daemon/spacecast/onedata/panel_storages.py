"""Storages at Onepanel."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from spacecast.faults import Fault
from spacecast.onedata.errors import Conflict, OnedataFault, OutcomeUnclear, Refused, StillInUse
from spacecast.onedata.fields import Fields
from spacecast.onedata.identifiers import checked
from spacecast.onedata.panel_facts import StorageDetails
from spacecast.onedata.refusals import Refusal, read_refusal, refusal_of
from spacecast.onedata.service import Operation, Service, at, get
from spacecast.transport import Answer

# Storages are probed on every node of the provider; the proxy in front of Onepanel gives up after 60 s.
SLOW_OPERATION_SECONDS = 75.0


class PanelStorages(Service):
    """Operations on storages. Neither name nor mount point is unique: repeating a creation makes another storage."""

    def storages(self) -> tuple[str, ...]:
        """List the ids of the provider's storages."""
        return self.ids(get("list its storages", "provider/storages"), "ids")

    def storage(self, storage_id: str) -> StorageDetails:
        """Read a storage; raises Gone where there is none."""
        return StorageDetails.read(
            self.read(get(f"read the storage {storage_id}", at("provider", "storages", storage_id)))
        )

    def add_storage(
        self,
        name: str,
        *,
        mount_point: str,
        qos_parameters: Mapping[str, str],
        imported: bool = True,
        readonly: bool = True,
    ) -> str:
        """Add a POSIX storage on a folder, as the provider's nodes see it; gives its id.

        Values in `qos_parameters` that are JSON texts come back decoded: begin a marker with a letter.
        """
        parameters = {
            "type": "posix",
            "mountPoint": mount_point,
            "importedStorage": imported,
            "readonly": readonly,
            "lumaFeed": "auto",
            "qosParameters": dict(qos_parameters),
        }
        operation = Operation(
            f"add the storage {name!r} on {mount_point}",
            "POST",
            "provider/storages",
            json={name: parameters},
            needs="cluster_update in the provider's cluster",
            timeout_seconds=SLOW_OPERATION_SECONDS,
        )
        return self._added(operation, name, mount_point, qos_parameters)

    def _added(self, operation: Operation, name: str, mount_point: str, qos_parameters: Mapping[str, str]) -> str:
        answer = self.answer_to(operation)
        if not answer.ok:
            raise self._not_added(operation, answer, name)
        if not answer.body:
            # 20.02 answers 204 and leaves the finding to us.
            return self._find_added(operation, answer, name, mount_point, qos_parameters)
        storage_id = Fields(answer.json()).inner(name).text("id")
        if not storage_id:
            raise self.unreadable(operation, answer, "the storage's id")
        return checked(storage_id, "storage id")

    def _not_added(self, operation: Operation, answer: Answer, name: str) -> OnedataFault:
        of_this_storage = Fields(answer.json()).mapping(name)
        if answer.status == HTTPStatus.BAD_REQUEST and "id" not in of_this_storage and "error" in of_this_storage:
            return self.fault(operation, refusal_of(of_this_storage["error"], answer.status))
        return self.fault(operation, read_refusal(answer))

    def _find_added(
        self, operation: Operation, answer: Answer, name: str, mount_point: str, qos_parameters: Mapping[str, str]
    ) -> str:
        try:
            for storage_id in self.storages():
                details = self.storage(storage_id)
                same_place = details.name == name and details.mount_point == mount_point
                if same_place and qos_parameters.items() <= details.qos_parameters.items():
                    return storage_id
        except Fault as fault:
            raise self.fault_as(OutcomeUnclear, operation, Refusal(answer.status, description=str(fault))) from fault
        raise self.fault_as(OutcomeUnclear, operation, Refusal(answer.status, description="It is not in the list."))

    def change_storage(
        self,
        storage_id: str,
        name: str,
        *,
        new_name: str | None = None,
        mount_point: str | None = None,
        qos_parameters: Mapping[str, str] | None = None,
    ) -> StorageDetails:
        """Change a storage, whose current name is `name`; `qos_parameters` replaces them all.

        Raises Refused where the provider answers that the changed storage does not work, although with status 200.
        """
        changes = {"name": new_name, "mountPoint": mount_point, "qosParameters": qos_parameters}
        body: dict[str, Any] = {"type": "posix", **{key: value for key, value in changes.items() if value is not None}}
        operation = Operation(
            f"change the storage {name!r}",
            "PATCH",
            at("provider", "storages", storage_id),
            json={name: body},
            needs="cluster_update in the provider's cluster",
            timeout_seconds=SLOW_OPERATION_SECONDS,
        )
        answered = self.read(operation)
        # By name in the public description, plain in the servers.
        details = Fields(answered.mapping(new_name or name, name)) if not answered.text("id") else answered
        if not details.flag("verificationPassed", default=True):
            reason = "the provider cannot use the storage with these values; nothing, or only a part, was changed."
            raise self.fault_as(Refused, operation, Refusal(200, "verificationPassed=false", description=reason))
        return StorageDetails.read(details)

    def delete_storage(self, storage_id: str) -> None:
        """Remove the record of a storage; nothing on disk changes.

        Raises StillInUse while it supports a space and some seconds after, Gone where there is none.
        """
        operation = Operation(
            f"delete the storage {storage_id}",
            "DELETE",
            at("provider", "storages", storage_id),
            needs="cluster_update in the provider's cluster",
        )
        try:
            self.perform(operation)
        except Conflict as conflict:
            refusal = Refusal(conflict.status or 0, conflict.error_id, description="it still supports a space.")
            raise self.fault_as(StillInUse, operation, refusal) from conflict
