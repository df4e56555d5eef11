"""Rows and lines on the standard output: nothing is ever cut, and a pipe or file gets each row as one line."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = "  "

Cells = Sequence[str | Text]


def print_rows(console: Console, headings: Sequence[str], rows: Sequence[Cells]) -> None:
    """Print a table. On a terminal long cells are folded, elsewhere no line has a limit."""
    if console.is_terminal:
        console.print(_table(headings, rows))
        return
    lines = [[_plain(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(cell_len(row[place]) for row in lines) for place in range(len(headings))]
    for row in lines:
        print_line(console, _GAP.join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_line(console: Console, text: str | Text, *, style: str = "") -> None:
    """Print one line as it is; a terminal that is too narrow goes on in the next one."""
    console.print(text, style=style, soft_wrap=True, markup=False, highlight=False)


def _table(headings: Sequence[str], rows: Sequence[Cells]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def _plain(cell: str | Text) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))
