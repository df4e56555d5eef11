"""The book of inotify watches: which number stands for which root or folder, and which folder was asked for last."""

from pathlib import Path

Place = tuple[Path, str | None]
"""A root (name None) or a folder of it."""


class Watches:
    """Numbers by place and places by number; folders in the order in which they were last asked for."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}
        self._places: dict[int, Place] = {}
        self._folder_count = 0

    def put(self, root: Path, name: str | None, watch: int) -> int | None:
        """Enter a watch and return the number that stood for the same place before, if it was another.

        The kernel gives a folder that was renamed its old number again.
        """
        before = self._places.get(watch)
        if before == (root, name):
            return None
        if before is not None:
            self.drop(*before)
        replaced = self.drop(root, name)
        self._numbers[root, name] = watch
        self._places[watch] = (root, name)
        self._folder_count += name is not None
        return replaced

    def place(self, watch: int) -> Place | None:
        """Return what a number stands for."""
        return self._places.get(watch)

    def has(self, root: Path, name: str | None) -> bool:
        """Whether there is a watch on a root or folder."""
        return (root, name) in self._numbers

    def touch(self, root: Path, name: str) -> bool:
        """Make a folder the last to be dropped; return whether it is watched."""
        number = self._numbers.pop((root, name), None)
        if number is None:
            return False
        self._numbers[root, name] = number
        return True

    def roots(self) -> list[Path]:
        """Return the watched roots."""
        return [root for root, name in self._numbers if name is None]

    def drop(self, root: Path, name: str | None) -> int | None:
        """Forget a watch and return its number."""
        number = self._numbers.pop((root, name), None)
        if number is not None:
            del self._places[number]
            self._folder_count -= name is not None
        return number

    def drop_root(self, root: Path) -> list[int]:
        """Forget the watches on a root and all its folders and return their numbers."""
        places = [place for place in self._numbers if place[0] == root]
        return [number for place in places if (number := self.drop(*place)) is not None]

    def drop_oldest(self, limit: int) -> list[int]:
        """When there are more than `limit` folders, forget those asked for longest ago; return their numbers."""
        if self._folder_count <= limit:
            return []
        # An eighth more than needed, so that a flood of folders does not walk the book for each of them.
        excess = self._folder_count - limit + limit // 8
        oldest = [place for place in self._numbers if place[1] is not None][:excess]
        return [number for place in oldest if (number := self.drop(*place)) is not None]
