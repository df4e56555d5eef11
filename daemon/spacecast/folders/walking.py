"""Walk all files of a dataset's folder: lazily, by descriptors, following no link.

In natural order the names in the folders on the way from the top to the present one are held; in the order of the disk
only some of them, however many files lie in one folder. Where there is a limit, a folder with more names than that is
gone through in the order of the disk.
"""

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from spacecast.folders.descriptors import FOLDER, kind_of, open_below, relative_parts
from spacecast.folders.faults import fault_of
from spacecast.folders.ordering import in_natural_order_where_few
from spacecast.folders.wording import naming_problem, shown

_DEPTH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file below a dataset's folder, as it was when the walk came by.

    Its path, as every path below a dataset's folder, is text: there are millions of them, and early releases of Python
    3.12 keep the name of each path object in memory for ever.
    """

    path: str
    size: int
    modified_ns: int
    changed_ns: int
    mode: int
    inode: int
    left_out: str = ""
    """Why it is not published; then it may be no regular file, and nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the folder that is not published, and why."""

    path: str
    reason: str
    lacks_permission: bool = False
    """Whether it is left out only because the service's user may not read it."""


class _Place:
    """An open folder on the way down."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor, self.path = descriptor, path

    def path_of(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def close(self) -> None:
        os.close(self.descriptor)


class _Level(_Place):
    """One folder on the way down, and the names in it that are still to be visited."""

    def __init__(self, descriptor: int, path: str, most_sorted: int | None) -> None:
        super().__init__(descriptor, path)
        self._listing = os.scandir(descriptor)
        names = (entry.name for entry in self._listing)
        try:
            self._names = in_natural_order_where_few(names, most_sorted)
        except BaseException:
            self._listing.close()
            raise

    def take(self) -> str | None:
        return next(self._names, None)

    def close(self) -> None:
        self._listing.close()
        super().close()


class Walk:
    """One pass over a folder; `on_skipped` hears of all that is left out.

    The names in a folder are sorted naturally where they are at most `most_sorted`, None for any number. With
    `tells_left_out` what can never be published comes among the files, and says why.
    """

    def __init__(
        self,
        on_skipped: Callable[[Skipped], None] = lambda _: None,
        *,
        depth_limit: int = _DEPTH_LIMIT,
        most_sorted: int | None = None,
        tells_left_out: bool = False,
    ) -> None:
        self._on_skipped = on_skipped
        self._tells_left_out = tells_left_out
        self._depth_limit = depth_limit
        self._most_sorted = most_sorted
        self._levels: list[_Level] = []

    def files(self, descriptor: int, what: str) -> Generator[FoundFile, None, None]:
        """Yield the files below an open folder that people know as `what`; closes what it opens.

        Raises a Passing fault when the disk does not answer. Folders that may not be read are skipped.
        """
        try:
            self._enter(descriptor, ".", "")
            yield from self._rest()
        except OSError as error:
            raise fault_of(error, what) from error
        finally:
            self._close()

    def files_at(self, descriptor: int, path: str, what: str) -> Generator[FoundFile, None, None]:
        """Yield the file at a path below an open folder, or those below it if it is a folder; none if nothing is there.

        Otherwise as `files`; no component of the path is followed if it is a link.
        """
        try:
            *folders, name = relative_parts(path)
            with closing(_Place(open_below(descriptor, tuple(folders)), "/".join(folders))) as parent:
                found = self._visit(parent, name)
            if found is not None:
                yield found
            yield from self._rest()
        except (FileNotFoundError, NotADirectoryError):
            return
        except PermissionError as error:
            self._skip(path, _not_permitted(error), lacks_permission=True)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise fault_of(error, what) from error
        finally:
            self._close()

    def _rest(self) -> Iterator[FoundFile]:
        while self._levels:
            found = self._step()
            if found is not None:
                yield found

    def _close(self) -> None:
        while self._levels:
            self._levels.pop().close()

    def _step(self) -> FoundFile | None:
        level = self._levels[-1]
        name = level.take()
        if name is None:
            self._levels.pop().close()
            return None
        try:
            return self._visit(level, name)
        except FileNotFoundError:  # removed since the folder was listed: it is not there to be told of
            return None
        except PermissionError as error:
            self._skip(level.path_of(name), _not_permitted(error), lacks_permission=True)
            return None

    def _visit(self, level: _Place, name: str) -> FoundFile | None:
        path = level.path_of(name)
        status = os.stat(name, dir_fd=level.descriptor, follow_symlinks=False)
        if (problem := naming_problem(name)) is not None:
            return self._skip(path, problem)
        if stat.S_ISREG(status.st_mode):
            times = status.st_mtime_ns, status.st_ctime_ns
            return FoundFile(path, status.st_size, *times, stat.S_IMODE(status.st_mode), status.st_ino)
        if not stat.S_ISDIR(status.st_mode):
            return self._skip(path, f"it is {kind_of(status)}")
        if len(self._levels) > self._depth_limit:
            return self._skip(path, f"it is more than {self._depth_limit} folders deep")
        self._enter(level.descriptor, name, path)
        return None

    def _enter(self, parent: int, name: str, path: str) -> None:
        try:
            descriptor = os.open(name, FOLDER, dir_fd=parent)
        except NotADirectoryError:
            self._skip(path, "it was replaced by something that is not a folder")
            return
        try:
            self._levels.append(_Level(descriptor, path, self._most_sorted))
        except BaseException:
            os.close(descriptor)
            raise

    def _skip(self, path: str, reason: str, *, lacks_permission: bool = False) -> FoundFile | None:
        self._on_skipped(Skipped(path, f"{shown(path)} is left out: {reason}.", lacks_permission))
        is_told = self._tells_left_out and not lacks_permission
        return FoundFile(path, 0, 0, 0, 0, 0, left_out=f"{reason}, so it is not published") if is_told else None


def _not_permitted(error: OSError) -> str:
    return f"it may not be read by the service's user ({error.strerror})"
