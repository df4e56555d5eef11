"""The outbox is emptied once for each notice: what fails is tried again, what is unclear is told and left alone."""

import threading

import pytest

from spacecast.faults import Passing
from spacecast.ledger import DeliveryState, NewNotice, State
from spacecast.notices import Invite, Post
from support.mail_server import settings, text_of
from support.office import TOKEN, Office

_DAY_SECONDS = 86_400.0


@pytest.fixture
def office(config_with, ledger, mail):
    return Office(config_with(mail=settings(mail)), ledger)


def test_a_notice_is_delivered_once_and_its_history_says_so(office, mail):
    office.put()
    assert office.round().state is DeliveryState.SENT
    office.round(3600)
    assert len(mail.mails) == 1
    assert office.history() == [("notify", "mail", "done")]
    assert office.ledger.undelivered() == 0


def test_the_same_notice_is_not_written_down_twice(office):
    office.put()
    assert not office.ledger.announce(NewNotice("ready:m-1", "ready", {}, {"mail": ("c@example.org",)}))
    assert len(office.ledger.deliveries()) == 1


def test_a_mail_whose_reply_is_lost_is_not_sent_again_but_by_command(office, mail):
    mail.lose_replies = 1
    office.put()
    unclear = office.round()
    assert unclear.state is DeliveryState.UNCLEAR
    assert "did not say whether it has it" in unclear.note
    office.round(_DAY_SECONDS)
    assert len(mail.mails) == 1
    assert office.ledger.repeat_deliveries(office.dataset.id) == 1
    assert office.round(_DAY_SECONDS).state is DeliveryState.SENT
    assert [sent["Message-ID"] for sent in mail.mails] == [mail.mails[0]["Message-ID"]] * 2


def test_a_mail_that_was_being_handed_over_when_the_daemon_ended_is_unclear(office, mail):
    office.put()
    assert office.ledger.begin_delivery(office.ledger.deliveries()[0])
    assert office.round().state is DeliveryState.UNCLEAR
    assert mail.tried == 0


def test_of_two_that_begin_one_delivery_one_may_go_on(office):
    office.put()
    (delivery,) = office.ledger.deliveries()
    assert [office.ledger.begin_delivery(delivery) for _ in range(2)] == [True, False]


def test_a_recipient_who_is_refused_does_not_keep_the_mail_from_the_others(office, mail):
    mail.answers["b@example.org"] = "550 no such mailbox"
    office.put()
    sent = office.round()
    assert sent.state is DeliveryState.SENT
    assert sent.note == "sent to 1; refused: b@example.org: no such mailbox"
    assert mail.recipients == [["a@example.org"]]


def test_a_recipient_who_is_put_off_gets_the_mail_later_and_the_others_do_not_get_it_twice(office, mail):
    mail.answers["b@example.org"] = "451 who are you? come back in some minutes"
    office.put()
    assert office.round().recipients == ("b@example.org",)
    mail.answers.clear()
    office.round(1.0)
    assert len(mail.mails) == 1
    assert office.round(3600).state is DeliveryState.SENT
    assert mail.recipients == [["a@example.org"], ["b@example.org"]]


def test_a_mail_that_all_recipients_refuse_is_given_up(office, mail):
    mail.answers |= {"a@example.org": "550 unknown", "b@example.org": "550 unknown"}
    office.put()
    assert office.round().state is DeliveryState.GIVEN_UP
    assert office.history() == [("notify", "mail", "given up")]


def test_a_mail_that_is_put_off_for_days_is_given_up_and_told_twice(office, mail):
    mail.verdict = "452 disk full"
    office.put()
    for _ in range(8):
        last = office.round(_DAY_SECONDS)
    assert last.state is DeliveryState.GIVEN_UP
    assert "disk full" in last.note
    assert [outcome for _, _, outcome in office.history()] == ["retrying", "given up"]


