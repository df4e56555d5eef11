"""Tells which places on disk do not answer, by the threads that look at them and do not get on."""

from collections.abc import Iterable

from spacecast.folders.cycle import HANGING_SECONDS, Cycle
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.wording import shown


def look_for_hangs(cycles: Iterable[tuple[str, Cycle]], problems: ProblemBoard) -> list[str]:
    """Put places that hang on the board, take those off that answer again, and return what hangs now, for people.

    `cycles` come with the place that each is looking at, and may share one.
    """
    silent: dict[str, float] = {}
    for place, cycle in cycles:
        silent[place] = max(cycle.silent_seconds(), silent.get(place, 0.0))
    hanging = [place for place, seconds in silent.items() if seconds >= HANGING_SECONDS]
    for place in silent.keys() - hanging:
        problems.clear("hangs", place)
    for place in hanging:
        problems.add(Problem("hangs", place, _message(place)))
    return [f"{shown(place)} does not answer" for place in hanging]


def _message(place: str) -> str:
    return (
        f"{shown(place)} does not answer: its disk or file server hangs. Its datasets are left as they are, and those "
        "elsewhere go on. Check the mount, and for a network file system its server; it goes on by itself."
    )
