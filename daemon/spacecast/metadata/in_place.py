"""Writing into the same file: for a folder or owner that allows no replacement, after the old bytes are safe."""

import contextlib
import os
from collections.abc import Callable, Iterator

from spacecast.metadata.faults import Unwritable, shown
from spacecast.metadata.target import Stamp, Target


def write_in_place(
    target: Target, stamp: Stamp, expected: bytes, new: bytes, keep_old_bytes: Callable[[bytes], None]
) -> Stamp:
    """Overwrite the file from the first byte that differs; return its stamp.

    `keep_old_bytes` returns when the old content is safe: a power cut in the middle of this leaves a mixed file.
    After an error the old content is put back. A save by somebody else between the last look and the write, some
    microseconds, is lost.
    """
    keep_old_bytes(expected)
    with target.opened(os.O_RDWR) as descriptor:
        target.check(descriptor, stamp, expected)
        same = _length_of_common_start(expected, new)
        with _put_back_after_error(target, descriptor, expected, same):
            _overwrite(target, descriptor, new, same)
        return Stamp.of(target.operations.fstat(descriptor))


def _length_of_common_start(one: bytes, other: bytes) -> int:
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _overwrite(target: Target, descriptor: int, content: bytes, same: int) -> None:
    target.operations.write(descriptor, content[same:], same)
    target.operations.truncate(descriptor, len(content))
    target.operations.sync(descriptor)


@contextlib.contextmanager
def _put_back_after_error(target: Target, descriptor: int, old: bytes, same: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        try:
            _overwrite(target, descriptor, old, same)
        except OSError:
            raise Unwritable(
                f"{shown(target.name)}: writing into the file failed ({error.strerror}), and so did putting its old "
                "content back. The service keeps the old content; free the disk and restore the file from there."
            ) from error
        raise
