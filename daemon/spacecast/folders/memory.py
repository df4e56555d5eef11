"""What the last look said about each dataset, so that only changes are reported: some sixty bytes for each."""

from collections.abc import Mapping

from spacecast.folders.sightings import Sighting

EXPECTED = 0
"""The fingerprint of a dataset of which only the name is known: it is news, as seen or as gone."""


def fingerprint_of(sighting: Sighting) -> int:
    """Return a number that tells a sighting from others of the same dataset; it holds within this process only.

    Devices are numbered anew when a host starts: which one a folder is on is no difference.
    """
    identity = sighting.folder_identity
    inode = None if identity is None else identity[1]
    trouble = sighting.problem, sighting.trouble
    return _fingerprint(sighting.metadata_name, sighting.stamp, sighting.running, inode, *trouble)


def sound_fingerprint(metadata_name: str, stamp: tuple[int, int, int, int], inode: int, *, running: bool) -> int:
    """Return the fingerprint of a sighting without a problem or a trouble, before there is one."""
    return _fingerprint(metadata_name, stamp, running, inode, None, None)


def _fingerprint(*said: object) -> int:
    return hash(said) or 1


class Memory:
    """The datasets of one root. A scan is bracketed by `begin_scan` and `end_scan`."""

    def __init__(self) -> None:
        self._fingerprints: dict[str, int] = {}
        self._seen: set[str] | None = None

    def expect(self, fingerprints: Mapping[str, int]) -> None:
        """Enter datasets known from an earlier run: each that lies there otherwise, or no more, is news."""
        self._fingerprints = {**fingerprints, **self._fingerprints}

    def note(self, sighting: Sighting) -> bool:
        """Remember a sighting and return whether it says something new."""
        self.spare(sighting.name)
        fingerprint = fingerprint_of(sighting)
        if self._fingerprints.get(sighting.name) == fingerprint:
            return False
        self._fingerprints[sighting.name] = fingerprint
        return True

    def recognise(self, name: str, fingerprint: int) -> bool:
        """Say whether a dataset was so already; if it was, it is taken for seen."""
        if self._fingerprints.get(name) != fingerprint:
            return False
        if self._seen is not None:
            self._seen.add(name)
        return True

    def spare(self, name: str) -> None:
        """Take a dataset for seen, although nothing is known of it now."""
        if self._seen is not None:
            self._seen.add(name)

    def forget(self, name: str) -> bool:
        """Forget a dataset and return whether it was known."""
        return self._fingerprints.pop(name, None) is not None

    def begin_scan(self) -> None:
        """From here on keep account of what is seen."""
        self._seen = set()

    def end_scan(self) -> list[str]:
        """Return the known datasets that were not seen since `begin_scan`; they stay known until forgotten."""
        seen, self._seen = self._seen or set(), None
        return [name for name in self._fingerprints if name not in seen]

    def __len__(self) -> int:
        return len(self._fingerprints)
