"""Takes secrets and control characters out of everything that is said."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from structlog.typing import EventDict

from spacecast.secrecy import without_secrets

# Controls, formats (direction marks, zero-width characters …), halves of characters, private and unknown ones, line and
# paragraph ends.
_UNPRINTABLE_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that show nothing at all.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_KEPT = frozenset("\n\t")


def printable(text: str) -> str:
    r"""Return the text with whatever a terminal obeys or does not show written out (``\x1b``); line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(character) if _is_unprintable(character) else character for character in text)


def _is_unprintable(character: str) -> bool:
    if character in _KEPT:
        return False
    return character in _INVISIBLE or unicodedata.category(character) in _UNPRINTABLE_KINDS


def _written_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


class Cleaner:
    """The processor that takes secrets and control characters out of everything that is said."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        """Return the event without them."""
        secrets = list(self._secrets())
        return {key: self._clean(value, secrets) for key, value in event.items()}

    def _clean(self, value: Any, secrets: list[str]) -> Any:
        if isinstance(value, (int, float, bool, type(None))):
            return value
        if isinstance(value, Mapping):
            return {self._clean(key, secrets): self._clean(item, secrets) for key, item in value.items()}
        if isinstance(value, (list, tuple, AbstractSet)):
            return [self._clean(item, secrets) for item in value]
        text = value if isinstance(value, str) else str(value)
        return printable(without_secrets(text, secrets))
