"""Every request to a real Tiled server fails once, and from there on, in every way: the entry comes out right."""

import threading
from itertools import count

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata.faults import FaultRule
from support.torture import AUTHOR, NAME, publish_through, trial
from support.torture_faults import DOWN_SECONDS, FOR_A_PERSON, KINDS, PASSING, Refused, Storm
from support.torture_files import DATA_READ, ERRORS, FailingFiles, FileCall
from support.torture_proxy import TiledProxy

SHORT = [("done, reply lost", 5), ("500", 4), ("401", 2)]
STORMS = 10
_numbers = count(1)


@pytest.fixture(scope="module")
def proxy(tiled):
    with TiledProxy(tiled) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def calls(hurried, proxy, tmp_path_factory):
    """The requests of an undisturbed registration."""
    with _world(tmp_path_factory.mktemp("undisturbed"), proxy) as world, world.running() as running:
        world.drop(NAME, AUTHOR)
        running.await_state(State.READY)
        return proxy.calls()


def _world(folder, proxy):
    proxy.log.clear()
    return trial(folder, proxy, tiled_path=f"trial-{next(_numbers)}-proxy")


def _tried(folder, proxy, kind, times, figures, **chosen):
    faults, clears = proxy.faults, [proxy.faults.clear]
    with _world(folder, proxy) as world:
        if isinstance(KINDS[kind], Refused):
            rule = faults.add(_Down(PASSING["reset before"], times=times, proxy=proxy, **chosen))
            clears.append(rule.mend)
        else:
            rule = faults.add(FaultRule(KINDS[kind], times=times, **chosen))
        found = publish_through(
            world, lambda: [act() for act in clears], person=kind in FOR_A_PERSON, shown=times is None
        )
    mode = "once" if times else "from there on"
    figures.count(f"Tiled: {kind}, {mode}", trials=bool(rule.applied), breaches=len(found))
    return [f"{chosen} {kind} {times}: {one}" for one in found]


class _Down(FaultRule):
    """Takes the proxy down at the chosen request."""

    def __init__(self, kind, *, proxy, **chosen):
        super().__init__(kind, **chosen)
        self._proxy = proxy
        self._acting = None

    def strikes(self, service, method, path):
        struck = super().strikes(service, method, path)
        if struck and self._acting is None:
            self._acting = threading.Thread(target=self._act)
            self._acting.start()
        return struck

    def _act(self):
        self._proxy.down()
        if self.times is not None:
            threading.Event().wait(DOWN_SECONDS)
            self._proxy.up()

    def mend(self):
        if self._acting is not None:
            self._acting.join()
            self._proxy.up()


def test_these_requests_and_reads_of_data_may_fail(hurried, proxy, cataloged, tmp_path, figures):
    """In one test, so that one server serves them all."""
    for kind, nth in SHORT:
        assert _tried(tmp_path / str(nth), proxy, kind, 1, figures, nth=nth) == []
    for error, stay in [("EIO", False), ("EACCES", True)]:
        with pytest.MonkeyPatch.context() as patch, cataloged(tmp_path / error) as world:
            failing = FailingFiles(patch, FileCall(DATA_READ, 1), ERRORS[error], stay=stay)
            assert publish_through(world, failing.clear, person=stay, shown=stay) == []
        assert failing.failed
        figures.count(f"{error} {'from there on' if stay else 'once'}", breaches=0)


@pytest.mark.parametrize("times", [1, None], ids=["once", "from there on"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_may_fail(request, tmp_path, figures, is_long, kind, times):
    if not is_long:
        pytest.skip("only in `make torture`")
    calls, proxy = request.getfixturevalue("calls"), request.getfixturevalue("proxy")
    found = []
    for number, call in enumerate(calls):
        chosen = {"method": call.method, "path": call.pattern, "nth": call.number}
        if times is None:
            chosen = {"nth": number + 1}
        found += _tried(tmp_path / str(number), proxy, kind, times, figures, **chosen)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("seed", range(STORMS))
def test_random_faults_of_both_may_follow_each_other(hurried, request, tmp_path, figures, is_long, seed):
    if not is_long:
        pytest.skip("only in `make torture`")
    proxy = request.getfixturevalue("proxy")
    with _world(tmp_path, proxy) as world:
        world.onedata.faults.add(Storm(PASSING["500"], seed=seed, times=None))
        proxy.faults.add(Storm(PASSING["500"], seed=-seed, times=None))

        def clear():
            world.onedata.faults.clear()
            proxy.faults.clear()

        found = publish_through(world, clear, person=False, shown=False)
    figures.count("storm over both", breaches=len(found))
    assert found == []
