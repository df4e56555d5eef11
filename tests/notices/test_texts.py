"""What a mail looks like: in two languages, and whatever hostile things the facts hold."""

from email import message_from_bytes
from email.policy import default

import pytest

from spacecast.faults import NeedsPerson
from spacecast.notices import compose
from support.mail_server import text_of
from support.notices import FACTS

TOKEN = "MDAxbG9jYXRpb24gSSBhbSBhIHRva2VuIG9mIE9uZWRhdGE"
HOSTILE = "run\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>{{ 7*7 }}\u202egnp"


@pytest.fixture
def written(config_with):
    """Compose a mail and read it back from its bytes."""

    def write(kind, changes=None, **settings):
        mail = {"server": "smtp.example.org", "sender": "Test <spacecast@example.org>", **settings}
        config = config_with(mail=mail)
        message = compose(
            config,
            config.notify.mail,
            kind=kind,
            key="a-key",
            facts={**FACTS[kind], **(changes or {})},
            noticed_at=1_900_000_000.0,
            invite_token=TOKEN if kind == "ready" else None,
        )
        return message_from_bytes(message.as_bytes(), policy=default)

    return write


@pytest.mark.parametrize("language", ["en", "cs"])
@pytest.mark.parametrize("kind", list(FACTS))
def test_every_kind_has_text_and_html_in_every_language(written, kind, language):
    message = written(kind, language=language)
    words = {"outage": ["Onezone"], "available": ["Onezone"], "test": ["spacecast notify --test"]}.get(kind, ["run1"])
    for part in ("plain", "html"):
        assert all(word in text_of(message, part) for word in words)
        assert "{{" not in text_of(message, part)
    assert message["Subject"].strip()
    assert "\n" not in message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_languages_differ_and_one_that_is_not_there_is_told_in_english(written):
    english, czech, other = (text_of(written("ready", language=code)) for code in ("en", "cs", "de"))
    assert "Dobrý den" in czech
    assert english == other != czech


def test_operators_may_have_a_language_of_their_own(written):
    message = written("outage", language="cs", operators={"to": ["op@example.org"], "language": "en"})
    assert "is down" in message["Subject"]


@pytest.mark.parametrize("kind", ["ready", "blocked", "unblocked"])
def test_a_name_cannot_break_out_of_head_text_or_html(written, kind):
    facts = FACTS[kind]
    changes = {"name": HOSTILE} if kind == "ready" else {"datasets": [{**facts["datasets"][0], "name": HOSTILE}]}
    message = written(kind, changes)
    assert message["Bcc"] is None
    assert "victim" not in str(message["To"])
    html, plain = text_of(message, "html"), text_of(message)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7*7 }}" in plain
    assert "\u202e" not in html + plain


def test_a_mail_that_goes_to_hidden_recipients_alone_has_a_whole_head(written):
    assert written("ready", {"to": [], "cc": []})["To"] == "undisclosed-recipients:;"


def test_a_link_that_would_run_something_is_no_link(written):
    html = text_of(written("ready", {"public_url": "javascript:alert(1)"}), "html")
    assert 'href="javascript' not in html


def test_a_link_too_long_for_a_picture_is_sent_without(written):
    message = written("ready", {"public_url": "https://zone.example.org/" + "x" * 5000})
    assert [part for part in message.walk() if part.get_content_type() == "image/png"] == []


def test_the_same_notice_has_the_same_id_whenever_it_is_composed(written):
    assert written("ready")["Message-ID"] == written("ready", language="cs")["Message-ID"]


def test_own_templates_cannot_reach_out_of_the_texts(written, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "ready.en.txt").write_text("Subject: x\n\n{{ ''.__class__.__mro__ }}\n")
    with pytest.raises(NeedsPerson, match=r"ready\.en\.txt in .*own"):
        written("ready", templates=str(own))
    (own / "ready.en.txt").write_text("no subject here\n")
    with pytest.raises(NeedsPerson, match="Subject"):
        written("ready", templates=str(own))
