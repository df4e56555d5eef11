"""When certificates and tokens end is asked of the services, and what is not so any more is not said any longer."""

import pytest

from spacecast.ledger import open_ledger
from spacecast.publish.services import open_services
from spacecast.sandbox.onedata import FaultRule, Status
from spacecast.service.monitoring.expiries import Expiries


@pytest.fixture
def expiries(world):
    ends = [{"type": "time", "validUntil": world.onedata.state.now() + 3600}]
    token = world.onedata.add_token(world.onedata.service_user.id, caveats=ends)
    (world.folder / "zone.token").write_text(token)
    config = world.config
    ledger = open_ledger(config.ledger_url)
    with open_services(config, ledger) as services:
        yield Expiries(config, services)
    ledger.close()


def test_certificates_and_tokens_with_an_end_are_told(world, expiries):
    expiries.look()
    assert set(expiries.certificates) == {"zone", "provider", "panel"}
    assert min(expiries.certificates.values()) > world.onedata.state.now()
    assert set(expiries.tokens) == {"zone"}, "that of the provider has no end"
    assert abs(expiries.tokens["zone"] - world.onedata.state.now() - 3600) < 120


def test_a_token_that_was_replaced_by_one_without_an_end_is_told_no_more(world, expiries):
    expiries.look()
    (world.folder / "zone.token").write_text(world.onedata.token)
    expiries.look()
    assert expiries.tokens == {}


def test_what_cannot_be_asked_keeps_what_was_known(world, expiries):
    expiries.look()
    known = dict(expiries.tokens), dict(expiries.certificates)
    for host in (world.onedata.zone, world.onedata.providers[0]):
        host.down()
    expiries.look()
    assert (expiries.tokens, expiries.certificates) == known


def test_an_older_zone_is_not_asked_by_many_requests(world, expiries):
    old = Status(200, {"version": "20.02.19", "name": "old", "domain": world.onedata.state.zone_domain})
    world.onedata.faults.add(FaultRule(old, service="zone", path="/configuration$", times=None))
    expiries.look()
    assert expiries.tokens == {}
    assert not [one for one in world.onedata.log if "infer" in one.path]
