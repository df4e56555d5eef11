"""A discovery without threads, on clocks that move only when told to."""

from spacecast.folders import Discovery, Pace, WatchedFolder
from support.folders import WANTED, Clocks, Record

PACE = Pace(quiet_seconds=5.0, restless_after_seconds=60.0)


def late_clocks() -> Clocks:
    """Give a wall clock a day behind the disk's, so that nothing is old by it: all waiting is by the monotonic one."""
    clocks = Clocks()
    clocks.step_wall(-86400.0)
    return clocks


def make_discovery(watched: WatchedFolder, record: Record, clocks: Clocks, **options) -> Discovery:
    options = {"pace": PACE, **options}
    return Discovery([watched], WANTED, record.reactions, clock=clocks.monotonic, wall_clock=clocks.wall, **options)


def survey_of(discovery: Discovery):
    """Return the survey of the only scout."""
    (scout,) = discovery._scouts.values()
    return scout._survey


def pass_time(discovery: Discovery, clocks: Clocks, seconds: float) -> None:
    """Let the discovery do all that comes due within some seconds, each at its time."""
    end = clocks.monotonic() + seconds
    while (wait_seconds := discovery.turn()) <= end - clocks.monotonic():
        clocks.advance(wait_seconds)
    clocks.advance(end - clocks.monotonic())
    discovery.turn()
