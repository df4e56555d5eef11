"""The mails of fs2od: whom it wrote to in its words, and with which server."""

from collections.abc import Iterator
from typing import Any

from spacecast.config.addresses import is_loopback
from spacecast.config.fs2od.account import Account, Outcome
from spacecast.config.fs2od.draft import Draft
from spacecast.config.fs2od.tables import ENCRYPTIONS
from spacecast.config.mail_addresses import parse_mailbox
from spacecast.config.mail_section import PATH_PREFIX

_SERVER = ("messaging", "credentials", "email")
_LETTER = ("messaging", "email")
_TARGET = ("notify", "mail")
_PARTS = ("to", "cc", "bcc")


def translate_mail(account: Account, draft: Draft, languages: frozenset[str]) -> None:
    """Translate the section `messaging`; where no mail was sent none will be. `languages` have texts."""
    if account.value(*_SERVER, "enabled") is not True:
        account.mark(Outcome.NOT_NEEDED, "no mail was sent", *_SERVER)
        account.mark(Outcome.NOT_NEEDED, "no mail was sent", *_LETTER)
        return
    account.mark(Outcome.TRANSLATED, "notify.mail", *_SERVER, "enabled")
    _server(account, draft)
    _sender(account, draft)
    _language(account, draft, languages)
    _recipients(account, draft)


def _server(account: Account, draft: Draft) -> None:
    server = str(account.value(*_SERVER, "smtpServer") or "")
    draft.set(server, *_TARGET, "server")
    account.mark(Outcome.TRANSLATED, "notify.mail.server", *_SERVER, "smtpServer")
    security = ENCRYPTIONS.get(str(account.value(*_SERVER, "encryptionMethod")), "starttls")
    is_open = account.value(*_SERVER, "encryptionMethod") == "ANY"
    if is_open and is_loopback(server):
        security = "none"
    draft.set(security, *_TARGET, "security")
    note = "notify.mail.security: mail goes to other machines encrypted only; see whether the server can"
    outcome = Outcome.BY_HAND if is_open and security != "none" else Outcome.TRANSLATED
    account.mark(outcome, note if outcome is Outcome.BY_HAND else "notify.mail.security", *_SERVER, "encryptionMethod")
    account.mark(Outcome.NOT_NEEDED, "it was the usual one", *_SERVER, "smtpPort")
    if account.value(*_SERVER, "smtpPort"):
        draft.set(account.value(*_SERVER, "smtpPort"), *_TARGET, "port")
        account.mark(Outcome.TRANSLATED, "notify.mail.port", *_SERVER, "smtpPort")
    _login(account, draft)


def _login(account: Account, draft: Draft) -> None:
    if account.has(*_SERVER, "login") and account.has(*_SERVER, "password"):
        draft.set(str(account.value(*_SERVER, "login")), *_TARGET, "user")
        draft.set_secret("mail.password", account.value(*_SERVER, "password"), *_TARGET, "password")
        account.mark(Outcome.TRANSLATED, "notify.mail.user", *_SERVER, "login")
        account.mark(Outcome.TRANSLATED, "notify.mail.password, in a file", *_SERVER, "password")
        return
    for key in ("login", "password"):
        account.mark(Outcome.NOT_NEEDED, "there was no login", *_SERVER, key)


def _sender(account: Account, draft: Draft) -> None:
    sender = str(account.value(*_SERVER, "messageSender") or "")
    if parse_mailbox(sender) is not None:
        draft.set(sender, *_TARGET, "sender")
        account.mark(Outcome.TRANSLATED, "notify.mail.sender", *_SERVER, "messageSender")
    else:
        comment = "TO DO: the old config has no address here."
        draft.set("Spacecast <spacecast@example.org>", *_TARGET, "sender", comment=comment)
        account.mark(
            Outcome.BY_HAND, "notify.mail.sender: it is no mail address, fill it in", *_SERVER, "messageSender"
        )


def _language(account: Account, draft: Draft, languages: frozenset[str]) -> None:
    language = str(account.value(*_LETTER, "language") or "en").lower()
    draft.set(language, *_TARGET, "language")
    account.mark(Outcome.TRANSLATED, "notify.mail.language", *_LETTER, "language")
    if language not in languages:
        note = f"notify.mail.language: there are no texts in it; put ready.{language}.txt and .html into a folder of"
        account.mark(Outcome.BY_HAND, f"{note} your own, notify.mail.templates", *_LETTER, "language")
        draft.say(f"TO DO: no texts in {language!r} come with Spacecast; until then mails are in English.", *_TARGET)


def _recipients(account: Account, draft: Draft) -> None:
    listed: dict[str, list[str]] = {part: [] for part in _PARTS}
    for path, entry in _entries(account):
        part, recipient = _understood(entry)
        if recipient:
            listed[part].append(recipient)
            account.mark(Outcome.TRANSLATED, "notify.mail.users", *path)
        elif not entry:
            account.mark(Outcome.NOT_NEEDED, "it was empty", *path)
        else:
            account.mark(Outcome.BY_HAND, "notify.mail.users: one of them is no address, add it", *path)
            draft.say("TO DO: one of the old recipients is no address; see the table.", *_TARGET, "users")
    for part in _PARTS:
        if listed[part] or part == "to":
            draft.set(listed[part], *_TARGET, "users", part)
    draft.set(None, *_TARGET, "users", "only_if", comment="As before: whatever the metadata file says about it.")


def _entries(account: Account) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each recipient of the mail about a new space, with the place where it stands."""
    path = (*_LETTER, "to")
    found = account.value(*path)
    account.mark(Outcome.NOT_NEEDED, "nothing is ever removed, so no mail is sent about it", *path)
    for place, group in _groups(found, path):
        for entry in group if isinstance(group, list) else [group]:
            yield place, str(entry or "").strip()


def _groups(found: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    # Its releases have a list of addresses, a list of mappings by occasion, or a mapping.
    if isinstance(found, dict):
        yield from (((*path, key), group) for key, group in found.items() if key == "space_creation")
    elif isinstance(found, list) and any(isinstance(item, dict) for item in found):
        for index, item in enumerate(found):
            yield from _groups(item, (*path, index))
    else:
        yield path, found


def _understood(entry: str) -> tuple[str, str]:
    """Return the part of the head and the recipient that an entry means; an empty one for what means none."""
    *words, value = entry.split(":")
    part = next((word for word in words if word in _PARTS), "to")
    if "metadata" in words:
        keys = [key.strip() for key in value.split("->")]
        return part, f"{PATH_PREFIX}{'.'.join(keys)}" if all(keys) and "." not in "".join(keys) else ""
    return part, value.strip() if parse_mailbox(value) is not None else ""
