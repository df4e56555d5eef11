import threading

import pytest

from spacecast.faults import NeedsPerson, Passing, Unclear
from spacecast.transport import BadRequest, NoAnswer, ReplyLost, UntrustedService
from support.http_server import Close, Hang, Reply, Reset, ScriptedServer, unused_port


def test_a_refused_connection_was_certainly_not_sent(make_transport):
    transport = make_transport(f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(NoAnswer, match="refuses connections") as caught:
        transport.request("POST", "/x", json={})
    assert not isinstance(caught.value, Unclear)


def test_an_unknown_host_was_certainly_not_sent(make_transport):
    transport = make_transport("http://no-such-host.invalid")
    with pytest.raises(NoAnswer, match="host name is not known"):
        transport.request("POST", "/x", json={})


@pytest.mark.parametrize("loss", [Close(), Reset(), Hang()])
def test_a_post_without_a_reply_is_unclear(server, make_transport, loss):
    transport = make_transport(server.url, read_timeout_seconds=0.2)
    server.answers(loss)
    with pytest.raises(ReplyLost, match="may have happened"):
        transport.request("POST", "/x", json={})
    assert len(server.received) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("loss", [Close(), Reset(), Hang()])
def test_a_repeatable_request_without_a_reply_is_no_answer(server, make_transport, method, loss):
    transport = make_transport(server.url, read_timeout_seconds=0.2)
    server.answers(loss)
    with pytest.raises(NoAnswer) as caught:
        transport.request(method, "/x")
    assert not isinstance(caught.value, Unclear)


def test_a_post_that_is_said_to_be_repeatable_is_no_answer(server, transport):
    server.answers(Close())
    with pytest.raises(NoAnswer):
        transport.request("POST", "/lookup", repeatable=True)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_cut_off_is_no_answer_for_get_and_unclear_for_post(server, transport, chunked):
    cut = Reply(201, json={"shareId": "0123456789"}, cut_after=12, chunked=chunked)
    server.answers(cut, cut)
    with pytest.raises(NoAnswer):
        transport.request("GET", "/x")
    with pytest.raises(ReplyLost):
        transport.request("POST", "/x", json={})


def test_a_stream_cut_off_raises_while_it_is_read(server, transport):
    server.answers(Reply(200, body=b"z" * 1000, cut_after=500))
    with transport.stream("/content") as streamed, pytest.raises(NoAnswer):
        list(streamed.chunks)


@pytest.mark.parametrize("loss", [Close(), Reset()])
def test_a_used_connection_that_was_closed_is_replaced_at_once(server, transport, loss):
    server.answers(Reply(200), loss, Reply(200, json="again"))
    transport.request("GET", "/x")
    assert transport.request("PUT", "/x").json() == "again"
    assert server.connections == 2


def test_a_post_is_not_repeated_on_a_new_connection(server, transport):
    server.answers(Reply(200), Close(), Reply(200))
    transport.request("GET", "/x")
    with pytest.raises(ReplyLost):
        transport.request("POST", "/x", json={})
    assert [received.method for received in server.received] == ["GET", "POST"]


def test_a_second_closed_connection_is_reported(server, transport):
    server.answers(Reply(200), Close(), Close())
    transport.request("GET", "/x")
    with pytest.raises(NoAnswer, match="closed the connection"):
        transport.request("GET", "/x")
    assert len(server.received) == 3


def test_a_new_connection_that_was_closed_is_not_asked_twice(server, transport):
    server.answers(Close())
    with pytest.raises(NoAnswer):
        transport.request("GET", "/x")
    assert len(server.received) == 1


def test_a_service_that_closes_after_each_reply_serves_posts(server, transport):
    server.answers(*[Reply(201, then_close=True, headers={"Connection": "close"}) for _ in range(40)])
    assert {transport.request("POST", "/x", json={}).status for _ in range(40)} == {201}


def test_a_trusted_authority_is_added_to_the_known_ones(make_transport, tmp_path):
    with ScriptedServer(lambda _: Reply(200, json="ok"), host_names=("127.0.0.1", "localhost")) as server:
        bundle = server.write_authority(tmp_path / "ca.pem")
        transport = make_transport(server.url, ca_bundle=bundle)
        assert transport.request("POST", "/x", json={}).json() == "ok"
        transport.close()


def test_an_unknown_authority_needs_a_person_and_sees_no_token(make_transport):
    with ScriptedServer(host_names=("127.0.0.1",)) as server:
        with pytest.raises(UntrustedService, match="ca_bundle") as caught:
            make_transport(server.url).request("POST", "/x", json={})
        assert isinstance(caught.value, NeedsPerson)
        assert server.received == []


def test_a_certificate_of_another_host_needs_a_person(make_transport, tmp_path):
    with ScriptedServer(host_names=("elsewhere.example.org",)) as server:
        bundle = server.write_authority(tmp_path / "ca.pem")
        with pytest.raises(UntrustedService, match=r"127\.0\.0\.1"):
            make_transport(server.url, ca_bundle=bundle).request("GET", "/x")


@pytest.mark.parametrize("loss", [Close(), Reset()])
def test_a_reply_lost_inside_a_secure_connection_is_unclear(make_transport, tmp_path, loss):
    with ScriptedServer(lambda _: loss, host_names=("127.0.0.1",)) as server:
        transport = make_transport(server.url, ca_bundle=server.write_authority(tmp_path / "ca.pem"))
        with pytest.raises(ReplyLost):
            transport.request("POST", "/x", json={})
        assert len(server.received) == 1


def test_https_to_a_plain_port_was_not_sent(server, make_transport):
    transport = make_transport(server.url.replace("http:", "https:"))
    with pytest.raises(Passing, match="speak https") as caught:
        transport.request("POST", "/x", json={})
    assert not isinstance(caught.value, Unclear)


def test_an_unusable_ca_bundle_is_named(make_transport, tmp_path):
    with pytest.raises(BadRequest, match=r"missing\.pem"):
        make_transport("https://127.0.0.1", ca_bundle=tmp_path / "missing.pem")
    (tmp_path / "empty.pem").write_text("no certificate\n")
    with pytest.raises(BadRequest, match=r"empty\.pem"):
        make_transport("https://127.0.0.1", ca_bundle=tmp_path / "empty.pem")


@pytest.mark.parametrize("token", ["MDAxSECRET\nX-Evil: 1", "MDAxSECRET\u0141"])
def test_a_token_that_is_no_header_value_is_reported_without_being_shown(server, make_transport, token):
    transport = make_transport(server.url, headers=lambda: {"X-Auth-Token": token})
    with pytest.raises(BadRequest) as caught:
        transport.request("GET", "/x")
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_fault_shows_token_body_or_url(server, transport):
    server.answers(Close())
    with pytest.raises(ReplyLost) as caught:
        transport.request("POST", "/users?key=MDAxSECRET", json={"token": "MDAxSECRET"})
    assert "SECRET" not in repr(caught.value)
    assert "SECRET" not in repr(transport)
    assert str(caught.value).startswith("Onezone zone.example.org ")


def test_many_threads_share_one_transport(make_transport):
    with ScriptedServer(lambda received: Reply(200, json=received.path)) as server:
        transport = make_transport(server.url, pool_size=4)
        wrong: list[str] = []

        def ask(number):
            paths = [f"/{number}/{turn}" for turn in range(20)]
            wrong.extend(path for path in paths if transport.request("GET", path).json() != path)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert server.connections <= 4
        transport.close()
