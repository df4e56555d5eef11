"""The stage *withdraw*: everything that was made for a dataset is removed again, and no file in its folder ever is.

An operator has said so; nothing else leads here. Access ends first: share and invite tokens. Then the provider lets go
of the folder, and the space goes last. Whether an object is gone is looked up after its removal, so that a lost reply,
a kill or a second pass do no harm.
"""

from functools import partial

from spacecast.folders import origin_at
from spacecast.ledger import WITHDRAW
from spacecast.publish import removals
from spacecast.publish.block_removal import remove_block
from spacecast.publish.claim import OTHER_INSTANCE
from spacecast.publish.files_pass import inventory_file
from spacecast.publish.performing import record_step, run_step
from spacecast.publish.publication import Publication
from spacecast.publish.steps import Step, run_steps
from spacecast.publish.withdrawn_folders import WITHDRAWN_FOLDER

# What depends on nothing is removed although something else is in the way.
_STEPS = (
    Step("catalog", removals.catalog_entry),
    Step("tokens", removals.tokens),
    Step("share", removals.share),
    Step("block", remove_block),
    Step("support", removals.support, ("share",)),
    Step("storage", removals.storage, ("support",)),
    Step("group", removals.group, ("tokens",)),
    Step("space", removals.space, ("support", "group")),
)


def withdraw(publication: Publication) -> None:
    """Remove what was made for the dataset, and forget it when all of it is gone; may be repeated any number of times.

    Raises NeedsPerson, before anything is removed, where a person must decide; NotYet and other passing faults while a
    service has not let go.
    """
    # Another Spacecast has published the folder: none of it is ours.
    if OTHER_INSTANCE not in publication.objects:
        removals.find_what_was_begun(publication)
        removals.require_removable(publication)
        run_steps(_STEPS, partial(_perform, publication))
    inventory_file(publication.config, publication.dataset).unlink(missing_ok=True)
    publication.ledger.end_withdrawal(publication.dataset.id)
    try:
        with publication.disk.asking():
            origin = origin_at(publication.dataset.path)
    except OSError:
        return
    if origin is not None:
        publication.ledger.confirm(publication.dataset.id, WITHDRAWN_FOLDER, None, {"folder": list(origin)})


def _perform(publication: Publication, step: Step) -> None:
    """Do a step once, and write down that it is done: after a kill the others go on."""
    done = f"withdrawn: {step.name}"
    if publication.known(done):
        return
    seconds = run_step(publication, WITHDRAW, step)
    publication.confirm(done, None)
    record_step(publication, WITHDRAW, step, "done", seconds)
