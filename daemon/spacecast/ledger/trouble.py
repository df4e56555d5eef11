"""What can be wrong with the ledger, and what is to be typed then."""

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from spacecast.faults import NeedsPerson, Passing


class LedgerTrouble(Passing):
    """The ledger cannot be read or written at the moment: its disk is full, or its server away."""


class LedgerUnusable(NeedsPerson):
    """The ledger is damaged, too new, gone, not a ledger, or cannot be reached."""


def damaged(file: Path | None, cause: str) -> LedgerUnusable:
    """Say that the ledger is damaged, and how it is replaced without losing what is left of it."""
    if file is None:
        return LedgerUnusable(f"The ledger's database is damaged ({cause}). Restore its backup")
    return LedgerUnusable(
        f"ledger {file} is damaged ({cause}). Stop the daemon and move the ledger away: {move_away(file)}. Then put a "
        f"backup in its place if there is one, and start again; without a backup a new ledger is built from the "
        f"metadata files and the services, and nothing is published twice"
    )


def move_away(file: Path) -> str:
    """Return the command that moves a ledger, with the files that belong to it, out of the way."""
    # The write-ahead log goes with it: left behind, it would be played into whatever takes the ledger's place.
    place = file.with_name(f"damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    return f"`mkdir {shlex.quote(str(place))} && mv {shlex.quote(str(file))}* {shlex.quote(str(place))}/`"


@contextmanager
def told(file: Path | None) -> Iterator[None]:
    """Turn what the database says into LedgerTrouble, which passes, or LedgerUnusable, which a person has to mend."""
    try:
        yield
    except sa.exc.DatabaseError as error:
        if is_damage(error):
            raise damaged(file, cause_of(error)) from error
        if not isinstance(error, sa.exc.OperationalError):
            raise
        raise LedgerTrouble(
            f"The ledger cannot be used: {cause_of(error)}. Work goes on by itself once it can; look at the disk of "
            f"the state folder, or at the database server"
        ) from error


def is_damage(error: Exception) -> bool:
    """Say whether an error of the database means that its file is not what was written."""
    cause = cause_of(error)
    return any(words in cause for words in ("malformed", "not a database", "Could not decode"))


def cause_of(error: Exception) -> str:
    """Return what the database said, in one line; never the statement, which holds what was to be written."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
