import base64
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.metadata import parse, publishable
from support.fuzzing import fuzzed

SAMPLES = Path(__file__).parents[1] / "samples"
TOKEN = "MDAxZGxvY2F00aW9uIGRhdGFodWIuZXhhbXBsZS5vcmcKMDAy"
SECRET = "s3cr3t?value>with/odd+characters"


@pytest.mark.parametrize(
    "name", ["spa.yml", "spa-by-hand-quoted.yml", "eels.yml", "windows.yml", "published-by-fs2od.yml"]
)
def test_a_sample_becomes_json_without_our_blocks(name):
    document = parse((SAMPLES / name).read_bytes())
    text = json.dumps(publishable(document), allow_nan=False)
    assert document["DataId"] in text
    assert "Onedata" not in text
    assert TOKEN not in text


def test_the_given_blocks_and_those_of_earlier_tools_are_left_out():
    document = {"A": {"x": 1}, "B": 2, "Onedata": {"x": 1}, "Onedata2": {"x": 1}, "c": {"A": 1}}
    assert publishable(document, ("A", "B")) == {"c": {"A": 1}}


def test_the_values_of_a_sample_are_published_as_their_author_wrote_them():
    published = publishable(parse((SAMPLES / "spa-by-hand-quoted.yml").read_bytes()))
    assert json.dumps(published["Sample"]["Grid"]) == '{"type": "UltrAuFoil", "mesh": 300, "hole": "R1.2/1.3"}'
    assert {key: value for key, value in published.items() if key not in ("Sample", "User")} == {
        "Autoname": "20240312_apo_K3",
        "DataId": "20240312_SPA_0417",
        "Instrument": "Titan Krios G3 #1",
        "Started": "2024-03-12T10:20:30+01:00",
        "Session": "000417",
        "Mode": "0755",
        "Version": "1.10",
        "Dewar": False,
        "NotifyCompletion": True,
        "Err": None,
    }


@fuzzed(short=300)
@given(
    st.from_regex(
        r"[-+]?(0[bxo]?)?[0-9][0-9_]{0,20}(:[0-9]{1,2}){0,2}(\.[0-9_]{0,5})?([eE][-+]?[0-9]{1,3})?",
        fullmatch=True,
        alphabet=st.characters(codec="ascii"),
    )
)
def test_any_number_is_published_as_it_was_written(text):
    value = publishable(parse(f"a: {text}\n".encode()))["a"]
    assert text == (value if isinstance(value, str) else json.dumps(value))


def test_what_json_has_no_number_for_is_null_or_text():
    document = {"a": math.nan, "b": -math.inf, "c": 2**63, "d": -(2**63)}
    assert publishable(document) == {"a": None, "b": None, "c": "9223372036854775808", "d": -(2**63)}


def test_values_become_what_json_can_carry():
    document = parse(
        b"date: 2024-03-12\ntime: 2024-03-12T10:20:30+01:00\nnan: .nan\ninf: -.inf\nbytes: !!binary aGk=\n"
        b"large: 9223372036854775808\nfits: -9223372036854775808\nset: !!set {b, a}\npairs: !!pairs [a: 1]\n"
        b'nul: "a\\0b\\x1b[31m\\ttab"\n'
    )
    assert publishable(document) == {
        "date": "2024-03-12",
        "time": "2024-03-12T10:20:30+01:00",
        "nan": ".nan",
        "inf": "-.inf",
        "bytes": "aGk=",
        "large": "9223372036854775808",
        "fits": -9223372036854775808,
        "set": ["a", "b"],
        "pairs": [["a", 1]],
        "nul": "a\ufffdb\ufffd[31m\ttab",
    }


def test_keys_become_text_and_none_is_lost():
    assert publishable({2: "number", "2": "text", None: "n", True: "y", "a\x1b\n": "e", "": "none"}) == {
        "2": "number",
        "2 (2)": "text",
        "null": "n",
        "true": "y",
        "a": "e",
        "(empty)": "none",
    }


def test_what_is_nested_too_deeply_is_cut():
    document = {"a": 1}
    for _ in range(60):
        document = {"a": document}
    assert "(nested too deeply)" in json.dumps(publishable(document))


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"see {SECRET}.",
        f"{SECRET[:10]}\n  {SECRET[10:]}",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"user:" + SECRET.encode() + b"@host").decode(),
        base64.urlsafe_b64encode(b"xy" + SECRET.encode()).decode(),
    ],
)
def test_a_text_with_a_secret_in_it_is_withheld_in_whichever_form(text):
    document = {"note": text, "list": [{text: "x"}], "bytes": text.encode(), "other": "public"}
    copy = publishable(document, (), [SECRET])
    assert copy == {
        "note": "(withheld)",
        "list": [{"(withheld)": "x"}],
        "bytes": "(withheld)",
        "other": "public",
    }


def test_anything_like_an_onedata_token_is_withheld_although_nobody_named_it():
    document = {"note": f"join with {TOKEN}", "Old": {"invite_token": "short", "Invite Token": 1}, "x": "MDAx"}
    assert publishable(document) == {
        "note": "(withheld)",
        "Old": {"invite_token": "(withheld)", "Invite Token": "(withheld)"},
        "x": "MDAx",
    }


def test_the_token_of_a_block_is_withheld_elsewhere_in_the_file():
    assert publishable({"Onedata": {"InviteToken": "plain-token"}, "n": "plain-token"}) == {"n": "(withheld)"}


def test_an_unquoted_secret_with_leading_zeros_is_withheld():
    document = parse(b"Onedata: {InviteToken: 0012345670}\na: 0012345670\nb: 0004170004\n")
    assert publishable(document, secrets=["0004170004"]) == {"a": "(withheld)", "b": "(withheld)"}


def test_a_secret_too_short_to_mean_anything_withholds_nothing():
    assert publishable({"a": "data"}, (), ["", "a"]) == {"a": "data"}


@fuzzed(short=150)
@given(
    prefix=st.binary(max_size=6),
    suffix=st.binary(max_size=6),
    secret=st.text(st.characters(codec="ascii", exclude_categories=("C", "Z")), min_size=8),
)
def test_base64_of_anything_around_a_secret_is_withheld(prefix, suffix, secret):
    encoded = base64.b64encode(prefix + secret.encode() + suffix).decode()
    assert publishable({"a": encoded}, (), [secret]) == {"a": "(withheld)"}


def test_thousands_of_keys_that_clean_to_the_same_text_stay_apart_and_take_no_time():
    document = {"\x01" * number + "k": number for number in range(20_000)}
    assert len(publishable(document)) == 20_000
