"""No file with an invite token gets into the catalog, under whatever name people keep copies of it."""

import errno
import io
import threading
from pathlib import PurePosixPath

import numpy as np
import pytest

from spacecast.catalog import build_plan
from spacecast.faults import NeedsPerson, Passing
from support.inventories import File

TOKEN = "MDAxY2xvY2F00aW9uIG9uZXpvbmUKMDAzMGlkZW500aWZpZXIgMi9ub-19fQ"
WITHHELD = "it may carry the invite token, so it is not given out here"


def planned(contents, open_file=None, token_names=("SPA.yml",), left_out=frozenset({"SPA.yml"})):
    files = [File(name, len(data)) for name, data in contents.items()]
    return build_plan(
        files,
        open_file or (lambda path: io.BytesIO(contents[path])),
        folder=PurePosixPath("/data/d1"),
        stop=threading.Event(),
        left_out=left_out,
        token_names=token_names,
    )


def registered(plan):
    return [file.path for file in plan.files]


def reasons(plan):
    return {remark.path: remark.reason for remark in plan.unread}


@pytest.mark.parametrize(
    "name",
    [
        "SPA.yml.bak",
        "SPA.yml.orig",
        "SPA.yml.~1~",
        "SPA.yml_old",
        "spa.yml",
        "SPA.YML.save",
        "sub/SPA.yml",
        "sub/deep/SPA.yml.2026",
        "SPA.spacecast.yml",
        "SPA.spacecast.yaml",
        "sub/EELS.spacecast.yml.bak",
        "X.SPACECAST.YML",
    ],
)
def test_a_file_named_like_one_with_a_token_is_told_of_and_not_registered(name):
    plan = planned({name: b"a: 1\n", "notes.txt": b"x"})
    assert registered(plan) == ["notes.txt"]
    assert reasons(plan)[name] == WITHHELD


@pytest.mark.parametrize("name", ["my SPA.yml.txt", "xSPA.yml", "SPA.yaml", "spacecast.yml", "spacecast.txt"])
def test_other_names_are_left_to_their_content(name):
    assert registered(planned({name: b"a: 1\n"})) == [name]


def test_wildcards_count_and_other_signs_of_patterns_are_theirs():
    plan = planned({"x/S1.yml": b"", "S12.yml.old": b"", "T1.yml": b""}, token_names=("S?.yml", "T[[]1].yml", ""))
    assert registered(plan) == ["S12.yml.old", "T1.yml"]


def test_the_metadata_file_itself_needs_no_remark():
    plan = planned({"SPA.yml": TOKEN.encode()})
    assert registered(plan) == []
    assert reasons(plan) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["SPA (copy).yml", "4913", "mail.txt", "sub/a.csv"])
def test_a_small_file_with_a_token_in_it_is_told_of_and_not_registered(name, encoding):
    plan = planned({name: f"Onedata:\n  InviteToken: {TOKEN}\n".encode(encoding), "notes.txt": b"x"})
    assert registered(plan) == ["notes.txt"]
    assert len(plan.entries) == 0
    assert reasons(plan)[name] == WITHHELD


def test_an_array_with_a_token_in_it_is_no_entry_either():
    buffer = io.BytesIO()
    np.save(buffer, np.frombuffer(TOKEN.encode(), "u1"))
    plan = planned({"a.npy": buffer.getvalue()})
    assert registered(plan) == []
    assert len(plan.entries) == 0


def test_the_last_byte_searched_counts_and_nothing_is_read_beyond():
    class Counted(io.BytesIO):
        most = 0

        def read(self, size=-1):
            assert size >= 0
            Counted.most = max(Counted.most, size)
            return super().read(size)

    limit = 256 << 10
    last = b" " * (limit - len(TOKEN)) + TOKEN.encode()
    assert registered(planned({"a.txt": last}, lambda _: Counted(last))) == []
    assert Counted.most == limit
    assert registered(planned({"a.txt": last + b" "})) == ["a.txt"]


@pytest.mark.parametrize("text", ["MDAx", "MDAxshort", "MDA!" + "x" * 30, "MDBx" + "x" * 30, "about MDA and MDAs"])
def test_text_that_is_no_token_does_no_harm(text):
    assert registered(planned({"a.txt": text.encode()})) == ["a.txt"]


def refusing(fault):
    def open_file(_):
        raise fault

    return open_file


def test_a_small_file_that_stays_closed_to_us_is_not_given_out():
    plan = planned({"a.txt": b"abc"}, refusing(NeedsPerson("permission denied.")))
    assert registered(plan) == []
    assert "permission denied. Until it is known" in reasons(plan)["a.txt"]


def test_a_small_file_that_cannot_be_read_now_is_not_given_out_before_it_was_searched():
    plan = planned({"a.txt": b"abc"}, refusing(Passing("replaced meanwhile")))
    assert registered(plan) == []
    assert [remark.path for remark in plan.waiting] == [file.path for file in plan.undecided] == ["a.txt"]


def test_neither_is_one_that_the_disk_does_not_give_to_its_end():
    class Broken(io.BytesIO):
        def read(self, _size=-1):
            raise OSError(errno.EIO, "Input/output error")

    plan = planned({"a.txt": b"abc"}, lambda _: Broken())
    assert registered(plan) == []
    assert "Input/output error" in next(iter(plan.waiting)).reason


def test_a_large_file_is_given_out_whether_it_can_be_read_or_not():
    contents = {"a.bin": bytes(300_000)}
    assert registered(planned(contents, refusing(NeedsPerson("no")))) == ["a.bin"]
    assert registered(planned(contents, refusing(Passing("replaced meanwhile")))) == ["a.bin"]


def test_a_file_that_has_grown_since_it_was_found_is_searched_to_its_end():
    now = {"note.txt": f"what was there\n{TOKEN}\n".encode(), "data.txt": b"x" * 9000}
    found = [File(name, 5) for name in now]
    open_file = lambda path: io.BytesIO(now[path])  # noqa: E731 - one expression
    plan = build_plan(found, open_file, folder=PurePosixPath("/data/d1"), stop=threading.Event())
    assert registered(plan) == ["data.txt"]
    assert reasons(plan)["note.txt"] == WITHHELD
