"""Changed access tags get to all datasets of the ledger, past those at which the server fails, and only once."""

import threading
from types import SimpleNamespace

import pytest

from spacecast.catalog import CatalogClient, mark
from spacecast.ledger import open_ledger
from spacecast.service.tagging import RECORD, Tagging
from spacecast.transport import Answer
from support.catalog import ObservedTransport, failing

NAMES = [f"run{number}" for number in range(5)]
NEWEST_FIRST = NAMES[::-1]


class Impatient(threading.Event):
    """Waits for nothing."""

    def wait(self, timeout=None):
        return self.is_set()


@pytest.fixture
def facility(shared_tiled, tmp_path, request):
    """Five datasets with a container each, and what gives them their tags; the requests of that are counted."""
    ledger, path = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite"), (request.node.name[:40],)
    with ObservedTransport(shared_tiled.url, shared_tiled.api_key) as transport:
        client, stop = CatalogClient(transport), Impatient()
        for name in NAMES:
            ledger.add(tmp_path, name, key=name, title=name, marker=name)
            mark(client, path, name, status="pending", stop=stop)
        transport.sent.clear()

        def tagging(*tags):
            section = SimpleNamespace(url=shared_tiled.url, path=path, access_tags=tags)
            config = SimpleNamespace(tiled=section, state_folder=tmp_path)
            services = SimpleNamespace(catalog=client, without_secrets=str)
            return Tagging(config, ledger, services, stop, pause_seconds=lambda _attempt, _fault: 0.0)

        def give(*tags):
            work = tagging(*tags)
            work.start()
            work._thread.join(60) if work._thread.ident else None
            return given(transport)

        yield SimpleNamespace(give=give, transport=transport, stop=stop, record=tmp_path / RECORD)
    ledger.close()


def given(transport):
    """Who was given which tags since the last look, in order."""
    found = [
        (sent.path.rsplit("/", 1)[1], *sent.body["access_tags"]) for sent in transport.sent if sent.method == "PUT"
    ]
    transport.sent.clear()
    return found


def test_every_dataset_gets_new_tags_once(facility):
    assert facility.give("open") == [(name, "open") for name in NEWEST_FIRST]
    assert facility.give("open") == []
    assert facility.give("closed") == [(name, "closed") for name in NEWEST_FIRST]
    assert facility.give() == []
    assert facility.give("closed") == [(name, "closed") for name in NEWEST_FIRST]


def test_where_the_server_fails_at_one_dataset_the_others_come_first_and_it_is_tried_again(facility):
    facility.transport.spoil = failing(3, method="PUT", ending="/run3")
    done = facility.give("open")
    assert done == [(name, "open") for name in ("run4", "run3", "run3", "run3", "run2", "run1", "run0", "run3")]
    assert facility.give("open") == []


def test_a_server_that_is_away_is_waited_for(facility):
    left = [7]

    def spoil(sent, send):
        left[0] -= 1
        return Answer(503, {}, b"") if left[0] >= 0 else send()

    facility.transport.spoil = spoil
    assert facility.give("open") == [(name, "open") for name in NEWEST_FIRST]


def test_an_end_in_the_middle_costs_nobody_the_tags(facility):
    def spoil(sent, send):
        if sent.path.endswith("/run2"):
            facility.stop.set()
        return send()

    facility.transport.spoil = spoil
    first = facility.give("open")
    assert first[-1] != ("run0", "open")
    facility.transport.spoil = None
    facility.stop.clear()
    assert set(facility.give("open")) >= {("run0", "open"), ("run1", "open"), ("run2", "open")}


def test_a_lost_or_spoilt_record_costs_only_requests(facility):
    facility.give("open")
    facility.record.write_text('{"server": 1')
    assert facility.give("open") == [(name, "open") for name in NEWEST_FIRST]
