"""The section `notify` is refused, with a remedy, where mails would go astray or travel openly."""

import pytest

from spacecast.config import ConfigError, load
from support.config_files import secret_file, small_config, write_config

MAIL = {"server": "smtp.example.org", "sender": "Facility <spacecast@example.org>"}


@pytest.fixture
def loaded(tmp_path):
    def load_with(**mail):
        return load(write_config(tmp_path, {**small_config(tmp_path), "notify": {"mail": {**MAIL, **mail}}}))

    return load_with


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"security": "none"}, "in clear text: use starttls or ssl"),
        ({"user": "me"}, "needed together"),
        ({"sender": "Facility"}, "must be a mail address"),
        ({"sender": "a@example.org\nBcc: b@example.org"}, "must be a mail address"),
        ({"reply_to": "a@example.org, b@example.org"}, "must be a mail address"),
        ({"users": {"to": ["nobody"]}}, "must be a mail address"),
        ({"users": {"to": ["metadata:"]}}, "keys of the metadata file with dots"),
        ({"users": {"only_if": "a..b"}}, "keys of the metadata file with dots"),
        ({"users": {"allowed_domains": ["@example.org"]}}, "must be a domain"),
        ({"language": "English"}, "a code such as en or cs"),
        ({"templates": "/nowhere/at/all"}, "folder /nowhere/at/all"),
        ({"server": "smtp.example.org/"}, "host's name"),
    ],
)
def test_what_cannot_be_right_is_refused(loaded, change, words):
    with pytest.raises(ConfigError, match=words):
        loaded(**change)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_the_port_is_the_usual_one(loaded, security, port):
    server = "localhost" if security == "none" else "smtp.example.org"
    assert loaded(security=security, server=server).notify.mail.port_number == port


def test_the_password_is_one_of_the_secrets(loaded, tmp_path):
    secret = secret_file(tmp_path, "mail.password", "a-password-0123456789")
    config = loaded(user="me", password={"file": str(secret)})
    assert "a-password-0123456789" in config.given_secrets()
    assert "a-password" not in repr(config)
