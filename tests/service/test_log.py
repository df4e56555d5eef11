"""No line of the log holds a secret or a control character, however deep it lies."""

import io
import json

import pytest
import structlog

from spacecast.service import log

SECRET = "MDAxVeryMuchASecretValue0123456789"


@pytest.fixture
def said():
    """Give a function that logs an event with the given values and returns the line as it was written, parsed."""
    stream = io.StringIO()
    log.configure(style="json", secrets=lambda: ["hunter-two"], stream=stream)

    def say(**values):
        structlog.get_logger().info("event", **values)
        return json.loads(stream.getvalue().splitlines()[-1])

    yield say
    structlog.reset_defaults()


def test_lists_and_mappings_stay_lists_and_mappings(said):
    line = said(watching=["/data/a", "/data/b"], sizes={"a": 1, "b": None}, pair=(True, 0.5))
    assert (line["watching"], line["sizes"], line["pair"]) == (["/data/a", "/data/b"], {"a": 1, "b": None}, [True, 0.5])


@pytest.mark.parametrize("secret", ["hunter-two", SECRET])
def test_a_secret_is_hidden_at_every_depth(said, secret):
    line = said(plain=f"token {secret}", deep=[{"headers": {secret: [f"Bearer {secret}"]}}], some={secret})
    assert secret not in json.dumps(line)
    assert line["deep"] == [{"headers": {"[secret]": ["Bearer [secret]"]}}]


def test_control_characters_are_written_out_at_every_depth(said):
    line = said(names=["bad\x1b[31m"], folder={"name": "\u202eevil"})
    assert (line["names"], line["folder"]) == (["bad\\x1b[31m"], {"name": "\\u202eevil"})


@pytest.mark.parametrize(
    "character",
    ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u2066", "\u3164", "\U000e0041", "\ue000"],
)
def test_what_a_terminal_does_not_show_is_written_out(said, character):
    assert character not in said(name=f"run{character}1")["name"]


@pytest.mark.parametrize("text", ["日本 ž é", "a\tb\nc", "½ € 🔬 \u00a0 \u3000"])
def test_what_a_terminal_shows_stays(said, text):
    assert said(name=text)["name"] == text


def test_a_line_end_in_a_value_makes_no_line_of_its_own_on_a_console():
    stream = io.StringIO()
    log.configure(style="console", stream=stream)
    try:
        structlog.get_logger().info("dataset found", dataset="run1\n2026-01-01 [error] forged", path="a\x1b[2Jb")
    finally:
        structlog.reset_defaults()
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_an_object_is_told_by_its_text(said):
    class Thing:
        def __str__(self):
            return f"a thing with {SECRET}"

    assert said(thing=[Thing()])["thing"] == ["a thing with [secret]"]
