"""What a registration has to change, and what it has done in the end."""

from dataclasses import dataclass, field
from itertools import islice

from spacecast.catalog.plan import Plan

_FIRST_ONES = 1000


@dataclass(frozen=True)
class Registered:
    """What a registration did, by keys, and what it could not do."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    removed: tuple[str, ...]
    files: int
    """How many files there are to be downloaded."""
    size_bytes: int
    """How long they are together."""
    entries: int
    """How many entries can be read as data, besides `files`."""
    unread: tuple[tuple[str, str], ...]
    """Files that nobody can read as data, or download, and why; the first ones of them."""
    unread_files: int
    """How many of them there are."""
    waiting: tuple[str, ...]
    """Files that look as if they were still being written: to be tried again later; the first ones of them."""
    waiting_files: int
    """How many of them there are."""


@dataclass
class Changes:
    """What differs between a dataset's entries and the plan, by keys."""

    create: list[str] = field(default_factory=list)
    update: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    files: bool = False
    """Whether the entry `files` does."""


def registered(plan: Plan, changes: Changes) -> Registered:
    """Give the account of a registration."""
    return Registered(
        created=tuple(changes.create),
        updated=tuple(changes.update),
        removed=tuple(changes.remove),
        files=len(plan.files),
        size_bytes=plan.size_bytes,
        entries=len(plan.entries),
        unread=tuple((remark.path, remark.reason) for remark in islice(plan.unread, _FIRST_ONES)),
        unread_files=len(plan.unread),
        waiting=tuple(remark.path for remark in islice(plan.waiting, _FIRST_ONES)),
        waiting_files=len(plan.waiting),
    )
