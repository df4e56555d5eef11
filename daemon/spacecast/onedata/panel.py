"""The client of Onepanel at a provider: its storages, its support of spaces, and the import of their files."""

from typing import ClassVar

from spacecast.onedata.errors import Gone
from spacecast.onedata.panel_facts import ImportInfo, ImportSettings, PanelConfiguration, PanelUser, SupportDetails
from spacecast.onedata.panel_storages import SLOW_OPERATION_SECONDS, PanelStorages
from spacecast.onedata.refusals import ServiceKind
from spacecast.onedata.service import Operation, at, get

_CLUSTER_UPDATE = "cluster_update in the provider's cluster"


class PanelClient(PanelStorages):
    """Onepanel's REST interface as far as publishing needs it; `PanelClient.connect(url, token)` makes one.

    The URL is the provider's own (its proxy passes on) or that of port 9443. Every method raises only faults of
    the family in `errors`, and InvalidIdentifier for ids that cannot be ones.
    """

    kind: ClassVar[ServiceKind] = "panel"
    title: ClassVar[str] = "Onepanel"
    base_path: ClassVar[str] = "/api/v3/onepanel"

    def configuration(self) -> PanelConfiguration:
        """Read the panel's release and cluster; needs no token."""
        return PanelConfiguration.read(self.read(get("tell its release", "configuration", authenticated=False)))

    def user(self) -> PanelUser:
        """Tell what the token's user may do in the cluster; Forbidden where he is no member."""
        operation = get("tell what the token may do", "user", needs="of a member of the provider's cluster")
        return PanelUser.read(self.read(operation))

    def supported_spaces(self) -> tuple[str, ...]:
        """List the ids of the spaces that the provider supports."""
        return self.ids(get("list the supported spaces", "provider/spaces"), "ids")

    def support(self, space_id: str) -> SupportDetails:
        """Read how a space is supported.

        For a space that is not supported releases answer differently (Forbidden, Gone, Unavailable): look into
        `supported_spaces` first.
        """
        path = at("provider", "spaces", space_id)
        return SupportDetails.read(self.read(get(f"read the support of the space {space_id}", path)))

    def support_space(
        self, *, token: str, storage_id: str, size_bytes: int, import_settings: ImportSettings | None = None
    ) -> str:
        """Support the space that `token` (a supportSpace invite) is for; gives the space's id.

        `import_settings` sets up automatic import; only for imported storages. Raises AlreadyThere where the space
        is supported, `details` telling by which storage, and Conflict where the storage supports another space.
        A support is made in two stages: look at `has_import` of its details afterwards.
        """
        body = {
            "token": token,
            "size": size_bytes,
            "storageId": storage_id,
            "accountingEnabled": False,
            "dirStatsServiceEnabled": True,
        }
        if import_settings is not None:
            body["storageImport"] = {"mode": "auto", "autoStorageImportConfig": import_settings.body()}
        operation = Operation(
            f"support a space with the storage {storage_id}",
            "POST",
            "provider/spaces",
            json=body,
            needs=_CLUSTER_UPDATE,
            timeout_seconds=SLOW_OPERATION_SECONDS,
        )
        return self.id_from_body(operation, "id")

    def change_support_size(self, space_id: str, size_bytes: int) -> None:
        """Change the size of a support; raises Refused where more than that is occupied."""
        self._change_support(space_id, {"size": size_bytes}, "change the size of")

    def change_import(self, space_id: str, settings: ImportSettings) -> None:
        """Change how a space's files are imported; the settings apply to the next scan."""
        self._change_support(space_id, {"autoStorageImportConfig": settings.body()}, "change the import of")

    def _change_support(self, space_id: str, body: dict[str, object], words: str) -> None:
        path = at("provider", "spaces", space_id)
        phrase = f"{words} the space {space_id}"
        self.perform(Operation(phrase, "PATCH", path, json=body, needs=_CLUSTER_UPDATE))

    def revoke_support(self, space_id: str) -> None:
        """End the support of a space; files on the storage stay.

        For a space that is not supported releases answer differently: it is done when `supported_spaces` and the
        zone no longer list it.
        """
        path = at("provider", "spaces", space_id)
        phrase = f"end the support of the space {space_id}"
        self.perform(Operation(phrase, "DELETE", path, needs=_CLUSTER_UPDATE, timeout_seconds=SLOW_OPERATION_SECONDS))

    def import_info(self, space_id: str) -> ImportInfo:
        """Read the state of the current or last scan; raises Gone where import is not set up."""
        path = at("provider", "spaces", space_id, "storage-import", "auto", "info")
        return ImportInfo.read(self.read(get(f"tell the import of the space {space_id}", path)))

    def force_start_import(self, space_id: str) -> None:
        """Ask for a scan; raises AlreadyThere while one is enqueued or running."""
        self.perform(self._import_operation(space_id, "force-start", "start an import scan of"))

    def force_stop_import(self, space_id: str) -> bool:
        """Ask the running scan to end; False where none is running."""
        try:
            self.perform(self._import_operation(space_id, "force-stop", "stop the import scan of"))
        except Gone:
            return False
        return True

    def _import_operation(self, space_id: str, word: str, phrase: str) -> Operation:
        path = at("provider", "spaces", space_id, "storage-import", "auto", word)
        # Asking twice does no harm: while a scan is enqueued or running it is refused.
        return Operation(f"{phrase} the space {space_id}", "POST", path, needs=_CLUSTER_UPDATE, repeatable=True)
