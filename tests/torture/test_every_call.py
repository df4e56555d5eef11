"""Every request of a publication fails once, and from there on, in every way: everything comes out right by itself."""

import pytest

from support.torture import AUTHOR, NAME, calls_of_one_publication, publish_through, trial
from support.torture_faults import FOR_A_PERSON, KINDS, PASSING, Storm, rule_for

# A few of each in `make test`; all of them in `make torture`.
SHORT_CALLS = ("panel POST onepanel/provider/spaces #1",)
# Rules may strike requests that only follow from a fault, so more than an undisturbed publication makes.
MORE_CALLS = 6
STORMS = 40


@pytest.fixture(scope="module")
def calls(tmp_path_factory, hurried):
    return calls_of_one_publication(tmp_path_factory.mktemp("undisturbed"))


def _tried(folder, chosen, kind, *, times):
    clears = []
    with trial(folder) as world:
        rule = world.onedata.faults.add(rule_for(world, KINDS[kind], clears, times=times, **chosen))

        def clear():
            world.onedata.faults.clear()
            for act in clears:
                act()

        found = publish_through(world, clear, person=kind in FOR_A_PERSON, shown=times is None)
    return found, rule.applied


def _checked(figures, folder, chosen, kind, *, times):
    found, applied = _tried(folder, chosen, kind, times=times)
    mode = "once" if times else "from there on"
    figures.count(f"{kind}, {mode}", breaches=len(found))
    return [f"{chosen} {kind} {mode}: {breach}" for breach in found], applied


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [1, None], ids=["once", "from there on"])
def test_every_request_may_fail(tmp_path, calls, figures, is_long, kind, times):
    if not is_long and times is None:
        pytest.skip("only in `make torture`")
    found = []
    for number, call in enumerate(calls):
        if is_long or (str(call) in SHORT_CALLS and times == 1):
            chosen = {"service": call.service, "method": call.method, "path": call.pattern, "nth": call.number}
            broken, applied = _checked(figures, tmp_path / str(number), chosen, kind, times=times)
            found += broken
            # How often a condition is looked at varies; everything else must come.
            assert applied or call.number > 1, f"{call} did not come"
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_nth_request_may_fail_and_all_after_it(tmp_path, calls, figures, is_long, kind):
    numbers = range(1, len(calls) + MORE_CALLS + 1) if is_long else [7]
    found = []
    for number in numbers:
        chosen = {"path": "^/api/", "nth": number}
        for times in (1, 3, None) if is_long else (3,):
            folder = tmp_path / f"{number}-{times}"
            found += _checked(figures, folder, chosen, kind, times=times)[0]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("seed", range(STORMS))
def test_random_faults_of_all_kinds_may_follow_each_other(tmp_path, hurried, figures, is_long, seed):
    if not is_long and seed > 2:
        pytest.skip("only in `make torture`")
    with trial(tmp_path) as world:
        world.onedata.faults.add(Storm(PASSING["500"], seed=seed, times=None))
        found = publish_through(world, world.onedata.faults.clear, person=False, shown=False)
    figures.count("storm", breaches=len(found))
    assert found == []
    assert (world.root / NAME / "SPA.yml").read_bytes().startswith(AUTHOR[:10])
