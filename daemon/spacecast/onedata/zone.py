"""The client of Onezone."""

from typing import ClassVar

from spacecast.onedata.refusals import ServiceKind
from spacecast.onedata.service import Operation, at, get
from spacecast.onedata.zone_facts import ProviderDetails, ShareDetails, User, ZoneConfiguration
from spacecast.onedata.zone_groups import ZoneGroups
from spacecast.onedata.zone_spaces import ZoneSpaces
from spacecast.onedata.zone_tokens import ZoneTokens


class ZoneClient(ZoneGroups, ZoneSpaces, ZoneTokens):
    """Onezone's REST interface as far as publishing needs it; `ZoneClient.connect(url, token)` makes one.

    Every method raises only faults of the family in `errors`, and InvalidIdentifier for ids that cannot be ones.
    """

    kind: ClassVar[ServiceKind] = "zone"
    title: ClassVar[str] = "Onezone"
    base_path: ClassVar[str] = "/api/v3/onezone"

    def configuration(self) -> ZoneConfiguration:
        """Read the zone's name, domain and release; needs no token."""
        return ZoneConfiguration.read(self.read(get("tell its release", "configuration", authenticated=False)))

    def user(self) -> User:
        """Tell whom the token belongs to; Unauthorized means that it is of no use."""
        return User.read(self.read(get("tell whom the token belongs to", "user")))

    def provider(self, provider_id: str) -> ProviderDetails:
        """Read a provider that one of the user's spaces, or his cluster membership, leads to."""
        return ProviderDetails.read(self.read(get(f"read the provider {provider_id}", at("providers", provider_id))))

    def share(self, share_id: str) -> ShareDetails:
        """Read a share; Gone where there is none."""
        operation = get(f"read the share {share_id}", at("shares", share_id), needs="space_view")
        return ShareDetails.read(self.read(operation))

    def public_share(self, share_id: str) -> ShareDetails:
        """Read a share as everybody may, without a token."""
        operation = get(f"read the share {share_id}", at("shares", share_id, "public"), authenticated=False)
        return ShareDetails.read(self.read(operation))

    def change_share(self, share_id: str, *, name: str | None = None, description: str | None = None) -> None:
        """Change name or description of a share."""
        changes = {"name": name, "description": description}
        body = {key: value for key, value in changes.items() if value is not None}
        phrase = f"change the share {share_id}"
        self.perform(Operation(phrase, "PATCH", at("shares", share_id), json=body, needs="space_manage_shares"))
