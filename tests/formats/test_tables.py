import base64

import pyarrow as pa
import pytest

from spacecast.formats.arrow_schema import ColumnType, arrow_schema_uri
from support.file_heads import readable, unreadable


def types(text, name="table.csv"):
    found = readable(text.encode(), name)
    return found.parameters["dtype"]


def test_the_schema_is_read_by_arrow_itself():
    columns = {"a": ColumnType.INTEGER, "bé": ColumnType.FLOAT, "c": ColumnType.BOOLEAN, "d": ColumnType.TEXT}
    uri = arrow_schema_uri(columns)
    schema = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(uri.partition(",")[2])))
    assert schema == pa.schema({"a": pa.int64(), "bé": pa.float64(), "c": pa.bool_(), "d": pa.string()})


def test_a_schema_of_many_columns_is_read_by_arrow_itself():
    columns = {f"column {number}": ColumnType.FLOAT for number in range(1000)}
    encoded = base64.b64decode(arrow_schema_uri(columns).partition(",")[2])
    assert len(encoded) % 8 == 0
    assert pa.ipc.read_schema(pa.BufferReader(encoded)).names == list(columns)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], "int64"),
        (["1", "-9223372036854775"], "int64"),
        (["1", "99999999999999999999"], "float64"),
        (["1", "2.5"], "float64"),
        (["1", "NaN"], "float64"),
        (["1", "inf"], "float64"),
        (["nan", "NA"], "float64"),
        (["1", "2_000"], "str"),
        (["1", "0x10"], "str"),
        (["007", "8"], "str"),
        (["0", "0.5"], "float64"),
        (["True", "false"], "bool"),
        (["True", "NA"], "str"),
        (["1", "True"], "str"),
        (["2026-01-01", "2026-01-02"], "str"),
    ],
)
def test_a_column_gets_the_narrowest_type_that_holds_all_its_cells(cells, expected):
    assert types("x,y\n" + "".join(f"{cell},q\n" for cell in cells))["x"] == expected


def test_a_decimal_comma_counts_only_where_commas_do_not_separate():
    assert types("a;b\n1,5;2\n")["a"] == "float64"
    assert types('a,b\n"1,5",2\n')["a"] == "str"


def test_a_point_beside_decimal_commas_is_text():
    assert types("a;b\n1,5;2.5\n") == {"a": "float64", "b": "str"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator):
    assert readable(f"a{separator}b\n1{separator}2\n".encode(), "t.csv").parameters["sep"] == separator


def test_rows_of_unequal_length_are_no_table():
    found = unreadable(b"a,b\n1,2\n3\n", "t.csv")
    assert "row 2 has 1 cells, not 2" in found.reason
    assert not found.try_again


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"a,b\n", "no rows"), (b"# only\n", "empty"), (b"# only", "nothing but comments"), (b"a\0b", "binary")],
)
def test_text_without_a_table_is_refused_with_the_reason(data, word):
    assert word in unreadable(data, "t.csv").reason


def test_a_table_too_large_to_be_read_for_every_request_is_refused_unread(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(9 << 20)
    assert "larger than 8 MiB" in unreadable(path.read_bytes(), "large.csv").reason


def test_a_cell_without_end_is_refused():
    assert "not a regular table" in unreadable(b'a,b\n1,"' + b"x" * 200_000, "t.csv").reason


def test_every_cell_counts_however_many_rows_there_are():
    rows = ["1,1\n"] * 1700
    assert types("x,y\n" + "".join(rows)) == {"x": "int64", "y": "int64"}
    for number in (0, 499, 500, 1699):
        spoiled = [*rows[:number], "1,0.5\n", *rows[number + 1 :]]
        assert types("x,y\n" + "".join(spoiled)) == {"x": "int64", "y": "float64"}


def test_the_row_of_another_length_is_named_however_far_down_it_is():
    assert "row 1234 has 1 cells, not 2" in unreadable(b"a,b\n" + b"1,2\n" * 1233 + b"3\n", "t.csv").reason
