"""A service that is out is asked by one probe; trouble with one request closes the gate for nobody else."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from spacecast.transport import (
    Gate,
    GatedTransport,
    NoAnswer,
    ReplyLost,
    ServiceClosed,
    ServiceDown,
    back_off_seconds,
    gate,
)
from support.http_server import Close, Reply, unused_port


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Pauses long enough that nothing is asked unless a test wants it; it says how long."""
    monkeypatch.setattr(gate, "GLANCE_SECONDS", 0.02)
    monkeypatch.setattr(gate, "REFUSED_SECONDS", 60.0)
    monkeypatch.setitem(back_off_seconds.__kwdefaults__, "uniform", lambda _low, high: high)

    def set_to(seconds):
        monkeypatch.setitem(back_off_seconds.__kwdefaults__, "longest_seconds", seconds)
        monkeypatch.setitem(back_off_seconds.__kwdefaults__, "first_seconds", seconds)

    set_to(60.0)
    return set_to


class Service:
    """A scripted service: what it answers to probes and to everything else, and a gated way to it."""

    def __init__(self, server, url=None):
        self.server, self.probed, self.other = server, Reply(200), Reply(200)
        self.token = "first"
        self.gate = Gate(token_version=lambda: self.token)
        self.changes = []
        self.changed = threading.Event()
        self.gate.listen(self._note)
        server._script = lambda received: self.probed if received.path == "/probe" else self.other
        self.transport = GatedTransport(
            url or server.url,
            gate=self.gate,
            probe_path="probe",
            headers=lambda: {"X-Auth-Token": self.token},
            service="Onezone zone.example.org",
        )

    def _note(self, gate):
        self.changes.append(gate.closure is not None)
        self.changed.set()

    def count(self, path):
        return sum(received.path == path for received in self.server.received)

    def await_change(self):
        assert self.changed.wait(10)
        self.changed.clear()


@pytest.fixture
def service(server):
    made = Service(server)
    yield made
    made.gate.end()
    made.transport.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_trouble_that_a_probe_does_not_confirm_is_that_of_the_request(service, status):
    service.other = Reply(status)
    assert service.transport.request("GET", "/x").status == status
    assert service.gate.closure is None
    service.other = Reply(200)
    assert service.transport.request("GET", "/x").ok
    assert service.count("/probe") == 1


def test_a_lost_reply_that_a_probe_does_not_confirm_is_that_of_the_request(service):
    service.other = Close()
    with pytest.raises(NoAnswer):
        service.transport.request("GET", "/x")
    assert service.gate.closure is None


@pytest.mark.parametrize("failing", [Reply(503), Reply(500), Reply(429), Close()])
def test_once_the_probe_fails_too_nobody_asks(service, failing):
    service.other = service.probed = failing
    for _ in range(20):
        with pytest.raises(ServiceDown, match=r"Onezone zone\.example\.org is not answering since 2\d{3}-.*goes on by"):
            service.transport.request("GET", "/x")
    assert (service.count("/x"), service.count("/probe")) == (1, 1)
    assert service.changes == [True]


def test_a_refused_connection_closes_the_gate(server):
    service = Service(server, f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(ServiceDown, match="it refuses connections"):
        service.transport.request("POST", "/x")
    service.gate.end()
    service.transport.close()


def test_a_hundred_threads_in_an_outage_share_one_probe(service):
    service.other = service.probed = Reply(503)

    def ask(_number):
        with pytest.raises(ServiceDown):
            service.transport.request("GET", "/x")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(100)))
    assert service.count("/probe") == 1
    assert service.count("/x") <= 16


def test_what_may_have_happened_is_never_said_to_be_unsent(service):
    service.other = service.probed = Close()
    with pytest.raises(ReplyLost):
        service.transport.request("POST", "/x")
    with pytest.raises(ServiceDown):
        service.transport.request("POST", "/x")
    assert service.count("/x") == 1


def test_an_answer_to_a_creation_is_handed_on_although_the_gate_closes(service):
    service.other = service.probed = Reply(503)
    assert service.transport.request("POST", "/x").status == 503
    assert service.gate.closure is not None


def test_the_gate_opens_when_a_probe_succeeds(service, pauses):
    service.other = service.probed = Reply(503)
    pauses(0.05)
    with pytest.raises(ServiceDown):
        service.transport.request("GET", "/x")
    service.await_change()
    service.other = service.probed = Reply(200)
    service.await_change()
    assert service.transport.request("GET", "/x").ok
    assert service.changes == [True, False]


@pytest.mark.parametrize("header", ["30", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_the_next_probe_comes_no_sooner_than_the_service_asks(service, pauses, header):
    pauses(0.01)
    service.other = service.probed = Reply(503, headers={"Retry-After": header})
    with pytest.raises(ServiceDown):
        service.transport.request("GET", "/x")
    assert not service.gate._ended.wait(0.3)
    assert service.count("/probe") == 1


def test_a_probe_can_be_asked_for(service):
    service.other = service.probed = Reply(503)
    with pytest.raises(ServiceDown):
        service.transport.request("GET", "/x")
    service.await_change()
    service.other = service.probed = Reply(200)
    service.gate.look_again()
    service.await_change()
    assert service.gate.closure is None


def test_a_refused_token_is_a_persons_task_and_a_new_one_is_tried_at_once(service):
    service.other = service.probed = Reply(401)
    for _ in range(5):
        with pytest.raises(ServiceClosed, match="it does not accept the token"):
            service.transport.request("POST", "/x")
    assert (service.count("/x"), service.count("/probe")) == (1, 1)
    service.await_change()
    service.other = service.probed = Reply(200)
    service.token = "second"
    service.await_change()
    assert service.transport.request("GET", "/x").ok


def test_a_401_to_one_request_alone_stops_only_that(service):
    service.other = Reply(401)
    assert service.transport.request("GET", "/x").status == 401
    assert service.gate.closure is None


def test_an_outage_that_ends_with_a_refused_token_says_so(service, pauses):
    service.other = service.probed = Reply(503)
    pauses(0.05)
    with pytest.raises(ServiceDown) as first:
        service.transport.request("GET", "/x")
    service.await_change()
    service.probed = Reply(401)
    service.await_change()
    assert not first.value.closure.stands()
    with pytest.raises(ServiceClosed):
        service.transport.request("GET", "/x")


def test_an_ended_gate_leaves_no_thread(service):
    service.other = service.probed = Reply(503)
    with pytest.raises(ServiceDown):
        service.transport.request("GET", "/x")
    service.gate.end()
    assert not any(thread.name.startswith("probe") for thread in threading.enumerate())


def test_every_request_is_told_with_its_outcome_probes_included(service):
    told = []
    service.gate.on_request = lambda outcome, seconds: told.append((outcome, seconds >= 0.0))
    service.transport.request("GET", "/x")
    service.other = Reply(404)
    service.transport.request("GET", "/x")
    service.other = Reply(500)
    service.transport.request("GET", "/x")
    service.other = Close()
    with pytest.raises(NoAnswer):
        service.transport.request("GET", "/x")
    with pytest.raises(ReplyLost):
        service.transport.request("POST", "/x")
    outcomes = ["ok", "refused", "failed", "ok", "no-answer", "ok", "unclear", "ok"]
    assert told == [(outcome, True) for outcome in outcomes]
