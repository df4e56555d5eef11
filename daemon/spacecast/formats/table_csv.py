"""CSV and its kin (TSV, semicolons with decimal commas): columns and their types, by reading the file once.

The server reads the file with pandas and is told everything that pandas would otherwise guess: separator, encoding,
names and types. So what the catalog promises is what a reader gets.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from spacecast.formats.arrow_schema import ColumnType, arrow_schema_uri
from spacecast.formats.model import NotThisFormat, Readable
from spacecast.formats.table_columns import Columns, is_number

MIMETYPE = "text/csv"
SERIES_MIMETYPE = f"multipart/related;type={MIMETYPE}"

# Every cell is looked at here, which takes about a second per MiB at worst, and again for every request of a client.
_LARGEST_BYTES = 8 << 20
_SAMPLE_LINES = 50
_MOST_COLUMNS = 1000
_LONGEST_NAME = 200
# Thousands of tables of a folder are alike.
_REMEMBERED = 64
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class _Dialect:
    separator: str
    encoding: str
    comment_lines: int
    decimal: str


def describe(file: BinaryIO, size: int) -> Readable:
    """Columns, types and dialect of a table. Raises NotThisFormat for text that is not a regular table."""
    if size > _LARGEST_BYTES:
        raise NotThisFormat(
            f"it is larger than {_LARGEST_BYTES >> 20} MiB, and a table is read as a whole to find its columns and for "
            "every request"
        )
    file.seek(0)
    data = file.read(_LARGEST_BYTES + 1)
    text, encoding = _decoded(data)
    comment_lines, body = _without_leading_comments(text)
    separator, rows = _separated(body)
    first = next(rows, None)
    if first is None:
        raise NotThisFormat("it is empty")
    has_header = not any(is_number(cell, ".") or is_number(cell, ",") for cell in first)
    width = len(first)
    if not 0 < width <= _MOST_COLUMNS:
        raise NotThisFormat(f"its first line has {width} columns")
    columns = Columns(width, separator)
    count = columns.take_all(rows if has_header else _again(first, rows))
    if not count:
        raise NotThisFormat("it has a line of names and no rows")
    names = _names(first if has_header else [""] * width)
    kinds = tuple(zip(names, columns.kinds(), strict=True))
    dialect = _Dialect(separator, encoding, comment_lines, columns.decimal)
    return _table(kinds, dialect, has_header=has_header, rows=count)


@lru_cache(_REMEMBERED)
def _table(columns: tuple[tuple[str, ColumnType], ...], dialect: _Dialect, *, has_header: bool, rows: int) -> Readable:
    kinds = dict(columns)
    names = list(kinds)
    parameters: dict[str, Any] = {
        "sep": dialect.separator,
        "encoding": dialect.encoding,
        "header": 0 if has_header else None,
        "names": names,
        "dtype": {name: kind.value for name, kind in kinds.items()},
        "index_col": False,
    }
    if dialect.comment_lines:
        parameters["skiprows"] = dialect.comment_lines
    if dialect.decimal != ".":
        parameters["decimal"] = dialect.decimal
    return Readable(
        structure_family="table",
        mimetype=MIMETYPE,
        structure={"arrow_schema": arrow_schema_uri(kinds), "npartitions": 1, "columns": names, "resizable": False},
        parameters=parameters,
        metadata={"format": "CSV", "rows": rows},
        asset_parameter="data_uris",
        series_mimetype=SERIES_MIMETYPE,
    )


def _decoded(data: bytes) -> tuple[str, str]:
    if b"\0" in data:
        raise NotThisFormat("it holds binary data, not text")
    try:
        return data.decode("utf-8-sig"), "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _without_leading_comments(text: str) -> tuple[int, str]:
    count = 0
    place = 0
    while text.startswith("#", place):
        end = text.find("\n", place)
        if end < 0:
            raise NotThisFormat("it has nothing but comments")
        place = end + 1
        count += 1
    return count, text[place:]


def _separated(body: str) -> tuple[str, Iterator[list[str]]]:
    """Find the separator that cuts the first lines into most columns, all alike; a comma where there is one column.

    Returns it and all rows.
    """
    sample = list(_complete_lines(body))
    best, most = ",", 1
    for separator in _SEPARATORS:
        if separator not in body:  # every line would be one cell
            continue
        try:
            widths = set(map(len, filter(None, csv.reader(sample, delimiter=separator))))
        except csv.Error:
            continue
        if len(widths) == 1 and (width := widths.pop()) > most:
            best, most = separator, width
    is_whole = len(sample) < _SAMPLE_LINES
    return best, _rows(sample if is_whole else io.StringIO(body, newline=""), best)


def _complete_lines(body: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(body, newline="")):
        if number == _SAMPLE_LINES:
            return
        yield line


def _rows(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from filter(None, csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise NotThisFormat(f"it is not a regular table: {error}") from error


def _again(first: list[str], rows: Iterable[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rows


def _names(header: list[str]) -> list[str]:
    """Give one name to each column: as in the header, without what Tiled keeps for itself, and each only once."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(header, start=1):
        wanted = "".join(c for c in cell.strip() if c.isprintable())[:_LONGEST_NAME].lstrip("_") or f"column_{number}"
        name, copy = wanted, 1
        while name in taken:
            copy += 1
            name = f"{wanted}_{copy}"
        taken.add(name)
        names.append(name)
    return names
