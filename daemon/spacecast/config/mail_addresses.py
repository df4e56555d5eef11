"""Mail addresses, taken narrowly: what they stand in has a grammar of its own, and some come from hostile files."""

import re
from dataclasses import dataclass

_LOCAL = r"[A-Za-z0-9_+&'=~#-]+(?:\.[A-Za-z0-9_+&'=~#-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_NAMED = re.compile(r'(?:"(?P<quoted>[^"\\<>]*)"|(?P<plain>[^"<>@,;:\\]*?))\s*<(?P<address>[^<>\s]+)>')
_LONGEST_LOCAL, _LONGEST_ADDRESS, _LONGEST_NAME = 64, 254, 200
# Nothing longer is looked at: it can be no mailbox, and a hostile one would take its time.
_LONGEST_TEXT = 500


@dataclass(frozen=True)
class Mailbox:
    """An address with the name of whom it belongs to, which may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What comes after the @, in small letters."""
        return self.address.rpartition("@")[2].lower()


def parse_mailbox(text: str) -> Mailbox | None:
    """Return the mailbox that `name@example.org` or `Name <name@example.org>` means; None for anything else.

    Lists, comments, quoted local parts, routes and control characters are something else. Names of domains in other
    scripts are written in ASCII.
    """
    text = text.strip()
    if len(text) > _LONGEST_TEXT or not text.isprintable():
        return None
    named = _NAMED.fullmatch(text)
    if named is None:
        return _mailbox("", text)
    name = (named["quoted"] if named["quoted"] is not None else named["plain"]).strip()
    return _mailbox(name, named["address"]) if len(name) <= _LONGEST_NAME else None


def _mailbox(name: str, address: str) -> Mailbox | None:
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if at and not domain.isascii() else domain
    except UnicodeError:
        return None
    written = f"{local}@{ascii_domain}"
    if not _ADDRESS.fullmatch(written) or len(local) > _LONGEST_LOCAL or len(written) > _LONGEST_ADDRESS:
        return None
    return Mailbox(name, written)
