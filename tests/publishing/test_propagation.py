"""When a new space is looked for: at once where nothing is known, late where the last ones took long."""

from spacecast.publish.propagation import Propagation
from spacecast.transport import INTERVALS_SECONDS
from support.clock import Clock


def looks(propagation, known_after_seconds):
    """Await one space as the step does, and give the moments at which it was looked for."""
    first = propagation.first_look_seconds()
    moments = [first]
    pauses = iter(propagation.pauses_seconds(first))
    while moments[-1] < known_after_seconds:
        moments.append(moments[-1] + next(pauses, 5.0))
    propagation.learn(moments[-2] if len(moments) > 1 else None, first_look_seconds=first)
    return moments


def test_the_first_space_is_looked_for_at_once_and_one_that_is_known_at_once_teaches_no_waiting():
    propagation = Propagation()
    assert propagation.first_look_seconds() == 0.0
    assert propagation.pauses_seconds(0.0) == INTERVALS_SECONDS
    for _ in range(3):
        assert looks(propagation, 0.0) == [0.0]


def test_where_it_takes_seconds_two_looks_are_enough_after_a_few_spaces_and_none_is_late():
    for delay_seconds in (1.0, 4.5):
        propagation = Propagation()
        found = [looks(propagation, delay_seconds) for _ in range(8)]
        assert len(found[0]) >= 4
        assert len(found[1]) < len(found[0])
        assert len(found[-1]) == 2
        assert found[-1][-1] < found[0][-1]
        assert found[-1][-1] - delay_seconds < 1.0


def test_a_provider_that_gets_quicker_is_noticed_by_the_next_spaces():
    propagation = Propagation()
    for _ in range(6):
        looks(propagation, 4.5)
    firsts = [looks(propagation, 0.0)[0] for _ in range(5)]
    assert firsts == sorted(firsts, reverse=True)
    assert firsts[-1] < 0.5


def test_nobody_waits_long_for_the_first_look_and_old_experience_does_not_count():
    clock = Clock()
    propagation = Propagation(clock)
    for _ in range(6):
        looks(propagation, 60.0)
    assert propagation.first_look_seconds() == 5.0
    clock.now = 3600.0
    assert propagation.first_look_seconds() == 0.0
