"""Tells which places on disk do not answer, by the threads that wait for them."""

from collections.abc import Iterable

from spacecast.folders.cycle import HANGING_SECONDS
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.wording import shown

_KIND = "hangs"


def look_for_hangs(silent: Iterable[tuple[str, float]], problems: ProblemBoard) -> list[str]:
    """Put places that hang on the board, take those off that answer again, and return what hangs now, for people.

    `silent`: for which place somebody waits, and for how many seconds; a place may come several times.
    """
    hanging = list(dict.fromkeys(place for place, seconds in silent if seconds >= HANGING_SECONDS))
    for problem in problems.current():
        if problem.kind == _KIND and problem.subject not in hanging:
            problems.clear(_KIND, problem.subject)
    for place in hanging:
        problems.add(Problem(_KIND, place, _message(place)))
    return [f"{shown(place)} does not answer" for place in hanging]


def _message(place: str) -> str:
    return (
        f"{shown(place)} does not answer: its disk or file server hangs. Its datasets are left as they are, and those "
        "elsewhere go on. Check the mount, and for a network file system its server; it goes on by itself."
    )
