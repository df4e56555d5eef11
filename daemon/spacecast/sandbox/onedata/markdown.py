"""The little Markdown that share descriptions use, as safe HTML: everything is escaped, only http links are links."""

import html
import re
from collections.abc import Iterator

_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^\s)\"'<>]+)\)")
_BARE_LINK = re.compile(r"(?<![\"'>=])\bhttps?://[^\s<>\"'`]+[^\s<>\"'`.,;:)]")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_CODE = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"(#{1,4}) +(.*)")
_ITEM = re.compile(r"[-*] +(.*)")


def to_html(text: str) -> str:
    """Turn headings, paragraphs, lists, fenced code, bold, code and links into HTML; the rest is text."""
    return "\n".join(_blocks(text.splitlines()))


def _blocks(lines: list[str]) -> Iterator[str]:
    rest = list(lines)
    while rest:
        line = rest[0]
        if line.startswith("```"):
            yield _fenced(rest)
        elif heading := _HEADING.fullmatch(line.strip()):
            rest.pop(0)
            level = len(heading.group(1)) + 1
            yield f"<h{level}>{_inline(heading.group(2))}</h{level}>"
        elif _ITEM.fullmatch(line.strip()):
            yield _listed(rest)
        elif line.strip():
            yield _paragraph(rest)
        else:
            rest.pop(0)


def _fenced(rest: list[str]) -> str:
    rest.pop(0)
    code = []
    while rest and not rest[0].startswith("```"):
        code.append(rest.pop(0))
    if rest:
        rest.pop(0)
    return f"<pre><code>{html.escape(chr(10).join(code))}</code></pre>"


def _listed(rest: list[str]) -> str:
    items = []
    while rest and (item := _ITEM.fullmatch(rest[0].strip())):
        items.append(f"<li>{_inline(item.group(1))}</li>")
        rest.pop(0)
    return f"<ul>{''.join(items)}</ul>"


def _paragraph(rest: list[str]) -> str:
    lines = [rest.pop(0)]
    while rest and rest[0].strip() and not _begins_block(rest[0]):
        lines.append(rest.pop(0))
    return f"<p>{_inline(' '.join(lines))}</p>"


def _begins_block(line: str) -> bool:
    return line.startswith("```") or bool(_HEADING.fullmatch(line.strip()) or _ITEM.fullmatch(line.strip()))


def _inline(text: str) -> str:
    """Mark up one line; code is set aside first, so that nothing in it is taken for markup."""
    pieces = _CODE.split(text)
    marked = [
        f"<code>{html.escape(piece)}</code>" if index % 2 else _links(piece) for index, piece in enumerate(pieces)
    ]
    return "".join(marked)


def _links(text: str) -> str:
    escaped = _BOLD.sub(r"<strong>\1</strong>", html.escape(text, quote=False))
    linked = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    return _BARE_LINK.sub(lambda found: f'<a href="{found.group()}">{found.group()}</a>', linked)
