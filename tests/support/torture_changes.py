"""What happens to a published dataset later, as trials of kills: one daemon begins to follow it, another one ends that.

A dataset is published undisturbed, the change is made while no daemon runs, daemons are killed over it, and the last
one has to bring it to its end.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacecast.ledger import State, open_ledger
from support.invariants import breaches
from support.torture import AUTHOR, NAME, TrialWorld
from support.torture_faults import PASSING, Storm
from support.torture_kills import Daemons, Kill, Outcome, Trial, points_in, run_until
from support.world import wait_for

MOVED = "moved"
_SECONDS = 30.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Change:
    """One thing that happens to a published dataset, and how it is seen that it was followed to the end."""

    name: str
    make: Callable[[TrialWorld], None]
    is_followed: Callable[[TrialWorld], bool]
    prepare: Callable[[TrialWorld], None] = lambda _world: None
    called: str = NAME
    """The folder's name afterwards."""

    def is_done(self, world: TrialWorld) -> bool:
        """Say whether the dataset is ready with the change."""
        dataset = world.dataset(self.called)
        return dataset is not None and dataset.state is State.READY and self.is_followed(world)


def _running(world: TrialWorld) -> Path:
    return world.root / NAME / ".running"


def _is_continuous(world: TrialWorld) -> bool:
    (support,) = world.onedata.state.supports.values()
    return bool(support.storage_import.config["continuousScan"])


def _start(world: TrialWorld) -> None:
    _running(world).touch()


def _end(world: TrialWorld) -> None:
    (world.root / NAME / "late.dat").write_bytes(b"late")
    _running(world).unlink()


def _rename(world: TrialWorld) -> None:
    (world.root / NAME).rename(world.root / MOVED)


def _lose_ledger(world: TrialWorld) -> None:
    shutil.rmtree(world.folder / "state")


def _let_expire(world: TrialWorld) -> None:
    ends_at = int(time.time() + _DAY_SECONDS)
    ledger = open_ledger(world.config.ledger_url)
    (dataset,) = ledger.find(NAME)
    invite = ledger.objects(dataset.id)["invite"]
    ledger.confirm(dataset.id, "invite", invite.remote_id, {**invite.details, "valid_until": ends_at})
    ledger.close()
    world.onedata.state.tokens[invite.remote_id].caveats[:] = [{"type": "time", "validUntil": ends_at}]


def _is_renewed(world: TrialWorld) -> bool:
    return [token.revoked for token in _invites(world)] == [True, False]


def _invites(world: TrialWorld) -> list[Any]:
    return [token for token in list(world.onedata.state.tokens.values()) if "spacecast" in token.custom]


def _is_moved(world: TrialWorld) -> bool:
    (storage,) = world.onedata.state.storages.values()
    return bool(storage.mount_point == str(world.root / MOVED))


CHANGES = (
    Change("the running file comes", _start, lambda world: world.dataset(NAME).live and _is_continuous(world)),
    Change(
        "the running file goes",
        _end,
        lambda world: not (world.dataset(NAME).live or _is_continuous(world)),
        prepare=_start,
    ),
    Change("the folder is renamed", _rename, _is_moved, called=MOVED),
    Change("the ledger is lost", _lose_ledger, lambda _world: True),
    Change("the token expires", _let_expire, _is_renewed),
)


def points_of_a_change(daemons: Daemons, change: Change, record: Path, make: Trial) -> list[Kill]:
    """Let a change be followed undisturbed and give every point that was passed."""
    with make as world:
        _publish(daemons, world, change)
        change.make(world)
        with daemons.daemon(world, record=str(record)):
            wait_for(change.name, lambda: _is_done(change, world), _SECONDS, world._situation)
    return points_in(record)


def killed_over(daemons: Daemons, change: Change, make: Trial, kills: Sequence[Kill]) -> Outcome:
    """Make a change to a published dataset and have it followed through these kills."""
    with make as world:
        _publish(daemons, world, change)
        change.make(world)
        died = sum(run_until(daemons, world, kill, lambda: _is_done(change, world)) for kill in kills)
        found = list[str]()
        with daemons.daemon(world):
            try:
                wait_for(change.name, lambda: _is_done(change, world), _SECONDS, world._situation)
            except AssertionError as error:
                found.append(f"never followed: {error}")
        found += list(breaches(world, change.called, authors={change.called: AUTHOR}))
    return Outcome(died, 0, found)


def stormed_over(change: Change, make: Trial, *, seed: int) -> list[str]:
    """Make a change to a published dataset and have it followed while requests fail at random; give what is wrong."""
    with make as world:
        world.drop(NAME, AUTHOR)
        change.prepare(world)
        with world.running() as running:
            running.await_state(State.READY)
        change.make(world)
        world.onedata.faults.add(Storm(PASSING["500"], seed=seed, times=None))
        with world.running():
            try:
                wait_for(change.name, lambda: _is_done(change, world), _SECONDS, world._situation)
            except AssertionError as error:
                return [f"never followed: {error}"]
            world.onedata.faults.clear()
        return list(breaches(world, change.called, authors={change.called: AUTHOR}))


def _publish(daemons: Daemons, world: TrialWorld, change: Change) -> None:
    world.drop(NAME, AUTHOR)
    change.prepare(world)
    with daemons.daemon(world):
        wait_for(NAME, lambda: _is_ready(world), _SECONDS, world._situation)


def _is_ready(world: TrialWorld) -> bool:
    dataset = world.dataset(NAME)
    return dataset is not None and dataset.state is State.READY


def _is_done(change: Change, world: TrialWorld) -> bool:
    with suppress(ValueError):  # an object is just being exchanged for another
        return change.is_done(world)
    return False
