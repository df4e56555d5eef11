"""What a metadata file says about mail: whether somebody wants one, and to whom it goes. Nothing of it is trusted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spacecast.config import PATH_PREFIX, UserMail, parse_mailbox

_YES = frozenset({"true", "yes", "on", "1"})
# A list longer than this is not meant as one of addresses.
_MOST_VALUES = 1000


@dataclass(frozen=True)
class Addressees:
    """Who gets a mail, and in which part of its head; and what was not taken, in words."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def everybody(self) -> tuple[str, ...]:
        """The addresses of all of them, each once."""
        boxes = [parse_mailbox(text) for text in (*self.to, *self.cc, *self.bcc)]
        return tuple(box.address for box in boxes if box is not None)


def is_wanted(document: Mapping[Any, Any], settings: UserMail) -> bool:
    """Say whether the metadata file asks for the mail, in any of the ways in which people write yes."""
    if settings.only_if is None:
        return True
    value = _value_at(document, settings.only_if)
    return value is True or (isinstance(value, (str, int)) and str(value).strip().lower() in _YES)


def addressees(document: Mapping[Any, Any], settings: UserMail) -> Addressees:
    """Return to whom the mail goes: who the config names, and whom it lets the metadata file name.

    An address counts once, in the first part that has it. From the file at most so many are taken as the config says,
    and none outside its domains.
    """
    gathering = _Gathering(document, settings)
    parts = {part: tuple(gathering.taken(getattr(settings, part))) for part in ("to", "cc", "bcc")}
    return Addressees(**parts, problems=tuple(dict.fromkeys(gathering.problems)))


class _Gathering:
    def __init__(self, document: Mapping[Any, Any], settings: UserMail) -> None:
        self._document = document
        self._settings = settings
        self._seen: set[str] = set()
        self._from_file = 0
        self.problems: list[str] = []

    def taken(self, recipients: tuple[str, ...]) -> Iterator[str]:
        for recipient in recipients:
            path = recipient.removeprefix(PATH_PREFIX)
            yield from self._new([recipient]) if path == recipient else self._new(self._of_file(path))

    def _new(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            mailbox = parse_mailbox(text)
            if mailbox is not None and mailbox.address.lower() not in self._seen:
                self._seen.add(mailbox.address.lower())
                yield text

    def _of_file(self, path: str) -> Iterator[str]:
        for value in _texts(_value_at(self._document, path)):
            mailbox = parse_mailbox(value)
            if mailbox is None:
                self.problems.append(f"{path} is no mail address")
            elif not self._is_allowed(mailbox.domain):
                self.problems.append(f"{path} is not in notify.mail.users.allowed_domains")
            elif self._from_file >= self._settings.most_recipients:
                self.problems.append(f"{path} has more than notify.mail.users.most_recipients addresses")
                return
            else:
                self._from_file += 1
                # The name beside it is dropped: it would be shown in our name.
                yield mailbox.address

    def _is_allowed(self, domain: str) -> bool:
        allowed = [name.lower() for name in self._settings.allowed_domains]
        return not allowed or any(domain == name or domain.endswith(f".{name}") for name in allowed)


def _value_at(document: Mapping[Any, Any], path: str) -> Any:
    value: Any = document
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value that is one, several with commas between them, or a list of either."""
    if isinstance(value, str):
        yield from (part for part in value.replace(";", ",").split(",")[:_MOST_VALUES] if part.strip())
    elif isinstance(value, (list, tuple)):
        for inner in value[:_MOST_VALUES]:
            if isinstance(inner, str):
                yield from _texts(inner)
