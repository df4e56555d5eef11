"""The invariant, for files nobody thought of: either the file is refused, or only the block is another."""

import string

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from spacecast.metadata import NotYet, Refused, Unreadable, parse, set_block, set_blocks
from support.fuzzing import fuzzed
from support.yaml_corpus import WITH_BLOCK, WITHOUT_BLOCK, data_without

VALUES = {"Space": "c265f2cc", "InviteToken": "MDAx-_="}
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
WORDS = st.sampled_from(
    ["a", "b", "Onedata", "Space", "Mine", "'q'", '"d"', "x y", "0123", "yes", "~", "é", "*x", "&x", "!t", "<<"]
)
BITS = st.sampled_from(
    [
        ": ",
        ":",
        "- ",
        "? ",
        "  ",
        " ",
        "    ",
        "# c",
        "|",
        ">-",
        "|+",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "---",
        "...",
        "\t",
        "%",
        "",
    ]
)
CORPUS = [*WITHOUT_BLOCK.values(), *(b"".join(parts) for parts in WITH_BLOCK.values())]


@st.composite
def line_soup(draw):
    line = st.lists(st.one_of(WORDS, BITS), max_size=6).map("".join)
    end = draw(ENDS)
    text = draw(st.lists(line, min_size=1, max_size=8).map(end.join))
    return (text + draw(st.sampled_from(["", end]))).encode()


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(string.printable, max_size=30),
    st.dates(),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=8), inner, max_size=4),
    ),
    max_leaves=12,
)


@st.composite
def emitted(draw):
    keys = st.one_of(st.text(string.ascii_letters, min_size=1, max_size=8), st.sampled_from(["Onedata", "z"]))
    tree = draw(st.dictionaries(keys, TREES, min_size=1, max_size=5))
    style = draw(st.sampled_from([None, None, False, True]))
    text = yaml.safe_dump(
        tree, default_flow_style=style, indent=draw(st.integers(2, 5)), allow_unicode=True, sort_keys=False
    )
    lines = text.split("\n")
    for _ in range(draw(st.integers(0, 3))):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["# c", "", "   # deep", "  "])))
    return draw(ENDS).join(lines).encode()


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(CORPUS))[:400])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(
            st.sampled_from(
                [b"", b"\n", b" ", b"\t", b":", b"#", b"- ", b"{", b"}", b"&x ", b"*x", b"\r", b"'", b"Onedata: "]
            )
        )
    return bytes(data)


FILES = st.one_of(line_soup(), emitted(), mutated())


@fuzzed(short=400)
@given(FILES)
@example(b"a: |\n  x")
@example(b"Onedata: |+\n\n\n")
def test_an_accepted_file_means_the_same_outside_the_block_and_setting_it_again_changes_no_byte(old):
    try:
        new = set_block(old, "Onedata", VALUES)
    except Refused:
        return
    before, after = parsed_or_fault(old), parsed_or_fault(new)
    assert isinstance(before, dict) == isinstance(after, dict)
    if isinstance(before, dict):
        assert shown_without_block(before) == shown_without_block(after)
        assert after["Onedata"].items() >= VALUES.items()
    assert set_block(new, "Onedata", VALUES) == new
    assert data_without(new, "Onedata") == data_without(old, "Onedata")


@fuzzed(short=300)
@given(FILES)
def test_a_file_without_the_block_is_in_the_new_one_byte_for_byte(old):
    try:
        if "Onedata" in parse(old):
            return
        new = set_block(old, "Onedata", VALUES)
    except (Refused, Unreadable, NotYet):
        return
    start = next(n for n in range(len(old) + 1) if n == len(old) or old[n] != new[n])
    assert new.endswith(old[start:])
    assert new[start : len(new) - len(old[start:])].strip().startswith(b"Onedata:")


@fuzzed(short=200)
@given(
    st.dictionaries(
        st.sampled_from(["Onezone", "Space", "PublicURL", "Mine"]),
        st.text([chr(code) for code in range(0x20, 0x7F)], max_size=60),
        min_size=1,
    )
)
def test_any_printable_ascii_value_is_read_back_as_it_was_given(values):
    new = set_blocks(b"a: 1\n", {"Onedata": values, "Tiled": values})
    assert parse(new) == {"a": 1, "Onedata": values, "Tiled": values}


@fuzzed(short=300)
@given(st.one_of(FILES, st.binary(max_size=60)))
def test_reading_ends_in_a_mapping_or_in_a_fault_that_can_be_shown(data):
    assert isinstance(parsed_or_fault(data), dict) or str(parsed_or_fault(data)).isprintable()


def parsed_or_fault(data):
    try:
        return parse(data)
    except (Unreadable, NotYet) as fault:
        return fault


def shown_without_block(document):
    return {key: repr(value) for key, value in document.items() if key != "Onedata"}
