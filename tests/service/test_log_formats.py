"""One line for each change, with the same keys in the same order, for terminals, programs and the journal."""

import io
import json
import os
import socket

import pytest
import structlog

from spacecast.log_events import KEYS
from spacecast.service import log
from spacecast.service.log.journal import JournalRenderer, entry, is_journal

MOMENT = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _as_before():
    yield
    structlog.reset_defaults()


def say(**more):
    values = {"reason": "no room", "next_try": MOMENT, "seconds": 0.5, "stage": "link", "step": "", "dataset": "run1"}
    structlog.get_logger().warning("stage retrying", zone="x", outcome="retrying", **{**values, **more})


def fields_of(datagram):
    """Read an entry as the journal does."""
    fields = {}
    while datagram:
        name, separator, rest = datagram[: datagram.index(b"\n") + 1].partition(b"=")
        if separator:
            fields[name.decode()] = rest[:-1].decode()
            datagram = datagram[len(name) + len(separator) + len(rest) :]
        else:
            size = int.from_bytes(datagram[len(name) : len(name) + 8], "little")
            start = len(name) + 8
            fields[name.decode().strip()] = datagram[start : start + size].decode()
            datagram = datagram[start + size + 1 :]
    return fields


def test_the_usual_keys_come_first_in_their_order_and_empty_ones_are_left_out():
    stream = io.StringIO()
    log.configure(style="json", stream=stream)
    say()
    line = json.loads(stream.getvalue())
    expected = [key for key in KEYS if key in ("dataset", "stage", "outcome", "seconds", "next_try", "reason")]
    assert list(line)[: len(expected)] == expected
    assert line["next_try"] == "2027-01-15T08:00:00.000Z"
    assert "step" not in line


def test_a_file_gets_lines_for_people_without_colours():
    stream = io.StringIO()
    log.configure(style="console", stream=stream)
    say()
    (line,) = stream.getvalue().splitlines()
    assert "\x1b" not in line
    assert line.index("dataset=run1") < line.index("stage=link") < line.index("outcome=retrying")


def test_a_terminal_gets_colours():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    log.configure(style="auto", stream=stream)
    say()
    assert "\x1b[" in stream.getvalue()


def test_an_entry_of_the_journal_has_a_field_for_each_key(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "socket"))
        line = {"event": "stage blocked", "level": "error", "dataset": "run1", "reason": "two\nlines", "seconds": 0.5}
        assert JournalRenderer(tmp_path / "socket")(None, "error", dict(line)) == ""
        fields = fields_of(journal.recv(65536))
    assert fields == {
        "MESSAGE": "stage blocked dataset=run1 reason=two\\nlines seconds=0.5",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "spacecast",
        "SPACECAST_EVENT": "stage blocked",
        "SPACECAST_DATASET": "run1",
        "SPACECAST_REASON": "two\nlines",
        "SPACECAST_SECONDS": "0.5",
    }


def test_a_line_too_long_for_the_journal_is_cut_and_not_lost():
    assert len(entry({"event": "x", "level": "info", "exception": "y\n" * 100_000})) < 20_000


def test_without_a_journal_the_line_is_written_with_its_level(tmp_path):
    said = JournalRenderer(tmp_path / "nobody")(None, "error", {"event": "stopped", "level": "error"})
    assert said == "<3>stopped"


def test_standard_error_that_goes_to_the_journal_is_recognised(tmp_path):
    with (tmp_path / "stderr").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + 1}"})
        assert not is_journal(stream, {})
    assert not is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:1"})
