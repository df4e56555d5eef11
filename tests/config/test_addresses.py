import pytest

from spacecast.config.addresses import is_loopback, service_url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://zone.example.org/", "https://zone.example.org"),
        ("https://zone.example.org:8443", "https://zone.example.org:8443"),
        ("https://host.example.org/tiled/", "https://host.example.org/tiled"),
        ("HTTPS://host", "https://host"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.3.2.1", "http://127.3.2.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://tiled.localhost", "http://tiled.localhost"),
    ],
)
def test_an_address_is_taken_without_its_final_slash(written, meant):
    assert service_url(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "http://zone.example.org",
        "http://10.0.0.1",
        "http://localhost.evil.org",
        "http://127.0.0.1.evil.org",
        "http://[::2]",
    ],
)
def test_clear_text_to_another_machine_is_refused(written):
    with pytest.raises(ValueError, match="in clear text: use https://"):
        service_url(written)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("zone.example.org", "must be an address"),
        ("ftp://zone.example.org", "must be an address"),
        ("https://", "must be an address"),
        ("https://host:99999", "host or port"),
        ("https://host:0", "must be an address"),
        ("https://[::1", "host or port"),
        ("https://user:hunter2@host", "user name or password"),
        ("https://host?x=hunter2", "query"),
        ("https://host/#x", "fragment"),
        ("https://host/api/v3/onezone", "leave out /api"),
        ("https://ho st", "space"),
        (17, "must be an address"),
    ],
)
def test_what_is_no_plain_address_is_refused_without_repeating_it(written, why):
    with pytest.raises(ValueError, match=why) as caught:
        service_url(written)
    assert "hunter2" not in str(caught.value)


def test_a_name_is_loopback_only_by_definition():
    assert is_loopback("localhost")
    assert not is_loopback("localhost.example.org")
