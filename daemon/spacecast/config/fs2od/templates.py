"""The templates of fs2od as templates of Spacecast: the same words, with the other's placeholders."""

import re
from collections.abc import Mapping

from spacecast.config.fs2od.account import Entry, Outcome

_PLACEHOLDER = re.compile(r"\$(?:(?P<escaped>\$)|(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")
# What Jinja2 would take for its own.
_MARKS = re.compile(r"\{\{|\{%|\{#")
_MAIL_NAME = re.compile(r"creation(?:\.(?P<language>[a-z]{2,3}))?\.(?P<ending>txt|html)")
_OTHER_MAIL = re.compile(r"deletion(?:\.[a-z]{2,3})?\.(?:txt|html)")
_OLD_DEFAULT_LANGUAGE = "en"
SHARE_NAME = "share_description_base.md"
SHARE_TEMPLATE = "share.md.j2"
_IN_MAILS = {
    "space_name": "{{ name }}",
    "space_id": "{{ space_id }}",
    "space_path": "{{ folder }}",
    "onezone_url": "{{ zone_url }}",
    "public_url": "{{ public_url }}",
    "invite_token": '{{ invite_token or "" }}',
    "now": "{{ now }}",
}
_ON_SHARES = {"dataset_name": "{{ title }}", "institution_name": "{{ facility }}"}


def translate_templates(old: Mapping[str, str]) -> tuple[dict[str, str], list[Entry]]:
    """Return the new templates by file name, and what became of each of the old ones."""
    new: dict[str, str] = {}
    entries: list[Entry] = []
    for name, text in sorted(old.items()):
        mail = _MAIL_NAME.fullmatch(name)
        if mail is not None:
            target = f"ready.{mail['language'] or _OLD_DEFAULT_LANGUAGE}.{mail['ending']}"
            new[target], missing = _translated(_with_subject(text) if mail["ending"] == "txt" else text, _IN_MAILS)
        elif name == SHARE_NAME:
            target = SHARE_TEMPLATE
            new[target], missing = _translated(text, _ON_SHARES)
        else:
            why = (
                "nothing is ever removed" if _OTHER_MAIL.fullmatch(name) else "no template of fs2od that is known here"
            )
            entries.append(Entry(0, name, Outcome.NOT_NEEDED if _OTHER_MAIL.fullmatch(name) else Outcome.UNKNOWN, why))
            continue
        entries.append(_entry(name, target, missing))
    return new, entries


def languages_in(templates: Mapping[str, str]) -> frozenset[str]:
    """Return the languages for which there is a text among new templates."""
    return frozenset(name.split(".")[1] for name in templates if name.startswith("ready."))


def _entry(name: str, target: str, missing: list[str]) -> Entry:
    if not missing:
        return Entry(0, name, Outcome.TRANSLATED, target)
    listed = ", ".join(f"${one}" for one in missing)
    return Entry(0, name, Outcome.BY_HAND, f"{target}: there is nothing for {listed}, see what is left of the text")


def _with_subject(text: str) -> str:
    """Put our mark before the first line, if an empty one after it makes it the subject."""
    first, _, rest = text.partition("\n")
    if rest.lstrip(" \t\r").startswith("\n"):
        return f"Subject: {first.strip()}\n{rest}"
    return f"Subject: $space_name\n\n{text}"


def _translated(text: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a text with our placeholders, and those of theirs for which there is none; these are left out."""
    missing: list[str] = []

    def ours(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name = found["name"] or found["braced"]
        if name not in known and name not in missing:
            missing.append(name)
        return known.get(name, "")

    harmless = _MARKS.sub(lambda mark: f"{{{{ '{mark[0]}' }}}}", text)
    return _PLACEHOLDER.sub(ours, harmless), missing
