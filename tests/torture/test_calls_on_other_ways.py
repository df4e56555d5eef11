"""Requests fail where a publication does not go straight, and while it is taken back."""

import socket
from contextlib import contextmanager
from typing import ClassVar

import pytest

from spacecast.ledger import WITHDRAW, Condition, State
from spacecast.publish.orders import withdraw_dataset
from support.invariants import breaches
from support.torture import AUTHOR, NAME, made_ready, trial
from support.torture_faults import PASSING, calls_of, rule_for
from support.torture_ways import beside, half_made
from support.world import wait_for

# A way may meet requests that only follow from a fault, so more than an undisturbed one makes.
MORE_CALLS = 6
# The kinds take turns: each request fails in every third.
TURNS = 3
SHORT_KINDS = ("done, reply lost", "500")
_SECONDS = 30.0


class Way:
    """How a trial is made, what is done before requests fail, what is done while they do, and what is then wrong."""

    make = staticmethod(trial)
    short: ClassVar = {"method": "POST"}

    def prepare(self, running):
        """Do what goes undisturbed."""

    def act(self, running):
        """Do what is disturbed."""
        running.world.drop(NAME, AUTHOR)

    def end(self, running):
        """Wait for the end and give what is in its way."""
        return made_ready(running)

    def wrong(self, running):
        """Give every breach."""
        return [*breaches(running.world, NAME, authors={NAME: AUTHOR})]


class HalfMadeSupport(Way):
    make = staticmethod(half_made)
    short: ClassVar = {"method": "DELETE"}


class Sidecar(Way):
    make = staticmethod(beside)
    short: ClassVar = {"method": "POST", "path": "/force-start$"}


class LostSpace(Way):
    """Somebody deleted the space of a published dataset, and its author decides for another."""

    def prepare(self, running):
        folder = running.world.drop(NAME, AUTHOR)
        running.await_state(State.READY)
        with running.world.onedata.state.lock:
            running.world.onedata.state.delete_space(*running.world.onedata.state.spaces.values())
        (folder / "SPA.yml").touch()
        running.await_state(State.BLOCKED)

    def act(self, running):
        (running.world.root / NAME / "SPA.yml").write_bytes(AUTHOR)
        wait_for("the decision to be seen", lambda: running.state() is not State.BLOCKED, _SECONDS)


class Withdrawal(Way):
    short: ClassVar = {"method": "DELETE"}

    def prepare(self, running):
        running.world.drop(NAME, AUTHOR)
        running.await_state(State.READY)

    def act(self, running):
        (dataset,) = running.ledger.find(NAME)
        withdraw_dataset(running.ledger, dataset)

    def end(self, running):
        (dataset,) = running.ledger.find(NAME)
        wait_for(
            "the withdrawal to end",
            lambda: running.ledger.stages(dataset.id)[WITHDRAW].condition is Condition.DONE,
            _SECONDS,
        )
        return []

    def wrong(self, running):
        onedata = running.world.onedata
        left = [*onedata.state.spaces, *onedata.state.shares, *onedata.state.supports, *onedata.state.storages]
        left += set(onedata.state.groups) - {onedata.manager_group, onedata.user_group}
        left += [token.name for token in onedata.state.tokens.values() if token.text != onedata.token]
        content = (running.world.root / NAME / "SPA.yml").read_bytes()
        return [*left, *([f"the metadata file is {content!r}"] if content != AUTHOR else [])]


WAYS = {
    "half-made support": HalfMadeSupport(),
    "sidecar": Sidecar(),
    "again after a lost space": LostSpace(),
    "withdrawal": Withdrawal(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", PASSING)
def test_a_request_may_fail(hurried, tmp_path, figures, is_long, way, kind):
    if not is_long and kind not in SHORT_KINDS:
        pytest.skip("only in `make torture`")
    found = _failed(tmp_path / "chosen", figures, way, kind, WAYS[way].short)
    if is_long:
        first = 1 + list(PASSING).index(kind) % TURNS
        for number in range(first, _calls(tmp_path / "undisturbed", WAYS[way]) + MORE_CALLS, TURNS):
            found += _failed(tmp_path / str(number), figures, way, kind, {"path": "^/api/", "nth": number})
    assert found == []


@contextmanager
def _prepared(folder, way):
    with way.make(folder) as world, world.running() as running:
        way.prepare(running)
        yield running


def _calls(folder, way):
    with _prepared(folder, way) as running:
        running.world.onedata.log.clear()
        way.act(running)
        assert [*way.end(running), *way.wrong(running)] == []
        return len(calls_of(running.world.onedata.log))


def _are_up(onedata):
    for host in (onedata.zone, *onedata.providers):
        name, _, port = host.domain.partition(":")
        try:
            socket.create_connection((name, int(port)), 1.0).close()
        except OSError:
            return False
    return True


def _failed(folder, figures, way, kind, chosen):
    clears = []
    with _prepared(folder, WAYS[way]) as running:
        running.world.onedata.faults.add(rule_for(running.world, PASSING[kind], clears, **chosen))
        WAYS[way].act(running)
        found = WAYS[way].end(running)
        running.world.onedata.faults.clear()
        for act in clears:
            act()
        wait_for("a host that was down", lambda: _are_up(running.world.onedata), _SECONDS)
        found += WAYS[way].wrong(running)
    figures.count(f"{kind}, {way}", breaches=len(found))
    return [f"{chosen} {kind}: {breach}" for breach in found]
