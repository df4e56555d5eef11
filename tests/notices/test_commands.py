"""`spacecast notify` shows what went out and what a mail is, and never a token unless asked."""

import json
from email import message_from_bytes
from email.policy import default

import pytest
from click.testing import CliRunner

from spacecast.cli.main import main
from spacecast.ledger import State
from support import mail_server
from support.config_files import small_config, write_config
from support.http_server import unused_port
from support.mail_server import settings, text_of
from support.world import made

WANTED = b"NotifyCompletion: true\nUser: {Email: user@example.org}\n"


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A facility with one dataset about which a mail was sent, and one about which none was wanted."""
    with made(tmp_path_factory.mktemp("linked")) as world, mail_server.running() as server:
        world.values["notify"] = {"mail": settings(server, users={"bcc": ["archive@example.org"]})}
        with world.engine():
            world.drop("run1", WANTED)
            world.drop("quiet", b"NotifyCompletion: no\nUser: {Email: nobody at home}\n")
            world.await_state("run1", State.READY)
            world.await_state("quiet", State.READY)
            server.await_mails(1)
        yield world


def test_the_list_says_what_went_out(linked):
    told = json.loads(linked.command("notify", "--json").stdout)
    (notice,) = told["notices"]
    assert (notice["kind"], notice["about"], notice["channel"]) == ("ready", "run1", "mail")
    assert told["undelivered"] == (notice["state"] != "sent")
    assert "run1" in linked.typed("notify").stdout
    assert "notify" in linked.typed("show", "run1").stdout


def test_a_preview_shows_the_mail_without_the_token(linked):
    shown = linked.typed("notify", "--preview", "run1")
    block = linked.block("run1")
    assert shown.exit_code == 0, shown.stderr
    assert "To: user@example.org" in shown.stdout
    assert block["PublicURL"] in shown.stdout
    assert "[secret]" in shown.stdout
    assert block["InviteToken"] not in shown.stdout
    assert "Bcc: archive@example.org" in shown.stderr


def test_a_preview_with_the_token_in_another_language_as_a_file(linked, tmp_path):
    file = tmp_path / "mail.eml"
    words = ("--preview", "run1", "--show-token", "--language", "cs", "--write", str(file))
    assert linked.typed("notify", *words).exit_code == 0
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert "Dobrý den" in text_of(message)
    assert linked.block("run1")["InviteToken"] in text_of(message)


def test_a_preview_says_why_a_mail_is_not_sent(linked):
    shown = linked.typed("notify", "--preview", "quiet")
    assert "it would not be sent: NotifyCompletion is not yes" in shown.stderr
    assert "User.Email is no mail address" in shown.stderr
    assert "nobody at home" not in shown.stderr


def test_what_cannot_be_shown_is_told(linked):
    unknown = linked.typed("notify", "--preview", "run9")
    assert unknown.exit_code == 1
    assert "no dataset 'run9' is known" in unknown.stderr
    assert linked.typed("notify", "--preview").exit_code == 2
    assert "0 to be sent again" in linked.typed("notify", "--again", "run1").stdout


def test_a_test_mail_goes_to_the_operators_at_once_and_says_who_does_not_get_it(tmp_path):
    with mail_server.running() as server:
        values = {**small_config(tmp_path), "notify": {"mail": settings(server)}}
        nobody = typed(tmp_path, values)
        assert (nobody.exit_code, server.mails) == (1, [])
        assert "notify.mail.operators.to" in nobody.output
        values["notify"]["mail"]["operators"] = {"to": ["Op <op@example.org>", "left@example.org"], "language": "cs"}
        server.answers = {"left@example.org": "550 no such user"}
        tried = typed(tmp_path, values)
    (mail,) = server.mails
    assert tried.exit_code == 1
    assert "has taken a mail for op@example.org" in tried.output
    assert "takes none for left@example.org: no such user" in tried.output
    assert "Zkouška" in mail["Subject"]
    assert server.recipients == [["op@example.org"]]
    assert not (tmp_path / "state").exists()


def test_a_test_mail_that_cannot_be_sent_says_why(tmp_path):
    values = {**small_config(tmp_path), "notify": {"mail": {**settings(mail_server.MailServer(port=unused_port()))}}}
    values["notify"]["mail"]["operators"] = {"to": ["op@example.org"]}
    tried = typed(tmp_path, values)
    assert tried.exit_code == 1
    assert "does not answer" in tried.output


def typed(folder, values):
    return CliRunner().invoke(main, ["notify", "--test", "--config", str(write_config(folder, values))])


def test_check_says_whether_the_mail_server_takes_our_mail(linked):
    findings = json.loads(linked.typed("check", "--json").stdout)["findings"]
    told = {finding["subject"]: finding for finding in findings if finding["area"] == "notify"}
    assert [one["outcome"] for subject, one in told.items() if subject.startswith("127.0.0.1:")] == ["ok"]
    assert told["operators"]["outcome"] == "warning"
