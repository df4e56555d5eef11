"""The columns of a table: which type each can have, found by looking at every cell.

What counts as a number, a truth value or no value is what pandas takes for it, since that is who reads the file.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from spacecast.formats.arrow_schema import ColumnType
from spacecast.formats.model import NotThisFormat

# Of many rows, equal cells of a column are looked at once.
_ROWS_AT_ONCE = 500
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,17})\Z")
_DECIMAL = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,4})?\Z")
_NUMBERED_LIKE_A_NAME = re.compile(r"[+-]?0\d")
_TRUTH = frozenset({"True", "TRUE", "true", "False", "FALSE", "false"})
_MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
_INFINITE = frozenset({"inf", "+inf", "-inf", "Inf", "+Inf", "-Inf", "infinity", "Infinity", "-Infinity"})


def is_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number with this decimal sign."""
    text = cell.strip()
    if decimal == ",":
        if "." in text:
            return False
        text = text.replace(",", ".", 1)
    return bool(_DECIMAL.match(text))


class Columns:
    """What each column can still be, row by row."""

    def __init__(self, width: int, separator: str) -> None:
        self._width = width
        self._may_have_commas = separator != ","
        self._has_missing = [False] * width
        self._seen = [False] * width
        self._can_be = [{"truth", "integer", "point", "comma"} for _ in range(width)]

    def take_all(self, rows: Iterable[list[str]]) -> int:
        """Look at all rows; how many there are. Raises NotThisFormat for rows of another length."""
        count = 0
        remaining = iter(rows)
        while batch := list(islice(remaining, _ROWS_AT_ONCE)):
            for number, row in enumerate(batch, start=count + 1):
                if len(row) != self._width:
                    raise NotThisFormat(
                        f"it is not a regular table: row {number} has {len(row)} cells, not {self._width}"
                    )
            for column, cells in enumerate(zip(*batch, strict=True)):
                for cell in set(cells):
                    self._take(column, cell)
            count += len(batch)
        return count

    def _take(self, column: int, cell: str) -> None:
        if cell in _MISSING:
            self._has_missing[column] = True
            return
        self._seen[column] = True
        can_be = self._can_be[column]
        if not can_be:
            return
        text = cell.strip()
        if _INTEGER.match(text):  # then it is a number in every sense, and no name
            can_be.discard("truth")
            return
        can_be.discard("integer")
        if "truth" in can_be and cell not in _TRUTH:
            can_be.discard("truth")
        for kind, decimal in (("point", "."), ("comma", ",")):
            if kind in can_be and not (is_number(text, decimal) or text in _INFINITE):
                can_be.discard(kind)
        # 000417 is a name made of digits: as a number it would lose its zeros.
        if _NUMBERED_LIKE_A_NAME.match(text):
            can_be.clear()

    @property
    def decimal(self) -> str:
        """Tell the decimal sign: a comma where a column only makes sense so."""
        return "," if self._may_have_commas and any(self._only_with_comma()) else "."

    def _only_with_comma(self) -> Iterator[bool]:
        for seen, can_be in zip(self._seen, self._can_be, strict=True):
            yield seen and "comma" in can_be and "point" not in can_be

    def kinds(self) -> list[ColumnType]:
        """Return the narrowest type of each column."""
        number = "comma" if self.decimal == "," else "point"
        return [self._kind(column, number) for column in range(self._width)]

    def _kind(self, column: int, number: str) -> ColumnType:
        can_be, complete = self._can_be[column], not self._has_missing[column]
        if not self._seen[column]:
            return ColumnType.FLOAT
        if "truth" in can_be and complete:
            return ColumnType.BOOLEAN
        if "integer" in can_be and complete:
            return ColumnType.INTEGER
        return ColumnType.FLOAT if number in can_be else ColumnType.TEXT
