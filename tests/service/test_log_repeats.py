"""A fault that repeats is said once, then counted; what is new is said at once."""

import io
import json

import pytest
import structlog

from spacecast.service import log
from spacecast.service.log.repeats import PERIOD_SECONDS, Repeats


@pytest.fixture
def repeats(clock):
    return Repeats(clock)


@pytest.fixture
def lines(repeats):
    """Give a function that returns the lines since the last call."""
    stream = io.StringIO()
    log.configure(style="json", stream=stream, repeats=repeats)

    def since():
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        return found

    yield since
    structlog.reset_defaults()


def fail(dataset="run1", reason="the disk is full", **more):
    structlog.get_logger().warning("stage retrying", dataset=dataset, stage="link", reason=reason, **more)


def test_the_same_fault_is_said_once_although_its_figures_differ(lines):
    for number in range(5):
        fail(seconds=number, next_try=1.8e9 + number)
    assert [line["reason"] for line in lines()] == ["the disk is full"]


def test_an_hour_later_it_is_said_how_often_it_came_again(lines, clock, repeats):
    for _ in range(38):
        fail()
        clock.now += 60
    lines()
    repeats.tell()
    assert lines() == []
    clock.now = PERIOD_SECONDS
    repeats.tell()
    (line,) = lines()
    assert (line["event"], line["level"], line["dataset"]) == ("stage retrying", "warning", "run1")
    assert line["again"] == "37 times in 1 h"
    repeats.tell()
    assert lines() == []


def test_the_line_that_comes_after_the_hour_carries_the_count(lines, clock):
    fail()
    fail()
    clock.now = 2 * PERIOD_SECONDS
    fail()
    assert [line.get("again") for line in lines()] == [None, "2 times in 2 h"]


def test_another_reason_and_another_dataset_are_said_at_once(lines):
    fail()
    fail(reason="the zone is down")
    fail(dataset="run2")
    fail(reason="the disk is full")
    assert len(lines()) == 4


def test_the_end_of_a_fault_tells_the_count_and_begins_anew(lines, clock):
    fail()
    fail()
    clock.now = 90
    structlog.get_logger().info("stage done", dataset="run1", stage="link")
    fail()
    assert [line.get("again") for line in lines()] == [None, "once in 2 min", None]


def test_at_the_end_of_the_daemon_every_count_is_told(lines, clock, repeats):
    fail()
    fail()
    clock.now = 5
    repeats.tell(at_once=True)
    assert [line.get("again") for line in lines()] == [None, "once in 5 s"]


def test_an_error_of_the_program_is_the_same_wherever_it_was_caught(lines):
    def crash(depth):
        if depth:
            crash(depth - 1)
        raise KeyError("x")

    for depth in (0, 3):
        try:
            crash(depth)
        except KeyError:
            structlog.get_logger().exception("unexpected error")
    assert len(lines()) == 1


def test_memory_stays_bounded(repeats, lines):
    for number in range(10_050):
        fail(dataset=f"run{number}")
    assert len(repeats._said) == 10_000
