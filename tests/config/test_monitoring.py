from pathlib import Path

import pytest

from spacecast.config import Monitoring, Port
from spacecast.config.monitoring_section import listen_address


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:9469", Port("127.0.0.1", 9469)),
        ("localhost:80", Port("localhost", 80)),
        ("[::1]:9469", Port("::1", 9469)),
        ("/run/spacecast/monitoring.sock", Path("/run/spacecast/monitoring.sock")),
        (None, None),
    ],
)
def test_a_port_of_this_machine_or_a_socket_can_be_listened_at(written, meant):
    assert Monitoring(listen=written).place == meant


@pytest.mark.parametrize(
    "written", ["0.0.0.0:9469", "[::]:9469", "192.0.2.1:80", "example.org:80", "127.0.0.1.evil.org:80"]
)
def test_what_other_machines_can_reach_is_refused_with_the_way_out(written):
    with pytest.raises(ValueError, match="would be open to other machines"):
        listen_address(written)


@pytest.mark.parametrize(
    "written", ["9469", ":9469", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "run/socket", "::1:80"]
)
def test_what_is_no_address_is_refused_with_an_example(written):
    with pytest.raises(ValueError, match=r'such as "127\.0\.0\.1:9469", or the absolute path'):
        listen_address(written)


@pytest.mark.parametrize(
    ("written", "why"), [("/run/" + "a" * 120, "too long"), ("/run/../etc/x", "plain"), ("/run/", "plain")]
)
def test_a_path_that_cannot_be_a_socket_is_refused(written, why):
    with pytest.raises(ValueError, match=why):
        listen_address(written)
