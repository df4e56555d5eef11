"""What our blocks in a metadata file say, whoever wrote them: this service, an earlier tool, or a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

EARLIER_NAMES = ("Onedata", "Onedata2")
"""Names under which other tools write the same block."""


@dataclass(frozen=True)
class BlockValues:
    """The Onedata block; what is not there is None."""

    name: str
    """The key under which it stands."""
    onezone: str | None = None
    space: str | None = None
    invite_token: str | None = field(default=None, repr=False)
    public_url: str | None = None
    misread: tuple[str, ...] = ()
    """Keys whose value is there but is no text (an unquoted number, a list …): ask a person, do not guess."""


@dataclass(frozen=True)
class TiledValues:
    """The Tiled block; what is not there is None."""

    uri: str | None = None
    ref: str | None = None


_ONEDATA_KEYS = {
    "onezone": "Onezone",
    "space": "Space",
    "invite_token": "InviteToken",
    "public_url": "PublicURL",
}


def read_block(document: Mapping[Any, Any], name: str = "Onedata") -> BlockValues | None:
    """Return what the Onedata block says: the one called `name`, else one that an earlier tool wrote.

    Of several the one that names a space counts, else the one with a public address. None where there is no such
    block, or an empty one.
    """
    blocks = [
        _block_values(candidate, document[candidate])
        for candidate in dict.fromkeys((name, *EARLIER_NAMES))
        if isinstance(document.get(candidate), Mapping)
    ]
    return min((block for block in blocks if block != BlockValues(block.name)), key=_rank, default=None)


def _rank(block: BlockValues) -> int:
    if block.space is not None or "Space" in block.misread:
        return 0
    return 1 if block.public_url is not None else 2


def _block_values(name: str, found: Mapping[Any, Any]) -> BlockValues:
    texts = {attribute: _text(found.get(key)) for attribute, key in _ONEDATA_KEYS.items()}
    misread = tuple(key for key in _ONEDATA_KEYS.values() if _is_misread(found.get(key)))
    return BlockValues(name, **texts, misread=misread)


def read_tiled_block(document: Mapping[Any, Any], name: str = "Tiled") -> TiledValues | None:
    """Return what the Tiled block says, None where there is none."""
    found = document.get(name)
    if not isinstance(found, Mapping):
        return None
    values = TiledValues(_text(found.get("URI")), _text(found.get("Ref")))
    return values if values != TiledValues() else None


def invite_tokens(document: Mapping[Any, Any]) -> Iterator[str]:
    """Yield every invite token that stands in a top-level block, so that it can be kept secret."""
    for value in document.values():
        token = value.get("InviteToken") if isinstance(value, Mapping) else None
        if isinstance(token, str) and token:
            yield token


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_misread(value: Any) -> bool:
    return value is not None and not isinstance(value, str)
