"""Whose data it is gets one mail when the link is ready, whatever happens to daemon and mail server."""

import os
import signal
import time

import pytest

from spacecast.ledger import DeliveryState, State
from support import mail_server
from support.earlier_tool import publish, written
from support.mail_server import settings, text_of
from support.world import wait_for

WANTED = b"NotifyCompletion: true\nUser: {Email: user@example.org}\n"

# A kill between the server's taking a mail and its saying so leaves it unclear.
_DECIDED = {DeliveryState.SENT, DeliveryState.UNCLEAR}


def _mailing(world, server, **changes):
    world.values["notify"] = {"mail": settings(server, **changes)}
    return world


def _deliveries(world):
    with world.ledger() as ledger:
        return ledger.deliveries()


def test_the_mail_has_link_token_expiry_and_a_picture_of_the_link_and_is_sent_once(world, mail):
    _mailing(world, mail, users={"cc": ["Desk <desk@example.org>"], "bcc": ["metadata:User.Boss"]})
    with world.engine():
        world.drop("run1", b"NotifyCompletion: yes\nUser: {Email: user@example.org, Boss: boss@example.org}\n")
        (message,) = mail.await_mails(1)
        world.await_state("run1", State.READY)
        block = world.block("run1")
    assert (message["To"], message["Cc"], message["Bcc"]) == ("user@example.org", "Desk <desk@example.org>", None)
    assert sorted(mail.recipients[0]) == ["boss@example.org", "desk@example.org", "user@example.org"]
    assert "run1" in message["Subject"]
    for kind in ("plain", "html"):
        assert block["PublicURL"] in text_of(message, kind)
        assert block["InviteToken"] in text_of(message, kind).replace("\n", "")
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content().startswith(b"\x89PNG")
    assert picture["Content-ID"].strip("<>") in text_of(message, "html")
    expires = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86_400))
    assert expires[:8] in text_of(message)
    # An edit, a restart: the same link, no other mail.
    with world.engine() as engine:
        (world.root / "run1" / "note.txt").touch()
        os.utime(world.root / "run1" / "SPA.yml")
        engine.look_again()
        world.drop("run2", WANTED)
        mail.await_mails(2)
    assert [("run1" in sent["Subject"]) for sent in mail.mails] == [True, False]
    kept = [world.log_file, *(path for path in (world.folder / "state").rglob("*") if path.is_file())]
    assert len(kept) > 1
    assert [path for path in kept if block["InviteToken"].encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "asks", [b"NotifyCompletion: false\n", b"NotifyCompletion: no\n", b"NotifyCompletion: [1]\n", b""]
)
def test_nobody_is_written_to_who_did_not_ask(world, mail, asks):
    _mailing(world, mail)
    with world.engine():
        world.drop("run1", asks + b"User: {Email: user@example.org}\n")
        world.drop("run2", WANTED)
        world.await_state("run1", State.READY)
        world.await_state("run2", State.READY)
        mail.await_mails(1)
    assert [sent["Subject"].endswith("run2") for sent in mail.mails] == [True]


def test_a_mail_server_that_is_down_delays_no_link_and_gets_the_mail_later(world):
    server = mail_server.MailServer()
    with mail_server.running(server):
        pass  # its port is free again, and nobody listens
    _mailing(world, server)
    with world.engine():
        world.drop("run1", WANTED)
        world.await_state("run1", State.READY)
        world.situation_after("channel does not work")
    assert [one.state for one in _deliveries(world)] == [DeliveryState.PENDING]
    with mail_server.running(server), world.engine():
        server.await_mails(1)
        wait_for("the result", lambda: _deliveries(world)[0].state is DeliveryState.SENT, 20)
    assert len(server.mails) == 1


def test_a_password_that_cannot_be_read_holds_up_no_link(world, mail):
    password = world.folder / "mail.password"
    password.write_text("a-password-0123456789")
    password.chmod(0o600)
    _mailing(world, mail, user="spacecast", password={"file": str(password)})
    with world.engine():
        password.chmod(0o644)
        world.drop("run1", WANTED)
        world.await_state("run1", State.READY)
        assert "open to other users" in world.situation_after("channel does not work")
    assert [one.state for one in _deliveries(world)] == [DeliveryState.PENDING]


def test_what_was_ready_before_mail_was_switched_on_or_was_taken_over_gets_no_mail(world, mail):
    with world.engine():
        world.drop("before", WANTED)
        world.await_state("before", State.READY)
    _mailing(world, mail)
    folder = world.root / "taken-over"
    folder.mkdir()
    (folder / "SPA.yml").write_bytes(WANTED + written(publish(world, folder, name="taken-over").block))
    os.utime(world.root / "before" / "SPA.yml")
    with world.engine():
        world.await_state("taken-over", State.READY)
        world.await_state("before", State.READY)
        world.drop("after", WANTED)
        mail.await_mails(1)
    assert [sent["Subject"].endswith("after") for sent in mail.mails] == [True]


def test_a_daemon_that_is_killed_again_and_again_sends_each_mail_once(world, mail):
    _mailing(world, mail)
    names = [f"run{number}" for number in range(3)]
    for round_number, name in enumerate(names):
        world.drop(name, WANTED)
        with world.daemon() as process:
            wait_for("something", lambda number=round_number: len(mail.mails) >= number, 60)
            process.send_signal(signal.SIGKILL)
            process.wait()
    with world.daemon():
        mail.await_mails(len(names))
        wait_for("all decided", lambda: {one.state for one in _deliveries(world)} <= _DECIDED, 60)
    assert sorted(sent["Subject"].rpartition(" ")[2] for sent in mail.mails) == names


def test_one_pass_sends_the_mails_too(world, mail):
    _mailing(world, mail)
    world.drop("run1", WANTED)
    done = world.command("scan")
    assert done.returncode == 0, done.stderr
    assert [sent["To"] for sent in mail.mails] == ["user@example.org"]
