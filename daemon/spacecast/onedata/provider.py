"""The client of Oneprovider: spaces as it knows them, shares, replication, and its files."""

from typing import ClassVar, Literal

from spacecast.onedata.errors import Forbidden, NotVisibleYet
from spacecast.onedata.fields import Fields
from spacecast.onedata.provider_facts import MatchingStorage, ProviderSpace, QosRequirement, QosSummary, Transfer
from spacecast.onedata.provider_files import ProviderFiles
from spacecast.onedata.refusals import Refusal, ServiceKind
from spacecast.onedata.service import Operation, at, get
from spacecast.onedata.zone_facts import ShareDetails

TransferState = Literal["waiting", "ongoing", "ended"]

_QOS_SUMMARY_MOVED_IN = (21, 2)
_PAGE_TRANSFERS = 1000


class ProviderClient(ProviderFiles):
    """Oneprovider's REST interface as far as publishing needs it; `ProviderClient.connect(url, token)` makes one.

    Every method raises only faults of the family in `errors`, and InvalidIdentifier for ids that cannot be ones.
    Shortly after the support of a space most of them may raise NotVisibleYet. Files are never removed by it.
    """

    kind: ClassVar[ServiceKind] = "provider"
    title: ClassVar[str] = "Oneprovider"
    base_path: ClassVar[str] = "/api/v3/oneprovider"
    # Not the list of spaces, which may be long; a token that is sent is checked here too.
    probe_path: ClassVar[str] = "configuration"

    def spaces(self) -> tuple[ProviderSpace, ...]:
        """List the user's spaces; NotVisibleYet where this provider supports none of them."""
        operation = get("list your spaces", "spaces")
        answer = self.perform(operation)
        return tuple(space for space in map(_space, answer.json() or ()) if space is not None)

    def space(self, space_id: str) -> ProviderSpace:
        """Read a space; NotVisibleYet until the provider has learned that it supports it and who is in it.

        A refusal (403) is no proof that the space exists or does not: what lasts has to be asked of Onezone.
        """
        operation = get(f"read the space {space_id}", at("spaces", space_id))
        try:
            return ProviderSpace.read(self.read(operation), space_id)
        except Forbidden as refused:
            refusal = Refusal(refused.status or 0, refused.error_id, refused.details, "it knows of no membership.")
            raise self.fault_as(NotVisibleYet, operation, refusal) from refused

    def create_share(self, name: str, file_id: str, *, description: str = "") -> str:
        """Share a file or directory with everybody; gives the share's id.

        The same file can be shared any number of times: look for one first. OutcomeUnclear also where Onezone
        refused, so make sure of a valid name.
        """
        # The old key of the id is the one that every release takes.
        body = {"name": name, "fileId": file_id, "description": description}
        operation = Operation(
            f"create the share {name!r}", "POST", "shares", json=body, needs="space_manage_shares in the space"
        )
        return self.id_from_body(operation, "shareId")

    def share(self, share_id: str) -> ShareDetails:
        """Read a share; another provider than the one that made it may lag behind."""
        return ShareDetails.read(self.read(get(f"read the share {share_id}", at("shares", share_id))))

    def change_share(self, share_id: str, *, name: str | None = None, description: str | None = None) -> None:
        """Change name or description of a share."""
        changes = {"name": name, "description": description}
        body = {key: value for key, value in changes.items() if value is not None}
        phrase = f"change the share {share_id}"
        self.perform(Operation(phrase, "PATCH", at("shares", share_id), json=body, needs="space_manage_shares"))

    def delete_share(self, share_id: str) -> None:
        """Delete a share; its public address ends."""
        phrase = f"delete the share {share_id}"
        self.perform(Operation(phrase, "DELETE", at("shares", share_id), needs="space_manage_shares"))

    def create_qos_requirement(self, file_id: str, expression: str, *, replicas: int = 1) -> str:
        """Demand replicas of a file or directory; gives the requirement's id. Demanding twice makes two."""
        body = {"fileId": file_id, "expression": expression, "replicasNum": replicas}
        operation = Operation(
            f"require replicas on {expression!r}", "POST", "qos_requirements", json=body, needs="space_manage_qos"
        )
        return self.id_from_body(operation, "qosRequirementId")

    def qos_requirement(self, requirement_id: str) -> QosRequirement:
        """Read a requirement; `fulfilled` is no proof of a second copy."""
        path = at("qos_requirements", requirement_id)
        phrase = f"read the replication requirement {requirement_id}"
        return QosRequirement.read(self.read(get(phrase, path, needs="space_view_qos")))

    def delete_qos_requirement(self, requirement_id: str) -> None:
        """Withdraw a requirement; raises Gone where there is none."""
        path = at("qos_requirements", requirement_id)
        phrase = f"delete the replication requirement {requirement_id}"
        self.perform(Operation(phrase, "DELETE", path, needs="space_manage_qos"))

    def qos_summary(self, file_id: str) -> QosSummary:
        """List the requirements on a file with their states."""
        is_new = self.configuration().release >= _QOS_SUMMARY_MOVED_IN
        path = at("data", file_id, "qos", "summary") if is_new else at("data", file_id, "qos_summary")
        return QosSummary.read(self.read(get(f"read the replication of {file_id}", path, needs="space_view_qos")))

    def storages_matching(self, space_id: str, expression: str) -> tuple[MatchingStorage, ...]:
        """List the storages of a space that satisfy an expression; `anyStorage` lists all that the provider knows."""
        operation = Operation(
            f"look for storages matching {expression!r}",
            "POST",
            at("spaces", space_id, "evaluate_qos_expression"),
            json={"expression": expression},
            repeatable=True,
        )
        found = self.read(operation).objects("matchingStorages")
        return tuple(MatchingStorage(item.text("id"), item.text("name"), item.text("providerId")) for item in found)

    def create_replication(self, file_id: str, replicating_provider_id: str) -> str:
        """Start copying a file or directory to a provider; gives the transfer's id. What is there is skipped."""
        body = {
            "type": "replication",
            "dataSourceType": "file",
            "fileId": file_id,
            "replicatingProviderId": replicating_provider_id,
        }
        operation = Operation(
            f"copy {file_id} to the provider {replicating_provider_id}",
            "POST",
            "transfers",
            json=body,
            needs="space_schedule_replication",
        )
        return self.id_from_body(operation, "transferId")

    def transfer(self, transfer_id: str) -> Transfer:
        """Read a transfer."""
        operation = get(f"read the transfer {transfer_id}", at("transfers", transfer_id), needs="space_view_transfers")
        return Transfer.read(self.read(operation), transfer_id)

    def cancel_transfer(self, transfer_id: str) -> None:
        """Stop a transfer; raises Refused where it has ended already."""
        self.perform(Operation(f"cancel the transfer {transfer_id}", "DELETE", at("transfers", transfer_id)))

    def transfers(self, space_id: str, state: TransferState) -> tuple[str, ...]:
        """List the ids of a space's transfers in a state; "nothing runs" takes `waiting` and `ongoing` empty."""
        found: list[str] = []
        params: dict[str, str | int] = {"state": state, "limit": _PAGE_TRANSFERS}
        while True:
            phrase, path = f"list the transfers of the space {space_id}", at("spaces", space_id, "transfers")
            body = self.read(get(phrase, path, params=params, needs="space_view_transfers"))
            found += body.texts("transfers")
            token = body.optional_text("nextPageToken")
            if token is None:
                return tuple(found)
            params["page_token"] = token


def _space(item: object) -> ProviderSpace | None:
    body = Fields(item)
    return ProviderSpace.read(body) if body.text("spaceId") else None
