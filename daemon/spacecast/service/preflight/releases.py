"""Which releases of Onedata Spacecast works with, and what older ones lack."""

from collections.abc import Iterator

from spacecast.service.preflight.model import Finding, Notes

OLDEST = (20, 2)
_LACKS_AT_ZONE = (
    ((21, 2, 1), "a space that is made twice after a lost reply cannot be recognised by its id"),
    ((21, 2, 4), "what a token reaches has to be asked for piece by piece"),
)


def check_release(notes: Notes, what: str, version: str, release: tuple[int, ...]) -> Iterator[Finding]:
    """Say which release a service has, and whether it is too old."""
    if not release:
        yield notes.warning("version", f"{what} does not say its release", "Ask whoever runs it: 20.02 is the oldest.")
    elif release < OLDEST:
        yield notes.problem("version", f"{what} has release {version}", "Have it upgraded: 20.02 is the oldest usable.")
    else:
        yield notes.ok("version", f"{what} has release {version}")


def check_zone_features(notes: Notes, version: str, release: tuple[int, ...]) -> Iterator[Finding]:
    """Name what the zone's release lacks."""
    lacking = [(since, lack) for since, lack in _LACKS_AT_ZONE if OLDEST <= release < since]
    if lacking:
        newest = ".".join(f"{number:02}" if place == 1 else str(number) for place, number in enumerate(lacking[-1][0]))
        yield notes.warning(
            "version",
            f"with release {version} {', and '.join(lack for _, lack in lacking)}",
            f"It works; better after an upgrade to {newest} or newer.",
        )
