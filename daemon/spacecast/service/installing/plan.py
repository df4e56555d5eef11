"""Which files are to be written where, how those that are there stand to them, and the writing."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from spacecast.config import Config
from spacecast.faults import NeedsPerson
from spacecast.service.installing.drop_in import USUAL_STATE, drop_in
from spacecast.service.installing.shipped import SAMPLE, SYSUSERS, TMPFILES, UNIT, shipped
from spacecast.service.installing.unit_syntax import tmpfiles_path
from spacecast.service.installing.wishes import Wishes

UNIT_PLACE = Path("/etc/systemd/system/spacecast.service")
DROP_IN_PLACE = Path("/etc/systemd/system/spacecast.service.d/10-config.conf")
SYSUSERS_PLACE = Path("/etc/sysusers.d/spacecast.conf")
TMPFILES_PLACE = Path("/etc/tmpfiles.d/spacecast.conf")
_MARK = re.compile(r"# Written by `spacecast install`; sha256 of the rest: ([0-9a-f]{64})\n")


class Standing(StrEnum):
    """How a file that is there stands to the one that is wanted."""

    NEW = "new"
    SAME = "as wanted"
    OLDER = "to be renewed"
    CHANGED = "changed by hand"


@dataclass(frozen=True)
class PlannedFile:
    """One file to write."""

    place: Path
    """Where it is for the service, without the root of the installation."""
    target: Path
    text: str
    mode: int
    standing: Standing

    def write(self) -> None:
        """Put the file into its place, whole or not at all; raises NeedsPerson where that is not possible."""
        beside = self.target.with_name(f".{self.target.name}.new")
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(self.text, encoding="utf-8")
            # Whatever the umask of root is.
            beside.chmod(self.mode)
            beside.replace(self.target)
        except OSError as error:
            remedy = "Type it as root: sudo spacecast install …" if isinstance(error, PermissionError) else "Mend that"
            raise NeedsPerson(f"{self.target} cannot be written: {error.strerror}. {remedy}") from error


@dataclass(frozen=True)
class Plan:
    """All files of one installation."""

    files: tuple[PlannedFile, ...]

    def to_write(self, *, force: bool) -> list[PlannedFile]:
        """Return the files that are not as wanted; those that somebody has changed only with `force`."""
        wanted = [file for file in self.files if file.standing is not Standing.SAME]
        return [file for file in wanted if force or file.standing is not Standing.CHANGED]

    @property
    def changed(self) -> list[PlannedFile]:
        """The files that somebody has changed."""
        return [file for file in self.files if file.standing is Standing.CHANGED]


def planned(config: Config | None, wishes: Wishes, root: Path = Path("/")) -> Plan:
    """Return the files for a config below `root`; without a config the sample instead of the drop-in.

    Raises NeedsPerson where a file that is there cannot be read.
    """
    texts = _texts(config, wishes)
    files = [_planned(root, place, _marked(text)) for place, text in texts.items()]
    if config is None:
        files.append(_planned(root, wishes.config_path, shipped(SAMPLE), mode=0o640))
    return Plan(tuple(files))


def _texts(config: Config | None, wishes: Wishes) -> Mapping[Path, str]:
    state_folder = USUAL_STATE if config is None else config.state_folder
    texts = {
        SYSUSERS_PLACE: _sysusers(wishes),
        TMPFILES_PLACE: _tmpfiles(wishes, state_folder),
        UNIT_PLACE: shipped(UNIT),
    }
    return texts if config is None else {**texts, DROP_IN_PLACE: drop_in(config, wishes)}


def _sysusers(wishes: Wishes) -> str:
    lines = [f'u {wishes.user} - "Spacecast" {USUAL_STATE} -']
    if wishes.group != wishes.user:
        lines = [f"g {wishes.group} -", f'u {wishes.user} -:{wishes.group} "Spacecast" {USUAL_STATE} -']
    comments = [line for line in shipped(SYSUSERS).splitlines()[:1] if line.startswith("#")]
    return "\n".join([*comments, *lines, ""])


def _tmpfiles(wishes: Wishes, state_folder: Path) -> str:
    return "\n".join([*_tmpfiles_lines(wishes, state_folder), ""])


def _tmpfiles_lines(wishes: Wishes, state_folder: Path) -> Iterator[str]:
    for line in shipped(TMPFILES).splitlines():
        if line.startswith(f"d {USUAL_STATE} "):
            yield f"d {tmpfiles_path(str(state_folder))} 0700 {wishes.user} {wishes.group} -"
        else:
            yield line.replace(" root spacecast -", f" root {wishes.group} -")


def _planned(root: Path, place: Path, text: str, mode: int = 0o644) -> PlannedFile:
    target = root / place.relative_to("/")
    return PlannedFile(place, target, text, mode, _standing(target, text))


def _standing(target: Path, text: str) -> Standing:
    try:
        there = target.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return Standing.NEW
    except OSError as error:
        raise NeedsPerson(
            f"{target} cannot be read: {error.strerror}. Type it as root: sudo spacecast install …"
        ) from (error)
    if there == text:
        return Standing.SAME
    mark = _MARK.match(there)
    is_ours = mark is not None and mark[1] == _sum_of(there[mark.end() :])
    return Standing.OLDER if is_ours else Standing.CHANGED


def _marked(text: str) -> str:
    return f"# Written by `spacecast install`; sha256 of the rest: {_sum_of(text)}\n{text}"


def _sum_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
