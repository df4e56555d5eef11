"""The server serves this machine alone, and no client holds up another one or the daemon."""

import socket
import stat
import threading

import pytest

from spacecast.config import Port
from spacecast.faults import NeedsPerson
from spacecast.service import log
from spacecast.service.monitoring import exchange, server
from spacecast.service.monitoring.exchange import Reply
from spacecast.service.monitoring.server import MOST_CONNECTIONS, Server, listening_socket
from support.asking import Asker, free_port
from support.world import wait_for


@pytest.fixture
def place(tmp_path):
    return tmp_path / "socket"


@pytest.fixture
def asker(place):
    """Give a client of a server that answers everything with a word."""
    running = Server(place, lambda _request: Reply(b"well"))
    running.start()
    assert running.listening.wait(10)
    yield Asker(place)
    running.stop()
    wait_for("its threads to end", lambda: not any("monitoring" in one.name for one in threading.enumerate()), 20)


def connected(asker):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(str(asker.path))
    return client


def test_it_answers_get_and_head_and_nothing_else(asker):
    assert asker.ask("/").text == "well"
    assert asker.ask("/", method="HEAD").text == ""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert asker.ask("/", method=method).status == 405


@pytest.mark.parametrize("host", ["localhost", "localhost:9469", "127.0.0.1:9469", "[::1]:80", "LOCALHOST"])
def test_hosts_of_this_machine_are_served(asker, host):
    assert asker.raw(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "host", ["evil.example.org", "localhost.evil.org", "127.0.0.1.evil.org", "", "[::2]", "a@b:c:d"]
)
def test_a_web_page_that_points_its_own_name_here_is_turned_away(asker, host):
    answer = asker.raw(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 421")
    assert b"well" not in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.org\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET /?" + b"&".join(b"a=%d" % number for number in range(40)) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
)
def test_what_is_no_sound_request_gets_no_answer_of_worth(asker, sent):
    answer = asker.raw(sent)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 421")
    assert asker.ask("/").text == "well"


def test_a_request_without_end_is_cut_off(asker):
    answer = asker.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * exchange.LONGEST_HEAD_BYTES)
    assert answer[:12] in (b"HTTP/1.1 431", b"")
    assert asker.ask("/").text == "well"


def test_answers_tell_browsers_to_be_careful(asker):
    answer = asker.ask("/")
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.getheader("Access-Control-Allow-Origin") is None
    assert answer.getheader("Cache-Control") == "no-store"


def test_clients_that_say_nothing_hold_up_nobody_and_are_let_go(asker, monkeypatch):
    monkeypatch.setattr(server, "READ_SECONDS", 0.5)
    silent = [connected(asker) for _ in range(MOST_CONNECTIONS // 2)]
    assert asker.ask("/").text == "well"
    for client in silent:
        assert client.recv(10) == b""
        client.close()


def test_a_request_that_drips_gets_no_more_time_than_another(asker, monkeypatch):
    monkeypatch.setattr(server, "READ_SECONDS", 0.5)
    with connected(asker) as client:
        dripping = threading.Event()

        def drip():
            while not dripping.wait(0.05):
                try:
                    client.send(b"a")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert client.recv(10) == b""
        except ConnectionResetError:
            pass
        finally:
            dripping.set()
            thread.join()


def test_a_client_that_does_not_take_its_answer_is_let_go(place, monkeypatch):
    monkeypatch.setattr(server, "SEND_SECONDS", 0.3)
    running = Server(place, lambda _request: Reply(b"x" * 50_000_000))
    running.start()
    assert running.listening.wait(10)
    with connected(Asker(place)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for("the client to be let go", lambda: not any("client" in one.name for one in threading.enumerate()), 20)
    running.stop()


def test_more_clients_than_there_is_room_for_are_refused_at_once(asker):
    silent = [connected(asker) for _ in range(MOST_CONNECTIONS)]
    wait_for("all to be served", lambda: sum("client" in t.name for t in threading.enumerate()) == len(silent), 10)
    assert asker.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")[:12] in (b"HTTP/1.1 503", b"")
    for client in silent:
        client.close()
    wait_for("room again", lambda: asker.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")[:12] == b"HTTP/1.1 200", 10)


def test_an_error_of_the_program_costs_one_answer(place):
    def fail(_request):
        raise ZeroDivisionError

    log.configure(style="json")

    running = Server(place, fail)
    running.start()
    assert running.listening.wait(10)
    for _ in range(2):
        answer = Asker(place).ask("/")
        assert answer.status == 500
        assert "ZeroDivision" not in answer.text
    running.stop()


def test_the_socket_is_for_owner_and_group_and_goes_with_the_server(asker, place):
    assert stat.S_IMODE(place.stat().st_mode) == 0o660
    other = Server(place, lambda _request: Reply(b"other"))
    other.start()
    other.stop()
    assert asker.ask("/").text == "well", "a socket that is in use was taken away"


def test_the_socket_of_a_daemon_that_was_killed_is_replaced(place):
    left_over = socket.socket(socket.AF_UNIX)
    left_over.bind(str(place))
    left_over.close()
    listening_socket(place).close()


def test_a_file_at_the_sockets_place_is_left_alone(place):
    place.write_text("mine")
    with pytest.raises(NeedsPerson, match="is no socket: correct"):
        listening_socket(place)
    assert place.read_text() == "mine"


def test_a_port_that_is_taken_is_named_and_taken_once_it_is_free(monkeypatch, capsys):
    monkeypatch.setattr(server, "_BIND_AGAIN_SECONDS", 0.05)
    port = Port("127.0.0.1", free_port())
    with listening_socket(port), pytest.raises(NeedsPerson, match=f"ss -ltnp 'sport = :{port.number}'"):
        listening_socket(port)
    holder = listening_socket(port)
    running = Server(port, lambda _request: Reply(b"well"))
    running.start()
    assert not running.listening.wait(0.3)
    holder.close()
    assert running.listening.wait(20)
    running.stop()
    assert capsys.readouterr().out.count("cannot listen") == 1


def test_a_name_that_means_another_machine_is_refused(monkeypatch):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 9469))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answer)
    with pytest.raises(NeedsPerson, match="which other machines can reach"):
        listening_socket(Port("localhost", 9469))
