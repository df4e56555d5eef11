"""A secret is found and taken out in every form in which a service may echo it."""

import base64

import pytest

from spacecast.secrecy import holds_secret, secret_forms, without_secrets, without_tokens

SECRET = "s3cr3t?value>with/odd+characters~~~"
TOKEN = "MDAxY2xvY2F00aW9uIG9uZXpvbmUKMDAzMGlkZW500aWZpZXIgMi9ub-19fQ"


def echoes(secret):
    """The secret as it is, and in base64 of both alphabets with zero to two characters before it."""
    yield secret
    for before in ("", "x", "xy", "Authorization: Bearer "):
        for after in ("", "\r\n", "xy"):
            text = f"{before}{secret}{after}".encode()
            yield base64.b64encode(text).decode()
            yield base64.urlsafe_b64encode(text).decode()


@pytest.mark.parametrize("echo", list(echoes(SECRET)))
def test_what_a_service_echoes_of_a_secret_is_taken_out(echo):
    told = without_secrets(f"500: your headers were {{{echo}}}, goodbye", [SECRET])
    assert not holds_secret(told, secret_forms(SECRET))
    assert "[secret]" in told
    assert told.startswith("500: your headers were {")
    assert told.endswith("}, goodbye")


def test_a_secret_that_was_cut_off_in_its_middle_is_taken_out_too():
    assert without_secrets(f"he said {SECRET[:20]}… and more", [SECRET]) == "he said [secret]… and more"


def test_a_token_that_begins_like_another_leaves_no_rest():
    other = TOKEN[:30] + "AnotherEndOfAnotherToken"
    assert without_secrets(f"{TOKEN} {other}", [TOKEN]) == "[secret] [secret]"


@pytest.mark.parametrize("form", [TOKEN, base64.b64encode(TOKEN.encode()).decode()])
def test_a_token_that_nobody_knows_is_recognised_by_its_beginning(form):
    assert without_secrets(f"see {form}.") == "see [secret]."


def test_a_short_secret_is_not_looked_for_in_ordinary_words():
    assert without_secrets("a test of tests", ["test"]) == "a test of tests"


def test_a_secret_that_is_broken_over_lines_is_found():
    assert holds_secret(f"{SECRET[:9]}\n  {SECRET[9:]}", secret_forms(SECRET))


def test_the_bytes_of_a_file_keep_all_but_the_token():
    assert without_tokens(b"\xff a: 1\n  InviteToken: " + TOKEN.encode() + b"\nb: 2\n") == (
        b"\xff a: 1\n  InviteToken: [secret]\nb: 2\n"
    )
