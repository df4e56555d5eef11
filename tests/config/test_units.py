import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.config import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5.0),
        ("10 min", 600.0),
        ("1.5h", 5400.0),
        ("2h", 7200.0),
        ("90d", 7_776_000.0),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_in_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("10TiB", 10 * 2**40), ("500GB", 500 * 10**9), ("1.5KiB", 1536), ("1 MB", 10**6), ("7B", 7), ("2PiB", 2**51)],
)
def test_a_size_is_read_in_bytes(text, size_bytes):
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("value", [5, 5.0, "5", "1:30", "1_000"])
def test_a_bare_number_is_an_error_that_asks_for_a_unit(value):
    with pytest.raises(ValueError, match="has no unit: write a duration with its unit, for example"):
        parse_duration(value)
    with pytest.raises(ValueError, match="has no unit: write a size with its unit, for example"):
        parse_size(value)


@pytest.mark.parametrize(
    ("parse", "text", "meant"),
    [
        (parse_duration, "10m", "min"),
        (parse_duration, "3 Days", "d"),
        (parse_duration, "5S", "s"),
        (parse_size, "10TIB", "TiB"),
        (parse_size, "10T", "TiB"),
        (parse_size, "5KB", "kB"),
    ],
)
def test_a_slip_in_the_unit_is_answered_with_the_unit_that_was_meant(parse, text, meant):
    with pytest.raises(ValueError, match=rf"known unit .*: did you mean {meant}\?"):
        parse(text)


@pytest.mark.parametrize("value", ["", "s", "-5s", "5s 3s", "fast", "1e3s", None, True, ["5s"]])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(value)


def test_a_fraction_of_a_byte_is_refused():
    with pytest.raises(ValueError, match="whole number of bytes"):
        parse_size("0.3B")


def test_a_long_value_is_not_repeated_in_the_message():
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration("MDAxVeryMuchASecretValue0123456789" * 3)
    assert "MDAx" not in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5.0, "5s"), (5400.0, "90min"), (0.25, "250ms"), (86_400.0, "1d"), (0.0, "0s"), (0.0005, "0.0005s")],
)
def test_a_duration_is_printed_with_the_largest_unit_that_fits(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(10 * 2**40, "10TiB"), (500 * 10**9, "500GB"), (1536, "1536B"), (2048, "2KiB"), (0, "0B")]
)
def test_a_size_is_printed_with_the_largest_unit_that_fits(size_bytes, text):
    assert format_size(size_bytes) == text


@given(st.integers(min_value=0, max_value=10**13))
def test_a_printed_duration_means_the_same_when_read_again(milliseconds):
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.integers(min_value=0, max_value=10**17))
def test_a_printed_size_means_the_same_when_read_again(size_bytes):
    assert parse_size(format_size(size_bytes)) == size_bytes
