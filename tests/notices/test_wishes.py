"""The metadata file may say to whom a mail goes, within the bounds of the config."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.config import UserMail, parse_mailbox
from spacecast.notices import addressees, is_wanted


@pytest.mark.parametrize("value", [True, "yes", "Yes", "true", "on", "1", 1])
def test_yes_is_understood_as_people_write_it(value):
    assert is_wanted({"NotifyCompletion": value}, UserMail())


@pytest.mark.parametrize("value", [False, None, "no", "false", "", 0, 2, [True], {"a": True}, "maybe"])
def test_everything_else_is_no(value):
    assert not is_wanted({"NotifyCompletion": value}, UserMail())
    assert not is_wanted({}, UserMail())


def test_the_wish_may_stand_anywhere_or_be_taken_for_granted():
    assert is_wanted({"Mail": {"Wanted": "yes"}}, UserMail(only_if="Mail.Wanted"))
    assert is_wanted({}, UserMail(only_if=None))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@example.org", ("a@example.org",)),
        (" a@example.org, b@example.org; A@example.org ", ("a@example.org", "b@example.org")),
        (["a@example.org", "b@example.org, c@example.org"], ("a@example.org", "b@example.org", "c@example.org")),
        ("Director <a@example.org>", ("a@example.org",)),
        ("a@příklad.cz", ("a@xn--pklad-zsa96e.cz",)),
        (None, ()),
        (42, ()),
        ({"Email": "a@example.org"}, ()),
        ([["a@example.org"]], ()),
    ],
)
def test_addresses_are_found_as_people_write_them(value, expected):
    assert addressees({"User": {"Email": value}}, UserMail()).to == expected


@pytest.mark.parametrize(
    "value",
    [
        "a@example.org\nBcc: b@example.org",
        "a@example.org\r\n\r\nhello",
        "a b@example.org",
        '"a\\"b"@example.org',
        "a@example..org",
        "@example.org",
        "a@",
        "a@[127.0.0.1]",
        "<a@example.org> b@example.org",
        "a@@example.org",
        "x" * 65 + "@example.org",
        "a@" + "x." * 130 + "org",
        "a%b@example.org",
        "|reboot@example.org",
    ],
)
def test_what_is_no_plain_address_is_refused_and_told(value):
    found = addressees({"User": {"Email": value}}, UserMail())
    assert found.everybody == ()
    assert found.problems == ("User.Email is no mail address",)


def test_the_file_can_name_so_many_and_only_in_the_domains_that_the_config_allows():
    settings = UserMail(
        to=("metadata:All", "desk@other.org"), most_recipients=2, allowed_domains=("example.org",), cc=("metadata:All",)
    )
    listed = ["a@EXAMPLE.org", "b@evil.org", "c@sub.example.org", "d@notexample.org", "e@example.org"]
    found = addressees({"All": listed}, settings)
    assert found.to == ("a@EXAMPLE.org", "c@sub.example.org", "desk@other.org")
    assert found.cc == ()
    assert {problem.partition(" ")[2] for problem in found.problems} == {
        "is not in notify.mail.users.allowed_domains",
        "has more than notify.mail.users.most_recipients addresses",
    }


def test_a_million_addresses_end_soon():
    found = addressees({"User": {"Email": ",".join(["a@evil"] * 1_000_000)}}, UserMail(allowed_domains=("x.org",)))
    assert found.everybody == ()
    assert len(found.problems) == 1


def test_a_text_made_to_take_long_is_refused_at_once():
    found = addressees({"User": {"Email": "a" + " " * 1_000_000 + "<b@example.org"}}, UserMail())
    assert found.everybody == ()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(email=_VALUES, wish=_VALUES, user=_VALUES)
def test_whatever_stands_in_the_file_is_read_or_refused(email, wish, user):
    settings = UserMail()
    for document in ({"User": {"Email": email}, "NotifyCompletion": wish}, {"User": user}):
        is_wanted(document, settings)
        assert all(parse_mailbox(address) for address in addressees(document, settings).everybody)


def test_names_of_the_config_are_kept_and_quoted_ones_understood():
    assert parse_mailbox('"Doe, Jane" <jane@example.org>').name == "Doe, Jane"
    assert parse_mailbox("Jane Doe <jane@example.org>").address == "jane@example.org"
    assert addressees({}, UserMail(to=("Desk <desk@example.org>",))).to == ("Desk <desk@example.org>",)
