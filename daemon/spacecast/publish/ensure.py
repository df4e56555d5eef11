"""Find, else create, then verify: how every remote object of a dataset comes to exist exactly once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spacecast.faults import Passing, Unclear
from spacecast.onedata import AlreadyThere
from spacecast.publish.publication import Publication
from spacecast.transport import Stopped

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

    The intent is in the ledger before `create` is called, the result after. `find` is asked first whenever
    an earlier attempt, or another tool, may have made the object; a dataset with a fresh marker skips it
    unless `always_find`. When the outcome of `create` is unclear, `find` is asked twice over some seconds;
    still nothing means a passing fault, and the next attempt begins with `find` again.
    """
    if publication.known(kind):
        return
    tried_before = publication.intend(kind)
    look_first = tried_before or always_find or publication.was_there
    found = (find() if look_first else None) or _create(publication, kind, find, create)
    publication.confirm(kind, found.remote_id, **found.details)


def _create(
    publication: Publication, kind: str, find: Callable[[], Found | None], create: Callable[[], Found]
) -> Found:
    try:
        return create()
    except AlreadyThere as refusal:
        found = find()
        if found is None:
            raise Passing(f"{refusal} It is there, but cannot be found yet.") from refusal
        return found
    except Unclear as unclear:
        return _find_after(publication, kind, find, unclear)


def _find_after(publication: Publication, kind: str, find: Callable[[], Found | None], unclear: Unclear) -> Found:
    for pause_seconds in LOOKS_AFTER_UNCLEAR_SECONDS:
        if publication.stop.wait(pause_seconds):
            raise Stopped(f"Stopped while looking for the {kind} of {publication.dataset.name}.")
        found = find()
        if found is not None:
            return found
    raise Passing(f"{unclear} The {kind} has not come into being; it will be looked for and made again.") from unclear