def test_a_token_that_cannot_be_had_now_puts_the_mail_off_and_nobody_gets_half_of_it(office, mail):
    office.put()
    office.invite = Passing("Onezone does not answer.")
    assert office.round().state is DeliveryState.PENDING
    office.invite = Invite(TOKEN, 1_900_000_000.0)
    assert office.round(3600).state is DeliveryState.SENT
    assert TOKEN in text_of(mail.mails[0])
    assert "2030-03-17" in text_of(mail.mails[0])


def test_nobody_hears_of_a_link_that_was_withdrawn_meanwhile(office, mail):
    office.put()
    office.ledger.move(office.dataset.id, State.WITHDRAWN)
    assert office.round().state is DeliveryState.CANCELLED
    assert mail.mails == []


def test_a_withdrawal_cancels_what_waits_for_the_mail_server_even_if_it_is_published_again(office, mail):
    mail.verdict = "452 disk full"
    office.put()
    assert office.round().state is DeliveryState.PENDING
    office.ledger.begin_withdrawal(office.dataset.id, "withdrawn")
    assert office.ledger.undelivered() == 0
    office.ledger.end_withdrawal(office.dataset.id)
    office.ledger.begin_anew(office.dataset.id, ["folder", "link"])
    mail.verdict = ""
    cancelled = office.round(_DAY_SECONDS)
    assert (cancelled.state, cancelled.note) == (
        DeliveryState.CANCELLED,
        "the dataset was withdrawn before it was told",
    )
    assert office.ledger.repeat_deliveries(office.dataset.id) == 0
    assert mail.mails == []


def test_an_attempt_that_ends_after_the_withdrawal_does_not_bring_the_mail_back(office):
    office.put()
    (due,) = office.ledger.due_deliveries("mail")
    office.ledger.begin_withdrawal(office.dataset.id, "withdrawn")
    office.ledger.end_delivery(due)
    assert [one.state for one in office.ledger.deliveries()] == [DeliveryState.CANCELLED]


def test_only_the_last_notice_about_a_dataset_is_sent_again(office, mail):
    mail.answers = {"a@example.org": "550 no such user", "b@example.org": "550 no such user"}
    office.put(key="ready:m-1")
    office.round()
    office.put(key="ready:m-2")
    office.round()
    assert office.ledger.repeat_deliveries(office.dataset.id) == 1


def test_a_token_that_is_gone_is_left_out(office, mail):
    office.put()
    office.invite = None
    office.round()
    assert TOKEN not in text_of(mail.mails[0])
    assert "It stands in SPA.yml" in text_of(mail.mails[0])


def test_the_token_can_be_left_out_by_config(config_with, ledger, mail):
    office = Office(config_with(mail=settings(mail, users={"include_invite_token": False})), ledger)
    office.put()
    office.invite = AssertionError("nobody may ask for it")
    office.round()
    assert "It stands in SPA.yml" in text_of(mail.mails[0])


def test_a_channel_that_the_config_has_no_more_is_given_up_and_does_not_come_back(office, config_with, mail):
    office.put()
    silent = Post(config_with(), office.ledger, invite_of=lambda _: None, stop=threading.Event())
    silent.begin()
    assert office.round().state is DeliveryState.GIVEN_UP
    assert mail.mails == []


def test_a_wrong_template_is_told_and_tried_again_when_it_was_mended(config_with, ledger, mail, tmp_path):
    own = tmp_path / "templates"
    own.mkdir()
    (own / "ready.en.txt").write_text("Subject: {{ nmae }}\n")
    office = Office(config_with(mail=settings(mail, templates=str(own))), ledger)
    office.put()
    assert "ready.en.txt in " in office.round().note
    (own / "ready.en.txt").write_text("Subject: own {{ name }}\n\nOur words about {{ public_url }}\n")
    office.round(700)
    assert mail.mails[0]["Subject"] == "own run1"
    assert "Our words about https://zone" in text_of(mail.mails[0])
