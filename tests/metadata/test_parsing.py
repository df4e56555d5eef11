import datetime as dt
import math
import time
from pathlib import Path

import pytest

from spacecast.faults import NeedsPerson, Passing
from spacecast.metadata import NotYet, Unreadable, parse

SAMPLES = Path(__file__).parents[1] / "samples"


def refusal(data):
    with pytest.raises(Unreadable) as raised:
        parse(data, "SPA.yml")
    assert isinstance(raised.value, NeedsPerson)
    message = str(raised.value)
    assert message.startswith("SPA.yml")
    assert message.isprintable()
    return raised.value


@pytest.mark.parametrize(
    "name",
    ["spa.yml", "spa-by-hand-quoted.yml", "eels.yml", "windows.yml", "published-by-fs2od.yml", "broken-flow-root.yml"],
)
def test_the_samples_of_facilities_are_read(name):
    assert "DataId" in parse((SAMPLES / name).read_bytes(), name)


def test_an_unquoted_value_with_a_colon_in_it_is_named_with_its_place_and_the_remedy():
    fault = refusal((SAMPLES / "spa-by-hand.yml").read_bytes())
    assert fault.line == 27
    assert "quotes" in str(fault)


@pytest.mark.parametrize(
    ("name", "code", "line", "word"),
    [
        ("broken-latin1.yml", "not-utf8", 2, "UTF-8"),
        ("broken-list.yml", "root-not-mapping", 0, "list"),
        ("broken-tab.yml", "unparsable", 2, "tabs"),
        ("broken-two-documents.yml", "not-one-document", 2, "2 YAML documents"),
    ],
)
def test_a_broken_sample_is_refused_with_its_place_and_what_to_do(name, code, line, word):
    fault = refusal((SAMPLES / name).read_bytes())
    assert (fault.code, fault.line) == (code, line)
    assert word in str(fault)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# soon\n", b"\xef\xbb\xbf", b"# x\n\n   \n# y"])
def test_a_file_without_content_is_not_a_metadata_file_yet(data):
    with pytest.raises(NotYet, match=r"SPA\.yml is empty or holds comments only") as raised:
        parse(data, "SPA.yml")
    assert isinstance(raised.value, Passing)


def test_values_keep_the_types_that_yaml_gives_them():
    document = parse(
        b"a: 2024-03-12\nb: 2024-03-12T10:20:30+01:00\nc: .nan\nd: !!binary aGk=\ne: ~\n"
        b"7: int\n2024-01-01: date\nyes: bool\n"
    )
    assert document["a"] == dt.date(2024, 3, 12)
    assert document["b"] == dt.datetime(2024, 3, 12, 9, 20, 30, tzinfo=dt.UTC)
    assert math.isnan(document["c"])
    assert (document["d"], document["e"], document[7], document[True]) == (b"hi", None, "int", "bool")
    assert document[dt.date(2024, 1, 1)] == "date"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"a: 2024-13-45\n", "2024-13-45"),
        (b"a: 2024-01-01T25:00:00\n", "2024-01-01T25:00:00"),
        (b"a: =\n", "="),
        (b"a: <<\n", "<<"),
        (b"a: 0b_\n", "0b_"),
        (b"a: !!bool perhaps\n", "perhaps"),
        (b"a: !instrument Krios\n", "Krios"),
        (b"a: !instrument [1, {b: 2}]\n", [1, {"b": 2}]),
        (b"a: !!python/object/apply:os.system [echo]\n", ["echo"]),
    ],
)
def test_what_yaml_cannot_convert_is_the_text_or_plain_data_that_stands_there(data, value):
    assert parse(data) == {"a": value}


def test_a_collection_as_a_key_becomes_text():
    assert parse(b"? [a, 1]\n: x\n? {b: 2}\n: y\n") == {'["a", 1]': "x", '{"b": 2}': "y"}


def test_merges_and_aliases_are_followed():
    assert parse(b"base: &b {x: 1, y: 2}\nmine: {<<: *b, y: 3}\nsame: *b\n") == {
        "base": {"x": 1, "y": 2},
        "mine": {"x": 1, "y": 3},
        "same": {"x": 1, "y": 2},
    }


ALIAS_BOMB = b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)
)
MERGE_BOMB = b"a0: &a0 {k: v}\n" + b"".join(
    b"a%d: &a%d {<<: [%s], x%d: 1}\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10), n) for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(ALIAS_BOMB, "too-many-values", id="aliases of aliases"),
        pytest.param(MERGE_BOMB, "too-many-values", id="merges of merges"),
        pytest.param(b"m:\n" + b"  <<: {}\n" * 100_000, "too-many-values", id="many merges"),
        pytest.param(b"a: [" + b"1," * 300_000 + b"]\n", "too-many-values", id="many values"),
        pytest.param(b"a: " + b"[" * 500_000, "too-deep", id="deep flow"),
        pytest.param(b"a:\n" + b"- " * 200_000, "too-deep", id="deep lists"),
        pytest.param(b"a: &a [*a]\n", "unparsable", id="loop"),
        pytest.param(b"a: &a {<<: *a}\n", "unparsable", id="merge loop"),
        pytest.param(b"a: *nowhere\n", "unparsable", id="unknown alias"),
        pytest.param(b"a: &x 1\nb: &x 2\n", "unparsable", id="anchor twice"),
        pytest.param(b"a: b\0c\n", "unparsable", id="NUL"),
        pytest.param(b"a: \x1b[31mred\n", "unparsable", id="terminal escape"),
        pytest.param(b"a: [1\n", "unparsable", id="unclosed"),
        pytest.param(b"a: !!binary 'a'\n", "unparsable", id="not base64"),
        pytest.param(b"!!set\n? a\n", "root-not-mapping", id="tagged root"),
        pytest.param("a: ž\n".encode("utf-16"), "not-utf8", id="UTF-16"),
        pytest.param(b"a: " + b"x" * 1_100_000, "too-large", id="large"),
        pytest.param(b"%FOO \x1b\n", "unparsable", id="directive"),
    ],
)
def test_a_file_made_to_hurt_is_refused_quickly(data, code):
    started = time.process_time()
    assert refusal(data).code == code
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize(
    "number", [b"1" + b":1" * 400_000, b"0x" + b"f" * 900_000, b"9" * 900_000, b"1" + b":1" * 400_000 + b".5"]
)
def test_a_number_of_a_megabyte_is_read_as_text_at_once(number):
    started = time.process_time()
    assert parse(b"a: " + number)["a"] == number.decode()
    assert time.process_time() - started < 5.0


def test_a_message_shows_hostile_text_on_one_line_without_what_a_terminal_obeys():
    with pytest.raises(Unreadable) as raised:
        parse(b"a: [", "bad\x1b[31m\n\u202ename.yml")
    assert str(raised.value).isprintable()
