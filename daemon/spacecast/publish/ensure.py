"""Find, else create, then verify: how every remote object of a dataset comes to exist exactly once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from spacecast.faults import Fault, Passing, Unclear
from spacecast.onedata import AlreadyThere
from spacecast.publish.publication import Publication
from spacecast.transport import Stopped

UNCLEAR = "unclear"
"""Whether a service left open what came of an attempt; it may still be at it."""
# After an unclear outcome the object is looked for this often, with these pauses, before anything is repeated.
LOOKS_AFTER_UNCLEAR_SECONDS = (1.0, 3.0)


@dataclass(frozen=True)
class Found:
    """A remote object that exists: its id and the facts that later steps need, never a secret."""

    remote_id: str | None
    details: dict[str, Any] = field(default_factory=dict)


def ensure(
    publication: Publication,
    kind: str,
    *,
    find: Callable[[], Found | None],
    create: Callable[[], Found],
    always_find: bool = False,
) -> None:
    """Make sure that a remote object exists and is recorded.

    The intent is in the ledger before `create` is called, the result after. `find` is asked first whenever an earlier
    attempt, or another tool, may have made the object; a dataset with a fresh marker skips it unless `always_find`.
    `create` raises Unclear where it may have made something; any other fault of it says that nothing was made. After
    an attempt whose outcome is not known, also that of a daemon that was killed, `find` is asked again and again over
    some seconds before anything is made.
    """
    if publication.known(kind):
        return
    may_have_been_made = publication.may_have_been_made(kind)
    look_first = publication.intend(kind) or always_find or publication.was_there
    pauses = LOOKS_AFTER_UNCLEAR_SECONDS if may_have_been_made else ()
    found = _look(publication, kind, find, (0.0, *pauses)) if look_first else None
    found = found or _create(publication, kind, find, create)
    publication.confirm(kind, found.remote_id, **found.details)


def _create(
    publication: Publication, kind: str, find: Callable[[], Found | None], create: Callable[[], Found]
) -> Found:
    publication.begin(kind)
    try:
        return create()
    except AlreadyThere as refusal:
        found = find()
        if found is None:
            raise Passing(f"{refusal} It is there, but cannot be found yet.") from refusal
        return found
    except Unclear as unclear:
        publication.note_intent(kind, **{UNCLEAR: True})
        found = _look(publication, kind, find, LOOKS_AFTER_UNCLEAR_SECONDS)
        if found is None:
            raise Passing(
                f"{unclear} The {kind} has not come into being; it will be looked for and made again."
            ) from unclear
        return found
    except Fault:
        publication.nothing_made(kind)
        raise


def _look(
    publication: Publication, kind: str, find: Callable[[], Found | None], pauses_seconds: Iterable[float]
) -> Found | None:
    for pause_seconds in pauses_seconds:
        if publication.stop.wait(pause_seconds):
            raise Stopped(f"Stopped while looking for the {kind} of {publication.dataset.name}.")
        found = find()
        if found is not None:
            return found
    return None
