"""The step that waits until the provider knows the space: the only one whose end nothing tells of."""

import time
from collections.abc import Sequence

from spacecast.faults import Passing
from spacecast.onedata import NotVisibleYet, ProviderSpace
from spacecast.publish.link_provider import SUPPORT, VISIBILITY
from spacecast.publish.publication import SPACE, Publication
from spacecast.transport import Stopped, await_condition

# How long a provider takes, as a rule, to learn of its first support for a user. Asked too early it answers that it
# does not know the user, and remembers this for ten seconds.
FIRST_SUPPORT_SECONDS = 1.0


def visibility(publication: Publication) -> None:
    """Wait until the provider knows the space as one of ours, and learn the id of its root folder."""
    if publication.known(VISIBILITY):
        return
    first_look_seconds = _first_look_seconds(publication)
    began, hidden = time.monotonic(), list[float]()
    if publication.stop.wait(first_look_seconds):
        raise Stopped(f"Stopped while the provider learns of {publication.dataset.name}.")

    def look() -> ProviderSpace:
        looked_after_seconds = time.monotonic() - began
        try:
            return _space_at_provider(publication)
        except NotVisibleYet:
            hidden.append(looked_after_seconds)
            raise

    propagation = publication.services.propagation
    space = await_condition(
        f"the provider knows the space of {publication.dataset.name}",
        look,
        total_seconds=publication.config.onedata.waits.visibility,
        wait=publication.stop.wait,
        intervals_seconds=propagation.pauses_seconds(propagation.first_look_seconds()),
        not_yet=(NotVisibleYet,),
    )
    _learn(publication, hidden, first_look_seconds)
    publication.confirm(VISIBILITY, space.root_id, at=time.time())


def _first_look_seconds(publication: Publication) -> float:
    services = publication.services
    if not services.is_known_at_provider.is_set():
        return FIRST_SUPPORT_SECONDS
    # A space that an earlier pass has had supported is known by now, or nearly so.
    return 0.0 if publication.was_tried(SUPPORT) else services.propagation.first_look_seconds()


def _learn(publication: Publication, hidden: Sequence[float], first_look_seconds: float) -> None:
    services = publication.services
    was_known = services.is_known_at_provider.is_set()
    services.is_known_at_provider.set()
    # The first space of all is waited for longer, for another reason.
    if not publication.was_tried(SUPPORT) and (was_known or hidden):
        services.propagation.learn(hidden[-1] if hidden else None, first_look_seconds=first_look_seconds)


def _space_at_provider(publication: Publication) -> ProviderSpace:
    if not publication.known(SUPPORT):
        # Found to be made by half, or gone, by the step beside this one: it will not be known before it is made again.
        raise Passing(f"The support of {publication.dataset.name} is not there; it is made again.")
    return publication.services.provider.space(publication.id_of(SPACE))
