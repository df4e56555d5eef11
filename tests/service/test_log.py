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


def test_an_object_is_told_by_its_text(said):
    class Thing:
        def __str__(self):
            return f"a thing with {SECRET}"

    assert said(thing=[Thing()])["thing"] == ["a thing with [secret]"]
