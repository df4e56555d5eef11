"""What can go wrong with a metadata file, sorted by who can mend it.

::

    Passing
    ├── NotYet          the file holds nothing yet: empty, or comments only
    ├── LostRace        somebody saved the file meanwhile; nothing of theirs is lost, look again
    └── Trouble         the file system failed in a way that goes by itself (disk full, I/O error …)
    NeedsPerson
    ├── Unreadable      not YAML, or not a mapping, or a file made to hurt
    ├── Refused         readable, but the block cannot be written into it safely (`code` says why)
    ├── Unwritable      the file system forbids it
    └── CannotKeep      owner, access list or mode could not be kept or set as demanded
"""

import errno

from spacecast.faults import Fault, NeedsPerson, Passing

_STAYS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}
_CHANGED_UNDER_US = {errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EISDIR}
_LONGEST_SHOWN = 120


def shown(text: str) -> str:
    """Return `text` on one line, cut, with nothing in it that a terminal would obey."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)
    return plain if len(plain) <= _LONGEST_SHOWN else plain[:_LONGEST_SHOWN] + "…"


class NotYet(Passing):
    """The file has no content yet; somebody is about to write it."""


class LostRace(Passing):
    """The file is not what was read; what is there now was left alone or put back."""


class Trouble(Passing):
    """The file system failed; the file is the old one or the new one, whole."""


class Unreadable(NeedsPerson):
    """The file cannot be read as metadata; `code` names the kind, `line` and `column` count from 1."""

    def __init__(self, name: str, code: str, problem: str, advice: str, *, line: int = 0, column: int = 0) -> None:
        self.code, self.line, self.column = code, line, column
        place = f", line {line}, column {column}" if line else ""
        super().__init__(f"{shown(name)}{place}: {problem}. {advice}")


class Refused(NeedsPerson):
    """The block cannot be set in this file without risk to the rest of it; nothing was written."""

    def __init__(self, name: str, code: str, detail: str = "") -> None:
        self.code = code
        self.advice = ADVICE[code]
        because = f" ({shown(detail)})" if detail else ""
        super().__init__(f"{shown(name)}: the block was not written, {code}{because}. {self.advice}")


class Unwritable(NeedsPerson):
    """The file system does not let the service write here."""


class CannotKeep(NeedsPerson):
    """The file's owner, permissions or attributes would have been changed by writing it."""


_MEND = "Mend the file at the place named; it is looked at again when it changes."

ADVICE = {
    "too-large": "A metadata file has at most 1 MiB; move the bulk of it to another file.",
    "not-utf8": "Save the file as UTF-8.",
    "inner-bom": "Remove the second byte order mark, which stands inside the text.",
    "unparsable": _MEND,
    "too-deep": "Write it flatter.",
    "too-many-values": "Move bulk data to another file, and write it without so many aliases and merges.",
    "not-one-document": "A metadata file is one YAML document; remove the other `---` documents.",
    "root-not-mapping": "A metadata file is a list of `key: value` lines.",
    "flow-root": "The file is written as one `{...}`; write it as `key: value` lines to have the block in it.",
    "duplicate-key": "The key stands there twice; remove one of them.",
    "anchor-in-block": "Remove the anchor (`&name`) from the block, or put it outside.",
    "anchored-root": "Remove the anchor (`&name`) before the first key of the file.",
    "key-not-at-line-start": "Write each key at the start of its own line, without `?`.",
    "foreign-block": "Something else than a mapping stands under the key; move it to another key.",
    "bad-value": "The service has been given a value that cannot be written safely; check its configuration.",
    "unsafe-splice": "The block could not be added without a change of meaning; add an empty block by hand.",
}


def fault_of(error: OSError, name: str, doing: str) -> Fault:
    """Return the fault that an error of the operating system means; `doing` completes "while …"."""
    what = f"{shown(name)}: {error.strerror or 'input/output error'} while {doing}."
    if error.errno in _CHANGED_UNDER_US:
        return LostRace(f"{what} The file or its folder was moved, removed or replaced; it is looked at again.")
    if error.errno == errno.EROFS:
        # The unit shows the service a machine that is read-only but for the folders that it names.
        return Unwritable(
            f"{what} Mount the folder writable; or, if only the service sees it so, type `spacecast install --write`,"
            " `systemctl daemon-reload` and `systemctl restart spacecast`."
        )
    if error.errno in _STAYS:
        return Unwritable(f"{what} Give the service's user write permission on the folder.")
    return Trouble(f"{what} The file is whole; it is tried again.")
