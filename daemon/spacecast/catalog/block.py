"""Metadata of entries: what the dataset and its headers say, our own block, and what others have added.

Our block stands under one reserved key. It lists the keys beside it that are ours, so that what users add to an entry
stays when ours are renewed.
"""

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any

from spacecast.catalog.entries import Entry
from spacecast.catalog.plan import Plan, PlannedEntry, Remark, digest_of, plain

BLOCK = "spacecast"
"""The reserved key in the metadata of every entry of ours."""

SPEC = {"name": "spacecast_dataset", "version": "1"}
"""Marks the container of a dataset."""

PENDING, AVAILABLE, BLOCKED, REMOVED = "pending", "available", "blocked", "removed"

_RENAMED = "spacecast_of_file"
_SHOWN_REMARKS = 50
# Raised when the same plan is to be registered in another way.
_FORM = 1


def block_of(entry: Entry) -> Mapping[str, Any] | None:
    """Return our block of an entry, None where the entry is not ours."""
    block = entry.metadata.get(BLOCK)
    return block if isinstance(block, Mapping) else None


def merged(entry: Entry | None, ours: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """Give an entry's new metadata: ours and the block renewed, what others have added to it kept."""
    before = {} if entry is None else entry.metadata
    earlier = {} if entry is None else block_of(entry) or {}
    dropped = {BLOCK, *earlier.get("keys", ())}
    kept = {key: value for key, value in before.items() if key not in dropped}
    return {**kept, **ours, BLOCK: {**block, "keys": sorted(ours)}}


def with_changes(entry: Entry, **changes: Any) -> dict[str, Any]:
    """Give an entry's metadata with nothing changed but some of our block's fields."""
    return {**entry.metadata, BLOCK: {**(block_of(entry) or {}), **changes}}


def without_reserved_key(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give the dataset's metadata as plain JSON, a key that is reserved for us under another name."""
    return {_RENAMED if key == BLOCK else key: value for key, value in plain(metadata).items()}


def entry_block(planned: PlannedEntry, digest: str | None) -> dict[str, Any]:
    """Say in a readable entry which files it is made of; `digest` is None until it is complete."""
    files = planned.files
    size = sum(file.size for file in files)
    if not planned.is_series:
        return {"digest": digest, "file": str(files[0].path), "bytes": size}
    return {
        "digest": digest,
        "files": len(files),
        "first": str(files[0].path),
        "last": str(files[-1].path),
        "bytes": size,
    }


class DatasetBlock:
    """The block of a dataset's container, and what tells whether it is up to date."""

    def __init__(self, plan: Plan, metadata: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.metadata = without_reserved_key(metadata)
        self._plan = plan
        self._facts = plain(facts)
        self._renamed = BLOCK in metadata
        self.files_digest = digest_of(_FORM, plan.digests.files)
        self.content_digest = digest_of(self.files_digest, plan.digests.entries)
        self.digest = digest_of(
            self.content_digest,
            plan.digests.times,
            self.metadata,
            self._facts,
            plan.digests.remarks,
        )

    def pending(self) -> dict[str, Any]:
        """Give the block of a dataset of which nothing can be read yet."""
        return {"status": PENDING, "facts": self._facts}

    def available(self, *, children: int, complete: bool, kept: int = 0) -> dict[str, Any]:
        """Give the block of a dataset that can be read; one that is not complete gets no digests: look again.

        `kept` is how many files the entry `files` has besides those that belong there.
        """
        plan = self._plan
        block: dict[str, Any] = {
            "status": AVAILABLE,
            "digest": self.digest if complete else None,
            "content_digest": self.content_digest if complete else None,
            "files_digest": self.files_digest if complete else None,
            "children": children,
            "kept": kept,
            "folder": str(plan.folder),
            "files": len(plan.files),
            "bytes": plan.size_bytes,
            "entries": len(plan.entries),
            "unread": len(plan.unread),
            "waiting": len(plan.waiting),
            "remarks": [_text(remark) for remark in islice(chain(plan.waiting, plan.unread), _SHOWN_REMARKS)],
            "facts": self._facts,
        }
        if self._renamed:
            block["note"] = f"The metadata file's key {BLOCK} is reserved here and stands under {_RENAMED}."
        return block


NOT_UP_TO_DATE = {"digest": None, "content_digest": None, "files_digest": None}
"""Changes of a dataset's block that say: being worked on; what is readable stays readable."""


def _text(remark: Remark) -> dict[str, str]:
    return {"file": str(remark.path), "reason": remark.reason}
