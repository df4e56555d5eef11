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


def typed(value):
    return type(value), value


def test_values_have_the_types_that_yaml_gives_them():
    document = parse(b"a: 42\nb: !!binary aGk=\nc: ~\nd: !!set {x}\n7: int\n0.5: float\n")
    assert document == {"a": 42, "b": b"hi", "c": None, "d": {"x"}, 7: "int", 0.5: "float"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        ("0", 0),
        ("-3", -3),
        ("300", 300),
        ("0.5", 0.5),
        ("1.0", 1.0),
        ("-0.25", -0.25),
        ("1.5e-07", 1.5e-07),
        ("6.02e+23", 6.02e23),
    ],
)
def test_a_number_that_is_written_as_json_writes_it_is_a_number(text, number):
    assert typed(parse(f"a: {text}".encode())["a"]) == typed(number)


@pytest.mark.parametrize(
    "text",
    [
        *("000417", "00", "0755", "0o755", "-017", "+5", "-0", "1_000", "0x1F", "0b101"),
        *("12:30:45", "1:30", "-1:30:00", "1:30.5"),
        *("1.10", "2.50", ".5", "5.", "+0.5", "1_0.5", "1.5e-7", "1.0e+3", "1.0e+999"),
        *("0.12345678901234567890", ".nan", ".inf", "-.Inf", "!!int '0755'", "!!float '1.10'"),
    ],
)
def test_a_number_that_would_lose_its_form_is_the_text_that_was_written(text):
    written = text.split(" ")[-1].strip("'")
    assert parse(f"a: {text}".encode())["a"] == written


@pytest.mark.parametrize(
    "text",
    [
        *("2024-03-12", "2024-3-1", "2024-03-12T10:20:30+01:00", "2024-03-12T10:20:30Z", "2024-03-12t10:20:30.50-5"),
        *("2024-03-12 10:20:30", "2024-03-12 10:20:30.123456789 +02:00"),
    ],
)
def test_a_date_or_time_is_the_text_that_was_written(text):
    assert parse(f"a: {text}\nb: !!timestamp {text}\n".encode()) == {"a": text, "b": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "True", "TRUE", "yes", "Yes", "on")),
        *((word, False) for word in ("false", "False", "no", "NO", "off")),
        *((word, word) for word in ("y", "n", "Y", "N")),
        *((f"'{word}'", word) for word in ("yes", "no", "true")),
    ],
)
def test_the_boolean_words_of_yaml_are_booleans_without_quotes(text, value):
    assert typed(parse(f"a: {text}".encode())["a"]) == typed(value)


def test_keys_are_as_they_were_written():
    document = parse(b"No: 12\nOn: 2024-03-12\n000417: a\n417: b\n1.10: c\n1.1: d\n2024-01-01: e\n")
    assert document == {"No": 12, "On": "2024-03-12", "000417": "a", 417: "b", "1.10": "c", 1.1: "d", "2024-01-01": "e"}


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
