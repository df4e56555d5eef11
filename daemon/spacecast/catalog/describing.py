"""What is written down in the inventory of a file that can be read as data."""

import json
from posixpath import basename, dirname
from typing import Any

from spacecast.catalog.columns import as_stored, stored, to_text
from spacecast.catalog.plan import PlannedEntry, PlannedFile, entry_digest
from spacecast.formats import Readable, frame_kind, numbered_name


class Descriptions:
    """Writes them; the last one is kept, since many files of a folder are alike."""

    def __init__(self) -> None:
        self._last: _Written | None = None

    def columns(self, file: PlannedFile, key: str, readable: Readable) -> dict[str, Any]:
        """Give the columns of a file for which a reader was found."""
        written = self._last = self._written(readable)
        columns: dict[str, Any] = {"outcome": "data", "reason": "", "is_final": True, "key": key}
        columns |= {"description": written.text, "digest": entry_digest(written.data_digest, (file,))}
        numbered = numbered_name(basename(file.path))
        if written.kind is not None and numbered is not None:
            columns |= {"parent": stored(dirname(file.path) or "."), "kind": written.kind}
            columns |= {"stem": stored(numbered[0]), "extension": numbered[1]}
        return columns

    def _written(self, readable: Readable) -> "_Written":
        if self._last is not None and self._last.readable is readable:
            return self._last
        found = as_stored(readable)
        text = to_text(found)
        return self._last if self._last is not None and self._last.text == text else _Written(readable, found, text)


class _Written:
    """What does not depend on the file's place; all of it follows from the text."""

    def __init__(self, readable: Readable, found: Readable, text: str) -> None:
        kind = frame_kind(readable)
        self.readable = readable
        self.text = text
        self.kind = None if kind is None else json.dumps(kind)
        self.data_digest = PlannedEntry("", found, ()).data_digest
