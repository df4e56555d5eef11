import threading
import time

import pytest
import requests

from spacecast.sandbox.onedata import (
    Delays,
    Dribble,
    DropAfter,
    FaultRule,
    Hang,
    OnedataSandbox,
    ResetBefore,
    Slow,
    Status,
    Truncated,
    TruncatedJson,
)
from support.onedata_sandbox import Caller, problem, quick_delays


def spaces(sandbox):
    return [space.name for space in sandbox.state.spaces.values()]


def test_a_status_is_answered_instead_and_nothing_is_done(service, sandbox):
    sandbox.faults.add(FaultRule(Status(502, "<html>bad gateway</html>"), method="POST", path="/spaces$"))
    answer = service.zone("POST", "/user/spaces", {"name": "one"})
    assert (answer.status_code, answer.text) == (502, "<html>bad gateway</html>")
    assert answer.headers["Content-Type"] == "text/html"
    assert spaces(sandbox) == []


def test_an_empty_503_and_a_retry_after_can_be_told(service, sandbox):
    sandbox.faults.add(FaultRule(Status(503), service="panel"))
    sandbox.faults.add(FaultRule(Status(429, headers={"Retry-After": "7"}), service="zone"))
    empty = service.panel("GET", "/user")
    assert (empty.status_code, empty.content) == (503, b"")
    assert service.zone("GET", "/user").headers["Retry-After"] == "7"


def test_a_rule_strikes_from_the_nth_match_as_often_as_told(service, sandbox):
    rule = sandbox.faults.add(FaultRule(Status(500), path="/user$", nth=2, times=2))
    statuses = [service.zone("GET", "/user").status_code for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert (rule.seen, rule.applied) == (5, 2)


def test_a_rule_without_end_lasts_until_it_is_cleared(service, sandbox):
    sandbox.faults.add(FaultRule(Status(500), times=None))
    assert {service.zone("GET", "/user").status_code for _ in range(4)} == {500}
    sandbox.faults.clear()
    assert service.zone("GET", "/user").status_code == 200


def test_a_reset_before_leaves_nothing_done(service, sandbox):
    sandbox.faults.add(FaultRule(ResetBefore(), method="POST"))
    with pytest.raises(requests.ConnectionError):
        service.zone("POST", "/user/spaces", {"name": "one"})
    assert spaces(sandbox) == []


def test_a_dropped_answer_leaves_it_done(service, sandbox):
    sandbox.faults.add(FaultRule(DropAfter(), method="POST"))
    with pytest.raises(requests.ConnectionError):
        service.zone("POST", "/user/spaces", {"name": "one"})
    assert spaces(sandbox) == ["one"]
    assert (sandbox.log[-1].status, sandbox.log[-1].fault) == (None, "DropAfter")


def test_a_slow_answer_arrives_late_but_whole(service, sandbox):
    sandbox.faults.add(FaultRule(Slow(0.2)))
    began = time.monotonic()
    assert service.zone("GET", "/user").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_dribbling_answer_starts_at_once(service, sandbox):
    sandbox.faults.add(FaultRule(Dribble(0.2)))
    began = time.monotonic()
    answer = service.zone("GET", "/user", stream=True)
    assert time.monotonic() - began < 0.2
    assert answer.json()["userId"] == sandbox.service_user.id
    assert time.monotonic() - began >= 0.2


def test_a_hanging_request_waits_until_it_is_released(service, sandbox):
    sandbox.faults.add(FaultRule(Hang(), method="POST"))
    with pytest.raises(requests.ReadTimeout):
        service.session.post(f"{sandbox.zone_url}/api/v3/onezone/user/spaces", json={"name": "one"}, timeout=0.1)
    sandbox.faults.release()
    assert spaces(sandbox) == []


def test_a_truncated_answer_breaks_off_and_truncated_json_looks_whole(service, sandbox):
    sandbox.faults.add(FaultRule(Truncated()))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        service.zone("GET", "/user")
    sandbox.faults.add(FaultRule(TruncatedJson()))
    answer = service.zone("GET", "/user")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_host_that_is_down_refuses_connections_and_comes_back_on_its_port(service, sandbox):
    sandbox.providers[0].down()
    with pytest.raises(requests.ConnectionError):
        service.panel("GET", "/user")
    assert service.zone("GET", "/user").status_code == 200
    sandbox.providers[0].up()
    assert service.panel("GET", "/user").status_code == 200


def test_an_outage_of_the_zone_shows_as_401_at_provider_and_panel(service, sandbox, folder):
    space_id = service.publish(folder)
    sandbox.zone.down()
    for answer in (service.provider("GET", f"/spaces/{space_id}"), service.panel("GET", "/user")):
        status, error_id, details = problem(answer)
        assert (status, error_id) == (401, "unauthorized")
        assert details["authError"]["id"] == "noConnectionToOnezone"
    sandbox.zone.up()
    assert service.provider("GET", f"/spaces/{space_id}").status_code == 200


def test_what_a_provider_has_verified_it_believes_through_a_short_outage(tmp_path, folder):
    delays = quick_delays(verdict_cache_seconds=60)
    with OnedataSandbox(tmp_path, delays=delays) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.publish(folder)
        assert caller.provider("GET", f"/spaces/{space_id}").status_code == 200
        sandbox.zone.down()
        assert caller.provider("GET", f"/spaces/{space_id}").status_code == 200
        caller.close()


def test_a_service_can_be_given_a_latency(service, sandbox):
    sandbox.delays.latency_seconds = {"zone": 0.1}
    began = time.monotonic()
    service.zone("GET", "/user")
    assert time.monotonic() - began >= 0.1
    assert Delays(latency_seconds=0.5).latency_of("panel") == 0.5


def test_a_connection_serves_thirty_requests(service):
    answers = [service.zone("GET", "/user") for _ in range(31)]
    closing = [index for index, answer in enumerate(answers) if answer.headers.get("Connection") == "close"]
    assert closing == [29]


def test_the_log_has_every_request_with_bodies_and_times(service, sandbox):
    service.zone("POST", "/user/spaces?x=1", {"name": "one"})
    noted = sandbox.log[-1]
    assert (noted.service, noted.method, noted.path) == ("zone", "POST", "/api/v3/onezone/user/spaces")
    assert (noted.query, noted.body, noted.status) == ({"x": ["1"]}, {"name": "one"}, 201)
    assert noted.headers["x-auth-token"] == sandbox.token
    assert sandbox.token not in repr(noted)
    assert noted.seconds >= 0
    assert sandbox.log.matching(method="POST", path="/spaces", service="zone") == [noted]


def test_nothing_of_the_sandbox_is_left_behind(tmp_path, folder):
    before = set(threading.enumerate())
    with OnedataSandbox(tmp_path, providers=2, delays=quick_delays()) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        caller.publish(folder)
        sandbox.faults.add(FaultRule(Hang(), path="/user$"))
        with pytest.raises(requests.ReadTimeout):
            caller.session.get(f"{sandbox.zone_url}/api/v3/onezone/user", timeout=0.1)
        caller.close()
    assert set(threading.enumerate()) <= before
