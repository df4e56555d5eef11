"""What a page in Markdown is made of, as far as tests of the documents need it."""

import re
from pathlib import Path

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def blocks(page: Path, language: str | None = None) -> list[str]:
    """Give the fenced blocks, all or those in one language."""
    return [text for name, text in _BLOCK.findall(page.read_text()) if language in (None, name)]


def prose(page: Path) -> str:
    """Give the page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text())


def code_spans(page: Path) -> list[str]:
    """Give what stands between single backticks."""
    return [" ".join(found.split()) for found in _INLINE.findall(prose(page))]


def links(page: Path) -> list[str]:
    """Give the targets of all links."""
    return _LINK.findall(_INLINE.sub("", prose(page)))


def headings(page: Path) -> list[str]:
    """Give the text of each heading, in order."""
    return _HEADING.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Give the names under which a page's headings can be linked, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


def table_rows(page: Path) -> list[list[str]]:
    """Give the cells of each row of each table, without the heads."""
    lines = [line for line in prose(page).splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {number - 1 for number, row in enumerate(rows) if set("".join(row)) <= {"-"}}
    return [row for number, row in enumerate(rows) if number not in heads and set("".join(row)) - {"-"}]
