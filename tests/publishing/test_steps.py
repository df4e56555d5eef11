"""Steps run as soon as what they need is done, and one's fault stops only those that need it."""

import threading

import pytest

from spacecast.faults import NeedsPerson, Passing
from spacecast.publish.steps import Step, run_steps


def _nothing():
    pass


def _steps(*graph):
    return [Step(name, _nothing, needs) for name, *needs in graph]


def test_a_step_runs_after_all_it_needs():
    order = []
    run_steps(_steps(("c", "a", "b"), ("a",), ("b", "a")), lambda step: order.append(step.name))
    assert order == ["a", "b", "c"]


def test_independent_steps_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    run_steps(_steps(("space",), ("storage",)), lambda step: meeting.wait())


def test_a_fault_stops_only_what_needs_the_failed_step():
    performed = []

    def perform(step):
        performed.append(step.name)
        if step.name == "space":
            raise Passing("down")

    with pytest.raises(Passing, match="down"):
        run_steps(_steps(("space",), ("support", "space"), ("group",), ("invite", "group")), perform)
    assert sorted(performed) == ["group", "invite", "space"]


def test_a_fault_for_a_person_outranks_a_passing_one_and_an_error_outranks_both():
    faults = {"a": Passing("p"), "b": NeedsPerson("n"), "c": ZeroDivisionError()}

    def perform(step):
        raise faults[step.name]

    with pytest.raises(NeedsPerson):
        run_steps(_steps(("a",), ("b",)), perform)
    with pytest.raises(ZeroDivisionError):
        run_steps(_steps(("a",), ("b",), ("c",)), perform)


def test_a_fault_says_in_which_step_it_arose():
    def perform(step):
        if step.name == "group":
            raise NeedsPerson("no privilege")

    with pytest.raises(NeedsPerson) as raised:
        run_steps(_steps(("space",), ("group", "space")), perform)
    assert raised.value.step == "group"


def test_a_graph_that_cannot_finish_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match=r"\['a', 'b'\]"):
        run_steps(_steps(("a", "b"), ("b", "a"), ("c",)), lambda step: pytest.fail("ran"))
