"""Mail goes to the server encrypted as the config says, or not at all."""

import threading

import pytest

from spacecast.ledger import DeliveryState
from spacecast.notices import Post
from support import mail_server
from support.mail_server import settings
from support.office import Office


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_mail_goes_encrypted_and_with_a_login(security, config_with, ledger, tmp_path):
    password = tmp_path / "mail.password"
    password.write_text(mail_server.PASSWORD)
    password.chmod(0o600)
    with mail_server.running(security=security, folder=tmp_path) as server:
        login = {"user": mail_server.USER, "password": {"file": str(password)}, "ca_bundle": str(server.ca_file)}
        office = Office(config_with(mail=settings(server, security=security, **login)), ledger)
        office.put()
        assert office.round().state is DeliveryState.SENT
        # A password that is wrong stops the channel, and not the mail for ever.
        password.write_text("something else")
        office.put(key="ready:m-2")
        office.round()
        assert office.ledger.undelivered() == 1
        password.write_text(mail_server.PASSWORD)
        office.round(700)
    assert len(server.mails) == 2
    assert office.ledger.undelivered() == 0


def test_a_server_without_encryption_or_with_a_strange_certificate_gets_nothing(config_with, ledger, mail, tmp_path):
    office = Office(config_with(mail=settings(mail, security="starttls")), ledger)
    office.put()
    assert office.round().state is DeliveryState.PENDING
    with mail_server.running(security="ssl", folder=tmp_path) as server:
        stranger = Office.__new__(Office)
        config = config_with(mail=settings(server, security="ssl"))
        stranger.post = Post(config, ledger, invite_of=lambda _: None, stop=threading.Event(), clock=lambda: office.now)
        stranger.post.round()
        assert server.tried == 0
    assert office.ledger.undelivered() == 1
    assert mail.tried == 0
