"""A progress bar for downloads: bytes and files, on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown(total_bytes: int, *, wanted: bool | None) -> Iterator[Callable[[int], None]]:
    """Show a bar while the `with` block runs; what is given back takes the bytes that have arrived.

    `wanted` None shows it where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda _bytes: None
        return
    from rich.console import Console  # noqa: PLC0415 - a twentieth of a second, and only for the bar
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn  # noqa: PLC0415 - as above

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("download", total=total_bytes)
        yield lambda count: bar.advance(task, count)
