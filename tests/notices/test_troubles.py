"""Operators are told once of what lasts, and once of its end, however often the daemon starts."""

from dataclasses import replace

import pytest

from spacecast.ledger import Condition, DeliveryState, Stage, State
from spacecast.service.troubles import Troubles
from spacecast.transport import Answer, Gate

_MINUTE = 60.0


class _Facility:
    """Datasets in a ledger, one service behind a gate, and a clock that is turned by hand."""

    def __init__(self, config, ledger):
        self.now = 1_000_000.0
        self.config, self.ledger = config, ledger
        ledger._clock = lambda: self.now
        self.answer = Answer(200, {})
        self.restart()

    def restart(self):
        self.gate = Gate(clock=lambda: self.now)
        self.gate.attach("Onezone", lambda: self.answer)
        self.troubles = Troubles(self.config, self.ledger, {"zone": self.gate}, clock=lambda: self.now)

    def dataset(self, name):
        return self.ledger.add(self.config.watch[0].folder, name, key=name, title=name, marker=name).id

    def block(self, number, *, at_gate=False):
        stage = Stage("link", Condition.FAILED, "Only you can help", needs_person=True)
        next_try = None if at_gate else self.now + 600
        self._stands(number, replace(stage, next_try_at=next_try))

    def mend(self, number):
        self._stands(number, Stage("link", Condition.DONE))

    def _stands(self, number, stage):
        self.ledger.set_stages(number, [stage])
        self.ledger.derive_state(number)

    def after(self, minutes):
        self.now += minutes * _MINUTE
        self.troubles.look()
        told = [(one.kind, one.facts) for one in reversed(self.ledger.deliveries())]
        return [kind for kind, _ in told], (told[-1][1] if told else {})


@pytest.fixture
def facility(config_with, ledger):
    mail = {"server": "smtp.example.org", "sender": "s@example.org", "operators": {"to": ["Op <op@example.org>"]}}
    facility = _Facility(config_with(mail=mail), ledger)
    yield facility
    facility.gate.end()


def test_datasets_that_stay_blocked_are_told_together_and_once(facility):
    numbers = [facility.dataset(name) for name in ("run1", "run2", "run3")]
    for number in numbers[:2]:
        facility.block(number)
    assert facility.after(5) == ([], {})
    kinds, facts = facility.after(6)
    assert kinds == ["blocked"]
    assert [one["name"] for one in facts["datasets"]] == ["run1", "run2"]
    assert facts["datasets"][0]["reason"] == "Only you can help"
    facility.restart()
    facility.block(numbers[2])
    assert facility.after(60)[0] == ["blocked", "blocked"]
    assert facility.after(600)[0] == ["blocked", "blocked"]
    assert facility.ledger.deliveries()[0].recipients == ("op@example.org",)


def test_what_is_blocked_for_a_moment_is_not_told(facility):
    number = facility.dataset("run1")
    facility.block(number)
    facility.after(5)
    facility.mend(number)
    assert facility.after(60)[0] == []


def test_the_end_is_told_when_the_dataset_is_ready_and_then_a_new_beginning_too(facility):
    number = facility.dataset("run1")
    facility.block(number)
    facility.after(11)
    facility.ledger.reopen(number, ["link"])
    facility.ledger.derive_state(number)
    assert facility.after(1)[0] == ["blocked"], "it is only being looked at again"
    facility.mend(number)
    assert facility.after(1)[0] == ["blocked", "unblocked"]
    facility.block(number)
    assert facility.after(30)[0] == ["blocked", "unblocked", "blocked"]


def test_of_a_folder_that_is_gone_no_recovery_is_told(facility):
    number = facility.dataset("run1")
    facility.block(number)
    facility.after(11)
    facility.ledger.move(number, State.MISSING)
    assert facility.after(1)[0] == ["blocked"]
    assert facility.ledger.standing_troubles() == {}


def test_datasets_that_wait_for_a_service_are_told_by_the_service_alone(facility):
    facility.answer = Answer(401, {})
    assert not facility.gate.proves_well()
    for name in ("run1", "run2"):
        facility.block(facility.dataset(name), at_gate=True)
    kinds, facts = facility.after(16)
    assert kinds == ["outage"]
    assert facts["service"] == "Onezone"
    assert "does not accept the token" in facts["reason"]


def test_an_outage_is_told_once_and_its_end_once_with_restarts_in_between(facility):
    facility.answer = Answer(503, {})
    assert not facility.gate.proves_well()
    assert facility.after(10)[0] == []
    assert facility.after(6)[0] == ["outage"]
    facility.gate.end()
    facility.restart()
    # Nobody has asked the service since the start: that its gate is open proves nothing.
    assert facility.after(1)[0] == ["outage"]
    assert facility.after(60)[0] == ["outage"]
    facility.gate.end()
    facility.restart()
    facility.answer = Answer(200, {})
    kinds, facts = facility.after(1)
    assert kinds == ["outage", "available"]
    assert facts["since"] < facts["ended"]
    assert facility.after(60)[0] == ["outage", "available"]


def test_what_was_told_long_ago_is_forgotten_but_for_links(facility):
    facility.dataset("run1")
    facility.block(1)
    facility.after(11)
    (delivery,) = facility.ledger.deliveries()
    facility.ledger.end_delivery(replace(delivery, state=DeliveryState.SENT))
    facility.mend(1)
    facility.after(1)
    assert facility.after(60 * 24 * 40)[0] == ["unblocked"], "what is on its way is kept"
    assert facility.ledger.standing_troubles() == {}
