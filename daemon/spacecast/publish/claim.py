"""Whose a dataset is: the space comes first, and says which Spacecast has made it.

Its id follows from where the folder lies, so that of several daemons only one can make it; a daemon that has lost its
ledger finds it again; and one with another ledger sees the other's name in its description, and leaves all as it is.
"""

import re
from pathlib import PurePosixPath

from spacecast.faults import NeedsPerson
from spacecast.onedata import SpaceDetails, StorageDetails
from spacecast.publish.publication import Publication

OTHER_INSTANCE = "other-instance"
"""That another Spacecast publishes this folder; while this is known nothing is done about the dataset."""
INSTANCE_KEY = "spacecast-instance"
# Onedata decodes values that are JSON; the letter keeps a marker of digits what it is.
PREFIX = "u-"
_SIGNATURE = re.compile(
    r"(?:, dataset (?P<key>[^;\s]+))?(?:; instance (?P<instance>[^;\s]+))?"
    r"; marker (?P<marker>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z"
)


class AnotherInstance(NeedsPerson):
    """Another Spacecast publishes this folder."""

    def __init__(self, publication: Publication, instance: str) -> None:
        self.instance = instance
        super().__init__(
            f"{publication.dataset.path} is published by another Spacecast, {instance}, and this one is "
            f"{publication.config.instance_name}: nothing is done here. Let only one of them watch "
            f"{publication.dataset.root}. If the other is gone for good, write `instance: {instance}` into this one's "
            f"config and restart it"
        )


def signature(publication: Publication) -> str:
    """Return the end of the description of every space that this daemon makes."""
    return f"; instance {publication.config.instance_name}; marker {publication.dataset.marker}"


def marker_in(details: SpaceDetails) -> str | None:
    """Return the marker in a space's description, None where there is none."""
    found = _SIGNATURE.search(details.description or "")
    return found.group("marker") if found is not None else None


def key_in(details: SpaceDetails) -> str | None:
    """Return the key in a space's description of the dataset that it was made for, None where there is none."""
    found = _SIGNATURE.search(details.description or "")
    return found.group("key") if found is not None else None


def refuse_another_instance(publication: Publication, details: SpaceDetails) -> None:
    """Raise AnotherInstance where another Spacecast has signed this space."""
    found = _SIGNATURE.search(details.description or "")
    if found is not None:
        refuse_instance(publication, found.group("instance"))


def refuse_instance(publication: Publication, instance: str | None) -> None:
    """Raise AnotherInstance for any other instance than this one; None is nobody's."""
    if instance is not None and instance != publication.config.instance_name:
        raise AnotherInstance(publication, instance)


def mount_point(publication: Publication) -> PurePosixPath:
    """Return the dataset's folder as the provider sees it."""
    return publication.config.onedata.path_at_provider(PurePosixPath(publication.dataset.path))


def backing(publication: Publication, space_id: str) -> StorageDetails | None:
    """Return the storage with which the provider supports a space, None where it does not."""
    panel = publication.services.panel
    if space_id not in panel.supported_spaces():
        return None
    return panel.storage(panel.support(space_id).storage_id)


def is_over_this_folder(publication: Publication, storage: StorageDetails) -> bool:
    """Say whether a storage is an imported one on the dataset's own folder."""
    return storage.imported and PurePosixPath(storage.mount_point) == mount_point(publication)


def note_claim(publication: Publication, refused: AnotherInstance | None) -> None:
    """Write down that the dataset is another's, or that it is not any more."""
    if refused is not None:
        publication.confirm(OTHER_INSTANCE, None, instance=refused.instance)
    elif publication.known(OTHER_INSTANCE):
        publication.forget(OTHER_INSTANCE)
