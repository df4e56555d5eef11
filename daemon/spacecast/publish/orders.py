"""What an operator's commands change in the ledger; the daemon, or the next one that starts, acts upon it.

Nothing remote is touched here, and no file. What people are told is the beginning of a sentence; when it is acted upon
comes behind.
"""

from collections.abc import Mapping

from spacecast.config import Config
from spacecast.faults import NeedsPerson
from spacecast.folders import Vanished, open_folder
from spacecast.ledger import WITHDRAW, Condition, Dataset, Ledger, RemoteObject, State
from spacecast.publish.admission import SCAN, stage_names
from spacecast.publish.adoption import LOSS
from spacecast.publish.claim import OTHER_INSTANCE
from spacecast.publish.decisions import ADOPT, ANEW, command
from spacecast.publish.files_pass import CATALOG_ENTRY, inventory_file
from spacecast.publish.link_share import SHARE
from spacecast.publish.link_storage import STORAGE
from spacecast.publish.link_zone import GROUP
from spacecast.publish.publication import SPACE
from spacecast.publish.verifying import LOST
from spacecast.publish.withdrawn_folders import WITHDRAWN_FOLDER

WITHDRAWING = "what was made for it is being removed"


def look_again(ledger: Ledger, config: Config, dataset: Dataset) -> None:
    """Have a dataset that is ready gone through again from the beginning; any other is tried again as it is."""
    if dataset.state is State.READY:
        ledger.reopen(dataset.id, stage_names(config), forget=(SCAN,))
        ledger.derive_state(dataset.id)


def withdraw_dataset(ledger: Ledger, dataset: Dataset) -> bool:
    """Have everything removed that was made for a dataset; False where that is done already."""
    if is_withdrawn(ledger, dataset):
        return False
    ledger.begin_withdrawal(dataset.id, WITHDRAWING)
    return True


def is_withdrawn(ledger: Ledger, dataset: Dataset) -> bool:
    """Say whether a dataset is withdrawn, and nothing that was made for it is left."""
    stage = ledger.stages(dataset.id).get(WITHDRAW)
    return dataset.state is State.WITHDRAWN and (stage is None or stage.condition is Condition.DONE)


def publish_anew(ledger: Ledger, config: Config, dataset: Dataset) -> str:
    """Have a dataset published with a new space, whatever its block says.

    Raises NeedsPerson where it has a space, is still being withdrawn, belongs to another Spacecast, or is not there.
    """
    objects = ledger.objects(dataset.id)
    _require_there(dataset)
    if OTHER_INSTANCE in objects:
        raise NeedsPerson(f"{dataset.path} is published by another Spacecast: {dataset.reason}")
    if dataset.state is State.WITHDRAWN:
        if not is_withdrawn(ledger, dataset):
            raise NeedsPerson(
                f"{dataset.name} is still being withdrawn ({dataset.reason}). Wait for that: {command('show', dataset)}"
            )
    elif SPACE in objects and not _is_asked_about(objects):
        raise NeedsPerson(
            f"{dataset.name} is published already, or on its way, and keeps its space: {command('show', dataset)}. To "
            f"try it again, type {command('retry', dataset)}; to take it back first, {command('withdraw', dataset)}"
        )
    ledger.forget(dataset.id, WITHDRAWN_FOLDER)
    ledger.confirm(dataset.id, ANEW, None, {})
    ledger.begin_anew(dataset.id, stage_names(config))
    return f"{dataset.name} is published anew"


def _is_asked_about(objects: Mapping[str, RemoteObject]) -> bool:
    """Say whether a person was told that the space, or something of it, is lost."""
    return any("stamp" in objects[question].details for question in (LOSS, LOST) if question in objects)


def adopt_folder(ledger: Ledger, config: Config, dataset: Dataset) -> str:
    """Have a folder taken for the published dataset; raises NeedsPerson where nothing keeps it from going on."""
    _require_there(dataset)
    if dataset.state is not State.BLOCKED:
        raise NeedsPerson(
            f"{dataset.name} is {dataset.state}, so there is nothing to decide. Only a folder that is blocked, because "
            f"it was moved or replaced, can be adopted"
        )
    ledger.confirm(dataset.id, ADOPT, None, {})
    ledger.reopen(dataset.id, stage_names(config), forget=(SCAN,))
    ledger.derive_state(dataset.id)
    ledger.draw_attention([dataset.id])
    return f"{dataset.name} goes on in {dataset.path}"


def forget_dataset(ledger: Ledger, config: Config, dataset: Dataset) -> str:
    """Drop a dataset whose folder is gone, and tell what stays in Onedata and Tiled.

    Raises NeedsPerson where the folder is there (it would be found again) or a withdrawal is under way.
    """
    if _is_there(dataset):
        raise NeedsPerson(
            f"{dataset.path} is there, so it would be found again. To take back what was published, type "
            f"{command('withdraw', dataset)}; to leave it alone, {command('pause', dataset)}"
        )
    if dataset.state is State.WITHDRAWN and not is_withdrawn(ledger, dataset):
        raise NeedsPerson(f"{dataset.name} is still being withdrawn: {dataset.reason}")
    if dataset.state not in (State.MISSING, State.WITHDRAWN) or not _is_root_as_it_was(ledger, dataset):
        raise NeedsPerson(
            f"{dataset.path} is not there, but it is not known whether it is gone or only not mounted: it can be "
            f"forgotten once its watched folder is there and `spacecast status` says that it is missing"
        )
    stays = what_stays(ledger, dataset)
    ledger.remove(dataset.id)
    inventory_file(config, dataset).unlink(missing_ok=True)
    return f"{dataset.name} is forgotten. {stays}"


def what_stays(ledger: Ledger, dataset: Dataset) -> str:
    """Say what there is of a dataset in Onedata and Tiled, by the ledger."""
    objects = ledger.objects(dataset.id)
    made = [
        f"{kind} {objects[kind].remote_id}"
        for kind in (SPACE, STORAGE, SHARE, GROUP, CATALOG_ENTRY)
        if kind in objects and objects[kind].remote_id
    ]
    return f"What was made for it stays: {', '.join(made)}" if made else "Nothing was made for it"


def _require_there(dataset: Dataset) -> None:
    if not _is_there(dataset):
        raise NeedsPerson(f"{dataset.path} is not there. Bring the folder back first")


def _is_there(dataset: Dataset) -> bool:
    """Say whether the folder, or something in its place, is there; raises what the disk says otherwise."""
    try:
        with open_folder(dataset.root, dataset.name):
            return True
    except NeedsPerson:
        return True
    except Vanished:
        return False


def _is_root_as_it_was(ledger: Ledger, dataset: Dataset) -> bool:
    try:
        status = dataset.root.stat()
    except OSError:
        return False
    return ledger.roots().get(dataset.root) in (None, (status.st_dev, status.st_ino))
