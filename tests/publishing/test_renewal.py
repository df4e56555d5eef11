"""An invite token is renewed before it expires: by itself, without a call for those that are not due."""

import time

import pytest

from spacecast.ledger import Condition, Stage, State, open_ledger
from spacecast.publish.link_invite import INVITE, SUPERSEDED, renewal_lead_seconds
from spacecast.sandbox.onedata import FaultRule, Status
from spacecast.service.renewals import Renewals
from support.world import QUIET_SECONDS, assert_invariants, wait_for

DAY_SECONDS = 86_400


def _publish(world, *names):
    with world.engine():
        for name in names:
            world.drop(name)
        for name in names:
            world.await_state(name, State.READY)


def _let_expire_in(world, name, seconds):
    """Make what the zone and the ledger know of a token's end what it is after most of its time has passed."""
    dataset, ends_at = world.dataset(name), int(time.time() + seconds)
    ledger = open_ledger(world.config.ledger_url)
    details = ledger.objects(dataset.id)[INVITE]
    ledger.confirm(dataset.id, INVITE, details.remote_id, {**details.details, "valid_until": ends_at})
    ledger.close()
    token = _token_of(world, name)
    token.caveats[:] = [{"type": "time", "validUntil": ends_at}]


def _token_of(world, name):
    text = world.block(name)["InviteToken"]
    (token,) = [token for token in world.onedata.state.tokens.values() if token.text == text]
    return token


def test_a_token_that_expires_soon_is_renewed_and_the_old_one_revoked(world):
    _publish(world, "run1")
    old, before = _token_of(world, "run1"), (world.root / "run1/SPA.yml").read_bytes()
    _let_expire_in(world, "run1", 3 * DAY_SECONDS)
    with world.engine():
        wait_for("the new token", lambda: world.block("run1")["InviteToken"] != old.text, 20)
        world.await_state("run1", State.READY)
        wait_for("the old one's end", lambda: old.revoked, 20)
    new = _token_of(world, "run1")
    assert not new.revoked
    assert new.usage_limit == old.usage_limit
    assert (world.root / "run1/SPA.yml").read_bytes() == before.replace(old.text.encode(), new.text.encode())
    assert_invariants(world, "run1")


def test_the_old_token_works_until_the_new_one_is_in_the_file(world):
    _publish(world, "run1")
    old = _token_of(world, "run1")
    _let_expire_in(world, "run1", DAY_SECONDS)
    refused = world.onedata.faults.add(FaultRule(Status(503), method="PATCH", path="/tokens/named/", times=2))
    states = []
    with world.engine():
        wait_for("the new token", lambda: world.block("run1")["InviteToken"] != old.text, 20)
        states.append(old.revoked)
        wait_for("the old one's end", lambda: old.revoked, 30)
        world.await_state("run1", State.READY)
    assert states == [False]
    assert refused.applied == 2
    assert_invariants(world, "run1")


def test_an_end_between_the_new_token_and_the_old_ones_revocation_leaves_one_live_token(world):
    _publish(world, "run1")
    old = _token_of(world, "run1")
    _let_expire_in(world, "run1", DAY_SECONDS)
    world.onedata.faults.add(FaultRule(Status(503), method="PATCH", path="/tokens/named/", times=None))
    with world.engine():
        wait_for("the new token", lambda: world.block("run1")["InviteToken"] != old.text, 20)
        world.await_state("run1", State.RETRYING)
    world.onedata.faults.clear()
    assert not old.revoked
    with world.engine() as engine:
        engine.look_again()
        world.await_state("run1", State.READY)
    assert old.revoked
    with world.ledger() as ledger:
        assert SUPERSEDED not in ledger.objects(world.dataset("run1").id)
    assert_invariants(world, "run1")


def test_tokens_that_are_not_due_cost_no_request(world):
    _publish(world, "run1", "run2")
    _let_expire_in(world, "run1", 8 * DAY_SECONDS)
    calls = len(world.onedata.log)
    with world.engine() as engine:
        engine.discovery.scan_now()
        engine.renew_invites()
        time.sleep(3 * QUIET_SECONDS)
    assert len(world.onedata.log) == calls


def test_a_token_with_a_short_life_is_made_once(world):
    world.values["onedata"]["invite"] = {"valid_for": "1h"}
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        token = world.block("run1")["InviteToken"]
        (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"more: 1\n")
        wait_for("the update", lambda: len(world.onedata.log.matching(path="/metadata/json")) == 2, 20)
        world.await_state("run1", State.READY)
    assert world.block("run1")["InviteToken"] == token
    assert len([one for one in world.onedata.state.tokens.values() if "inviteToken" in one.type]) == 1


def test_a_dataset_that_is_gone_is_not_renewed_until_it_is_back(world):
    _publish(world, "run1")
    token = _token_of(world, "run1")
    _let_expire_in(world, "run1", DAY_SECONDS)
    (world.root / "run1").rename(world.folder / "aside")
    with world.engine():
        world.await_state("run1", State.MISSING)
    with world.ledger() as ledger:
        assert Renewals(world.config, ledger).due() == []
    assert not token.revoked


@pytest.mark.parametrize(
    ("valid_for", "lead_seconds"), [("90d", 7 * DAY_SECONDS), ("8d", 2 * DAY_SECONDS), ("1h", 900)]
)
def test_the_time_left_for_a_renewal_follows_the_life_of_the_tokens(world, valid_for, lead_seconds):
    world.values["onedata"]["invite"] = {"valid_for": valid_for}
    assert renewal_lead_seconds(world.config) == lead_seconds


def test_the_ledger_is_asked_now_and_then_only(world):
    class Counting:
        looks = 0

        def expiring(self, _kind, _before):
            self.looks += 1
            return []

    ledger, clock = Counting(), [1e9]
    renewals = Renewals(world.config, ledger, lambda: clock[0])
    for _ in range(100):
        renewals.due()
        clock[0] += 60
    assert ledger.looks == 2
    clock[0] -= DAY_SECONDS
    renewals.due()
    assert ledger.looks == 3


def test_tokens_that_expire_on_one_day_are_renewed_a_few_at_a_time(world):
    class Crowded:
        def expiring(self, _kind, _before):
            return list(range(1000))

        def stages(self, _number):
            return {"link": Stage("link", Condition.DONE)}

    clock, found, most = [1e9], [], 0
    renewals = Renewals(world.config, Crowded(), lambda: clock[0])
    for _ in range(600):
        due = renewals.due()
        most = max(most, len(due))
        found += due
        clock[0] += 1
    assert most <= 10
    assert found == list(range(1000))
