from datetime import UTC, datetime

import pytest

from spacecast.transport import AnswerTooLarge, NoAnswer
from spacecast.transport.answer import parse_retry_after
from support.http_server import Reply


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 503])
def test_every_status_is_an_answer(server, transport, status):
    server.answers(Reply(status))
    answer = transport.request("GET", "/x")
    assert answer.status == status
    assert answer.ok == (status < 300)


@pytest.mark.parametrize("body", [b"", b"<html>502 Bad Gateway</html>", b'{"cut": ', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_not_json_reads_as_none(server, transport, body):
    server.answers(Reply(502, body=body))
    assert transport.request("GET", "/x").json() is None


def test_json_is_sent_and_read_with_its_content_type(server, transport):
    server.answers(Reply(200, json={"ä": [1, None]}))
    assert transport.request("POST", "/x", json={"name": "Ångström \ud800"}).json() == {"ä": [1, None]}
    received = server.received[0]
    assert received.headers["Content-Type"] == "application/json"
    assert received.json() == {"name": "Ångström \ud800"}


def test_an_empty_json_object_is_sent_as_a_body(server, transport):
    server.answers(Reply(204))
    transport.request("PUT", "/x", json={})
    assert server.received[0].body == b"{}"


def test_headers_are_asked_anew_for_each_request(server, make_transport):
    tokens = iter(["first", "second"])
    transport = make_transport(server.url, headers=lambda: {"X-Auth-Token": next(tokens)})
    server.answers(Reply(200), Reply(200))
    transport.request("GET", "/a")
    transport.request("GET", "/b")
    assert [received.headers["X-Auth-Token"] for received in server.received] == ["first", "second"]


def test_an_unauthenticated_request_carries_no_token(server, transport):
    server.answers(Reply(200))
    transport.request("GET", "/configuration", authenticated=False)
    assert server.received[0].headers["X-Auth-Token"] is None


def test_a_redirect_is_answered_and_the_token_stays_here(server, transport):
    server.answers(Reply(307, headers={"Location": server.url + "/elsewhere"}))
    assert transport.request("GET", "/x").status == 307
    assert len(server.received) == 1


def test_proxies_and_netrc_of_the_environment_are_not_used(server, transport, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    server.answers(Reply(200))
    assert transport.request("GET", "/x").status == 200
    assert server.received[0].headers["Authorization"] is None


def test_cookies_are_neither_kept_nor_sent(server, transport):
    server.answers(Reply(200, headers={"Set-Cookie": "session=1; Path=/"}), Reply(200))
    transport.request("GET", "/x")
    transport.request("GET", "/x")
    assert server.received[1].headers["Cookie"] is None


def test_one_connection_serves_many_requests(server, transport):
    server.answers(*[Reply(200, json={"n": number}) for number in range(5)])
    assert [transport.request("GET", "/x").json()["n"] for _ in range(5)] == [0, 1, 2, 3, 4]
    assert server.connections == 1


def test_a_chunked_body_is_read_whole(server, transport):
    server.answers(Reply(200, body=b"x" * 200_000, chunked=True))
    assert transport.request("GET", "/x").body == b"x" * 200_000


def test_an_answer_longer_than_the_bound_is_not_read_to_its_end(server, make_transport):
    transport = make_transport(server.url, max_body_bytes=1000)
    server.answers(Reply(200, body=b"x" * 1001), Reply(200, body=b"x" * 1000))
    with pytest.raises(AnswerTooLarge, match="1000 bytes"):
        transport.request("GET", "/x")
    assert len(transport.request("GET", "/x").body) == 1000


def test_an_answer_that_drips_is_given_up_although_no_single_read_times_out(server, make_transport):
    passing_hours = iter(range(0, 10**6, 60))
    transport = make_transport(
        server.url, read_timeout_seconds=2, answer_timeout_seconds=120, clock=lambda: next(passing_hours)
    )
    server.answers(Reply(200, body=b"slowly, slowly", drip=lambda: server.released.wait(0.02)))
    with pytest.raises(NoAnswer, match="too slowly"):
        transport.request("GET", "/x")


def test_large_content_is_handed_out_while_it_arrives(server, transport):
    server.answers(Reply(206, body=b"y" * 300_000), Reply(200))
    with transport.stream("/content", headers={"Range": "bytes=0-299999"}) as streamed:
        assert streamed.status == 206
        assert sum(len(chunk) for chunk in streamed.chunks) == 300_000
    assert server.received[0].headers["Range"] == "bytes=0-299999"
    transport.request("GET", "/x")
    assert server.connections == 1


def test_a_stream_left_early_leaves_a_working_transport(server, transport):
    server.answers(Reply(200, body=b"y" * 3_000_000), Reply(200, json=[1]))
    with transport.stream("/content") as streamed:
        next(streamed.chunks)
    assert transport.request("GET", "/x").json() == [1]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("1.5", 1.5),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 09:28:30 +0200", 30.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    now = datetime(2015, 10, 21, 7, 28, 0, tzinfo=UTC)
    assert parse_retry_after(value, now=now) == seconds


def test_retry_after_of_an_answer(server, transport):
    server.answers(Reply(429, headers={"Retry-After": "7"}))
    assert transport.request("GET", "/x").retry_after_seconds == 7.0
