"""A host that goes down in the middle of a request has heard all of it, or nothing."""

import contextlib
import socket
import ssl

from spacecast.sandbox.onedata.certificates import make_certificates
from spacecast.sandbox.onedata.messages import Reply
from spacecast.sandbox.onedata.server import Connection, Listener

BODY = b'{"name": "a token"}'
HEAD = b"POST /tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(BODY)


def send(port, ca_file, *parts):
    """Send parts of a request, and wait until the host has ended the connection."""
    trusting = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection(("localhost", port)) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        for part in parts:
            client.sendall(part)
        with contextlib.suppress(OSError):
            client.recv(1)


def test_an_encrypted_body_is_not_read_as_if_it_was_plain(tmp_path, monkeypatch):
    ca_file, tls = make_certificates(tmp_path)
    heard, parse = [], Connection._parse_head
    listener = Listener(lambda request, _: heard.append(request.body) or Reply(204), tls=tls)

    def go_down_before_the_body_is_read(connection):
        is_whole = parse(connection)
        # It is there, and nobody has decrypted it.
        socket.socket.recv(connection.connection, 1, socket.MSG_PEEK)
        listener._break_connections()
        return is_whole

    monkeypatch.setattr(Connection, "_parse_head", go_down_before_the_body_is_read)
    listener.up()
    try:
        send(listener.port, ca_file, HEAD, BODY)
    finally:
        listener.close()
    assert heard in ([], [BODY])
