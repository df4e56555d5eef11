"""The small parts that the discovery rests on: order, timers, memory, hints, the board of problems, safe wording."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.folders import Problem, Sighting, Stamp
from spacecast.folders.hints import Hints
from spacecast.folders.memory import EXPECTED, Memory, sound_fingerprint
from spacecast.folders.ordering import first_in_natural_order, in_natural_order
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.timers import Timers
from spacecast.folders.wording import naming_problem, shown

ROOT = Path("/data")
STAMP = Stamp(1, 2, 3, 4)


def test_numbers_in_names_sort_as_numbers():
    ordered = ["a", "f1.tif", "f2.tif", "f09.tif", "f10.tif", "f10b2", "f10b10", "g"]
    assert in_natural_order(reversed(ordered)) == ordered


@given(st.lists(st.text(min_size=1, max_size=20), max_size=20))
def test_the_order_does_not_depend_on_the_order_given(names):
    assert in_natural_order(names) == in_natural_order(reversed(names))
    assert first_in_natural_order(iter(names)) == next(iter(in_natural_order(names)), None)


@given(st.integers(min_value=0, max_value=10**30), st.integers(min_value=0, max_value=10**30))
def test_any_two_numbers_sort_as_numbers(one, other):
    names = [f"x{one}y", f"x{other}y"]
    assert in_natural_order(names) == [f"x{number}y" for number in sorted((one, other))]


@given(st.binary(max_size=40))
def test_whatever_is_shown_is_printable(name):
    assert shown(os.fsdecode(name)).isprintable()


def test_names_that_can_be_carried_have_no_problem():
    assert naming_problem("20240101 Čeština-日本_(1)") is None
    assert naming_problem("no\u00a0break\u200bspaces") is None


def test_timers_come_when_due_and_only_once():
    timers: Timers[str] = Timers()
    timers.set("late", 30.0)
    timers.set("early", 10.0)
    timers.set("moved", 5.0)
    timers.set("moved", 20.0)
    timers.set("dropped", 1.0)
    timers.drop("dropped")
    assert timers.next_due() == 10.0
    assert list(timers.take_due(9.0)) == []
    assert list(timers.take_due(20.0)) == ["early", "moved"]
    assert list(timers) == ["late"]
    assert timers.next_due() == 30.0


def test_a_timer_that_is_set_again_while_it_is_taken_comes_again_later():
    timers: Timers[str] = Timers()
    timers.set("a", 1.0)
    for key in timers.take_due(1.0):
        timers.set(key, 2.0)
    assert "a" in timers
    assert timers.next_due() == 2.0


@pytest.mark.parametrize(
    "change",
    [
        {"stamp": STAMP._replace(size=9)},
        {"running": True},
        {"problem": "no"},
        {"metadata_name": "other.yml"},
        {"folder_identity": (1, 2)},
    ],
)
def test_memory_tells_any_change_once(change):
    memory = Memory()
    sighting = Sighting(ROOT, "first", "SPA.yml", STAMP)
    assert memory.note(sighting)
    assert not memory.note(sighting)
    assert memory.note(sighting._replace(**change))
    assert not memory.note(sighting._replace(**change))


def test_memory_recognises_a_sound_dataset_before_there_is_a_sighting_of_it():
    memory, stamp = Memory(), tuple(STAMP)
    as_it_is = sound_fingerprint("SPA.yml", stamp, 2, running=False)
    assert not memory.recognise("first", as_it_is)
    memory.note(Sighting(ROOT, "first", "SPA.yml", STAMP, folder_identity=(1, 2)))
    memory.begin_scan()
    assert memory.recognise("first", as_it_is)
    assert memory.end_scan() == []
    for changed in (
        sound_fingerprint("SPA.yaml", stamp, 2, running=False),
        sound_fingerprint("SPA.yml", (*stamp[:3], 99), 2, running=False),
        sound_fingerprint("SPA.yml", stamp, 3, running=False),
        sound_fingerprint("SPA.yml", stamp, 2, running=True),
    ):
        assert not memory.recognise("first", changed)
    memory.note(Sighting(ROOT, "first", "SPA.yml", STAMP, folder_identity=(1, 2), problem="two names"))
    assert not memory.recognise("first", as_it_is), "a problem that has gone is news"


def test_memory_names_what_a_scan_did_not_see():
    memory = Memory()
    memory.expect({"expected": EXPECTED})
    for name in ("stays", "goes"):
        memory.note(Sighting(ROOT, name, "SPA.yml", STAMP))
    memory.begin_scan()
    memory.note(Sighting(ROOT, "stays", "SPA.yml", STAMP))
    assert sorted(memory.end_scan()) == ["expected", "goes"]
    assert memory.forget("goes")
    assert not memory.forget("goes")


def test_each_hint_waits_once_and_in_order():
    hints = Hints()
    for name in ("b", "a", "b"):
        hints.add(ROOT, name)
    assert [hints.take_folder(), hints.take_folder(), hints.take_folder()] == [(ROOT, "b"), (ROOT, "a"), None]


def test_a_flood_of_hints_becomes_a_scan():
    hints = Hints(folder_limit=3)
    for name in "abcd":
        hints.add(ROOT, name)
    assert hints.take_folder() is None
    assert hints.take_roots() == [ROOT]
    assert not hints


def test_a_standing_problem_is_reported_once_and_again_when_it_changes_or_comes_back():
    reported: list[Problem] = []
    board = ProblemBoard(reported.append)
    first, second = Problem("root", "/data", "gone"), Problem("root", "/data", "empty")
    for problem in (first, first, second):
        board.add(problem)
    assert board.current() == [second]
    board.clear("root", "/data")
    board.clear("root", "/data")
    board.add(second)
    assert reported == [first, second, second]
