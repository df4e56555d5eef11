"""The watched folders: are they there, what are they on, how many datasets they have, and may we write to those."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from spacecast.config import Config
from spacecast.faults import Fault
from spacecast.folders import (
    Root,
    Sighting,
    Wanted,
    WatchedFolder,
    expand_roots,
    filesystem_type,
    inotify_limits,
    scan,
)
from spacecast.folders.limits import InotifyLimits
from spacecast.folders.limits import remedy as inotify_remedy
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.owners import OwnerKeeper, not_kept, owner_keeper
from spacecast.service.preflight.running_daemon import daemon_overrides_permissions

NOTES = Notes("folders")
LONGEST_SCAN_SECONDS = 20.0
_SHOWN = 3


@dataclass
class _Tally:
    """What was found in one root."""

    datasets: int = 0
    is_whole: bool = True
    refused: list[str] = field(default_factory=list)
    not_writable: list[str] = field(default_factory=list)
    not_readable: list[str] = field(default_factory=list)
    of_others: list[str] = field(default_factory=list)


def check_roots(
    config: Config,
    *,
    skip: frozenset[int] = frozenset(),
    limits: Callable[[], InotifyLimits] = inotify_limits,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Finding]:
    """Look at every root and, without opening anything, at the datasets in it.

    `skip`: positions in `watch` that are not looked at, since what is wrong with them has been said.
    """
    watched_folders = 0
    for watch in [watch for position, watch in enumerate(config.watch) if position not in skip]:
        states = expand_roots([WatchedFolder(str(watch.folder), watch.events, watch.rescan_interval)])
        if not states:
            message = "matches no folder at the moment; folders that match later are found"
            yield NOTES.warning(str(watch.folder), message, "Create one, or correct watch.folder.")
        for state in states:
            subject = str(state.root.path)
            if state.problem:
                yield _unusable(state.root.path, state.problem, config)
                continue
            tally = _count(state.root, config, clock)
            uses_events, finding = _events(state.root)
            watched_folders += 1 + tally.datasets if uses_events else 0
            yield finding
            yield from _open_to_swaps(state.root.path)
            yield from _datasets(subject, tally, config)
            yield from _mapping(subject, config)
    yield from _inotify(limits(), watched_folders)


def _unusable(path: Path, problem: str, config: Config) -> Finding:
    # Path.is_dir fails where a folder above may not be searched.
    if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK, effective_ids=True):  # noqa: PTH112 - see above
        return _denied(str(path), problem, f"setfacl -m u:spacecast:rwx {path}", config)
    return NOTES.problem(str(path), problem, f"ls -ld {path}   (as the daemon's user)")


def _events(root: Root) -> tuple[bool, Finding]:
    subject, events = str(root.path), root.watched.events
    kind = filesystem_type(root.path)
    if events == "poll":
        return False, NOTES.ok(subject, f"on {kind.name}; changes are found by the regular scan, as configured")
    if kind.reports_remote_writes:
        return True, NOTES.ok(subject, f"on {kind.name}; changes are told by the kernel")
    if events == "auto":
        return False, NOTES.ok(
            subject,
            f"on {kind.name}, which does not tell what other hosts write: changes are found by the regular scan",
        )
    return True, NOTES.warning(
        subject,
        f"on {kind.name}, which does not tell what other hosts write, but events: inotify is set; their datasets wait"
        " for the regular scan",
        "Set events: auto for this folder, and rescan_interval to how long a dataset may wait.",
    )


def _open_to_swaps(path: Path) -> Iterator[Finding]:
    """Warn where others may rename datasets: provider and Tiled know each by its path and follow what lies there."""
    mode = path.stat().st_mode
    # With an access list the group's bits are its mask, and say nothing of the group.
    watched = stat.S_IWOTH if "system.posix_acl_access" in os.listxattr(path) else stat.S_IWGRP | stat.S_IWOTH
    if mode & watched and not mode & stat.S_ISVTX:
        who = "everybody" if mode & stat.S_IWOTH else "its whole group"
        yield NOTES.warning(
            str(path),
            f"may be changed by {who}, so a published folder can be swapped for a link to something else, which the"
            " provider and the Tiled server then serve",
            f"chmod +t {path}   (each may then rename and remove only what is theirs)",
        )


def _count(root: Root, config: Config, clock: Callable[[], float]) -> _Tally:
    tally, deadline, keeper = _Tally(), clock() + LONGEST_SCAN_SECONDS, owner_keeper(config.state_folder)

    def keep_going() -> bool:
        tally.is_whole = clock() < deadline
        return tally.is_whole

    wanted = Wanted(config.metadata.files, config.metadata.running_file)
    try:
        for sighting in scan(root.path, wanted, keep_going=keep_going):
            _enter(tally, sighting, keeper)
    except Fault as fault:
        tally.refused.append(str(fault))
    return tally


def _enter(tally: _Tally, sighting: Sighting, keeper: OwnerKeeper) -> None:
    if sighting.problem:
        tally.refused.append(sighting.problem)
        return
    if sighting.metadata_name is None:
        return
    tally.datasets += 1
    folder = sighting.root / sighting.name
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        tally.not_writable.append(str(folder))
    if not os.access(folder / sighting.metadata_name, os.R_OK, effective_ids=True):
        tally.not_readable.append(str(folder / sighting.metadata_name))
    if not keeper.can_keep(folder / sighting.metadata_name):
        tally.of_others.append(str(folder / sighting.metadata_name))


def _datasets(subject: str, tally: _Tally, config: Config) -> Iterator[Finding]:
    more = "" if tally.is_whole else f" in the first {LONGEST_SCAN_SECONDS:.0f} s; there are more"
    kinds = ", ".join(config.metadata.files)
    yield NOTES.ok(subject, f"datasets found: {tally.datasets} (folders with {kinds}){more}")
    if tally.refused:
        message = f"{len(tally.refused)} folders cannot be published: {_some(tally.refused)}"
        yield NOTES.warning(subject, message, "Do what each says; they stay as they are until then.")
    if tally.not_writable:
        message = f"this user may not write to {len(tally.not_writable)} dataset folders: {_some(tally.not_writable)}"
        rule = "u:spacecast:rwx"
        yield _denied(subject, message, f"setfacl -m {rule},d:{rule} {tally.not_writable[0]}   (each of them)", config)
    if tally.not_readable:
        message = f"this user may not read {len(tally.not_readable)} metadata files: {_some(tally.not_readable)}"
        yield _denied(subject, message, f"setfacl -m u:spacecast:rw {tally.not_readable[0]}   (each of them)", config)

    if tally.of_others and config.metadata.on_not_owner == "refuse":
        yield not_kept(subject, len(tally.of_others), _some(tally.of_others))


def _denied(subject: str, message: str, remedy: str, config: Config) -> Finding:
    # The unit gives the daemon CAP_DAC_OVERRIDE, which whoever types `spacecast check` need not have.
    overrides = daemon_overrides_permissions(config.state_folder)
    if os.geteuid() == 0 or overrides is False:
        return NOTES.problem(subject, message, remedy)
    if overrides:
        return NOTES.ok(subject, f"{message}; the running daemon may, by CAP_DAC_OVERRIDE")
    unit = "Start the daemon with the unit that comes with Spacecast, whose CAP_DAC_OVERRIDE lets it; or "
    return NOTES.warning(subject, message, unit + remedy)


def _some(texts: list[str]) -> str:
    return " ".join(texts[:_SHOWN]) + (" …" if len(texts) > _SHOWN else "")


def _mapping(subject: str, config: Config) -> Iterator[Finding]:
    path = PurePosixPath(subject)
    places = [("provider", "onedata", config.onedata.mount_points, config.onedata.path_at_provider(path))]
    if config.tiled is not None:
        places.append(("Tiled server", "tiled", config.tiled.mount_points, config.tiled.path_at_server(path)))
    for who, section, mount_points, there in places:
        if mount_points and not any(path.is_relative_to(here) for here in mount_points):
            yield NOTES.warning(
                subject,
                f"is below none of {section}.mount_points, so the {who} is taken to see it under the same path",
                f"If it does not, add a line for it to {section}.mount_points.",
            )
        else:
            yield NOTES.ok(subject, f"the {who} has to see it as {there}")


def _inotify(limits: InotifyLimits, watched_folders: int) -> Iterator[Finding]:
    if not watched_folders:
        return
    if limits.watches is None or limits.queued_events is None:
        yield NOTES.ok("inotify", "the kernel does not tell its limits; what events miss is found by the scan")
    elif watched_folders >= limits.watches:
        yield NOTES.warning(
            "inotify",
            f"{watched_folders} folders may be watched, but fs.inotify.max_user_watches is {limits.watches}: the rest"
            " waits for the regular scan",
            inotify_remedy("max_user_watches", watched_folders),
        )
    else:
        yield NOTES.ok(
            "inotify",
            f"{watched_folders} folders to watch at most, {limits.watches} possible;"
            f" {limits.queued_events} events can wait",
        )
