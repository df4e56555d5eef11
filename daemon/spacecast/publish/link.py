"""The stage *link*: from a metadata file at rest to the same file with the link and the invite token in it."""

from dataclasses import replace

from spacecast.faults import NeedsPerson
from spacecast.folders import DatasetFolder, Vanished, open_folder
from spacecast.publish import link_invite, link_provider, link_share, link_storage, link_zone, visibility
from spacecast.publish.admission import LINK
from spacecast.publish.adoption import complete_block, is_to_be_made_anew
from spacecast.publish.anew import start_anew
from spacecast.publish.claim import AnotherInstance, note_claim
from spacecast.publish.decisions import disregard_block, forget_orders
from spacecast.publish.hiding import hide_all_the_same
from spacecast.publish.performing import record_step, run_step
from spacecast.publish.publication import SPACE, Publication
from spacecast.publish.reading import read_metadata, read_untouched
from spacecast.publish.steps import Step, run_steps
from spacecast.publish.verifying import verify_published
from spacecast.publish.write_back import write_back

# The space is the claim: nothing is made for a folder before it. Apart from that, what needs nothing of each other
# runs side by side. The longest chain has six requests: space (storages are listed meanwhile), support token (the
# storage is made meanwhile), support, visibility, share and its details. Then comes the write-back.
_SPACE = Step(SPACE, link_zone.space)
_ALWAYS = (
    _SPACE,
    Step(link_storage.STORAGE, link_storage.storage, (SPACE,)),
    Step(link_provider.IMPORT_SETUP, link_provider.import_setup, (link_provider.SUPPORT,)),
    Step(link_provider.VISIBILITY, visibility.visibility, (link_provider.SUPPORT,)),
    Step(link_share.SHARE, link_share.share, (link_provider.VISIBILITY,)),
    Step(link_zone.GROUP, link_zone.group, (SPACE,)),
    Step(link_zone.MEMBERSHIP, link_zone.membership, (SPACE, link_zone.GROUP)),
)
_LOOK = Step("look for storage", link_storage.look_for_storage)
_TOKEN = Step(link_provider.SUPPORT_TOKEN, link_provider.support_token, (SPACE,))
_INVITE = Step(link_invite.INVITE, link_invite.invite, (link_zone.GROUP,))
WRITE = "write-back"
_REVOKE = Step(link_invite.REVOKE, link_invite.revoke_superseded)


def publish_link(publication: Publication) -> None:
    """Make everything that the link needs, and write it into the metadata file.

    Raises a Fault that says what is in the way; what was reached by then stays recorded.
    """
    dataset = publication.dataset
    with open_folder(dataset.root, dataset.name, disk=publication.disk) as folder:
        is_claimed = publication.known(SPACE) is not None
        if not is_claimed:
            _claim(publication, folder)
        read_metadata(publication, folder)
        if is_claimed and is_to_be_made_anew(publication):
            start_anew(publication)
            disregard_block(publication)
            # It is made again, or taken over, before anything that hangs on it.
            complete_block(publication)
            _perform(publication, folder, _SPACE)
        verify_published(publication)
        run_steps(link_steps(publication), lambda step: _perform(publication, folder, step))
        link_share.renew_description(publication)
        if publication.known(link_invite.SUPERSEDED):
            _perform(publication, folder, _REVOKE)
        forget_orders(publication)


def _claim(publication: Publication, folder: DatasetFolder) -> None:
    """Make the space, before the folder or anything else is touched; raises AnotherInstance where it is another's."""
    try:
        read_untouched(publication, folder)
        complete_block(publication)
        run_steps(_claiming_steps(publication), lambda step: _perform(publication, folder, step))
    except AnotherInstance as refused:
        note_claim(publication, refused)
        raise
    except NeedsPerson as reason:
        # Nothing is done about the dataset, but no guest shall read a token in it.
        hide_all_the_same(publication, folder, reason)
        raise
    note_claim(publication, None)


def _claiming_steps(publication: Publication) -> tuple[Step, ...]:
    # Where no two can make the same space they run side by side; elsewhere only the storage may say whose it is.
    computes_ids = publication.services.spaces.computes_ids()
    return (_LOOK, _SPACE if computes_ids else replace(_SPACE, needs=(_LOOK.name,)))


def link_steps(publication: Publication) -> tuple[Step, ...]:
    """Return the steps of the stage for this dataset's config."""
    without_invite = publication.config.metadata.invite_token == "none"
    made = (*_ALWAYS, *_support_steps(publication), *(() if without_invite else (_INVITE,)))
    return (*made, Step(WRITE, write_back, tuple(step.name for step in made)))


def _support_steps(publication: Publication) -> tuple[Step, ...]:
    # A support that may be there already is looked for; a token is made for it only if it is not.
    is_new = not publication.was_tried(link_provider.SUPPORT)
    needs = (SPACE, link_storage.STORAGE, *((_TOKEN.name,) if is_new else ()))
    support = Step(link_provider.SUPPORT, link_provider.support, needs)
    return (_TOKEN, support) if is_new else (support,)


def _perform(publication: Publication, folder: DatasetFolder, step: Step) -> None:
    # The services know the folder by its path: what lies there must still be what was read.
    if not folder.still_there():
        raise Vanished(f"{publication.dataset.path} was moved or replaced while it was being published.")
    was_known = publication.known(step.name) is not None
    seconds = run_step(publication, LINK, step)
    if not was_known:
        record_step(publication, LINK, step, "done", seconds)
