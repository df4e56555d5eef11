"""Folders in memory, of which plans are made with an inventory."""

import io
import threading
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from spacecast.catalog import build_plan, renew_plan


@dataclass(frozen=True)
class File:
    path: str
    size: int = 4
    modified_ns: int = 1
    changed_ns: int = 1
    inode: int = 1
    left_out: str = ""


def npy(value=1, shape=(2, 2)):
    buffer = io.BytesIO()
    np.save(buffer, np.full(shape, value))
    return buffer.getvalue()


class Folder:
    """Files in memory, each noting when it is opened."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = {f"{name}.npy": data for name, data in contents.items()}
        self.files = {name: File(name, len(data)) for name, data in self.contents.items()}
        self.opened: list[str] = []

    def open(self, path: str):
        self.opened.append(path)
        return io.BytesIO(self.contents[path])

    def touch(self, name: str, **changes) -> None:
        self.files[name] = replace(self.files[name], **changes)

    def plan(self, inventory, stop=None, **options):
        self.opened.clear()
        options = {"folder": PurePosixPath("/data/d1"), "stop": stop or threading.Event(), **options}
        return build_plan(self.files.values(), self.open, inventory=inventory, **options)

    def renew(self, inventory, *paths, **options):
        """Plan anew after what is at these paths has changed."""
        self.opened.clear()
        options = {"folder": PurePosixPath("/data/d1"), "stop": threading.Event(), **options}
        looks = [(path, [self.files[path]] if path in self.files else []) for path in paths]
        return renew_plan(looks, self.open, inventory=inventory, **options)


def told(plan):
    """Return everything that a plan says."""
    entries = [(entry.key, entry.digest, [file.uri for file in entry.files]) for entry in plan.entries]
    return entries, list(plan.files), list(plan.unread), list(plan.waiting), plan.size_bytes, plan.digests
