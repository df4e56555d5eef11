"""The texts of mails, from templates: the operator's own where there are any, else those that come with Spacecast."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2 import TemplateNotFound as NoTemplate
from jinja2.sandbox import SandboxedEnvironment

from spacecast.faults import NeedsPerson

FALLBACK_LANGUAGE = "en"
_SUBJECT = "Subject:"
_LONGEST_SUBJECT = 300


@dataclass(frozen=True)
class Texts:
    """Subject, plain text and HTML of one mail."""

    subject: str
    plain: str = field(repr=False)
    html: str = field(repr=False)


def render(kind: str, language: str, facts: Mapping[str, Any], *, own_folder: Path | None = None) -> Texts:
    """Return the texts of a notice of this kind; the facts are hostile and stay text, whatever is in them.

    A language without a template of its own is told in English. Raises NeedsPerson that names the template that is
    wrong.
    """
    harmless = {name: _harmless(value) for name, value in facts.items()}
    subject, plain = _divided(_rendered(kind, language, "txt", harmless, own_folder))
    return Texts(subject, plain, _rendered(kind, language, "html", harmless, own_folder))


def languages_of(own_folder: Path | None) -> frozenset[str]:
    """Return the languages in which there is a text for users."""
    names = _environment(own_folder).list_templates(filter_func=lambda name: name.startswith("ready."))
    return frozenset(name.split(".")[1] for name in names)


def _rendered(kind: str, language: str, ending: str, facts: Mapping[str, Any], own_folder: Path | None) -> str:
    names = [f"{kind}.{code}.{ending}" for code in dict.fromkeys((language, FALLBACK_LANGUAGE))]
    try:
        return _environment(own_folder).select_template(names).render(facts)
    except NoTemplate as missing:
        raise NeedsPerson(
            f"There is no mail template {' or '.join(names)}. Spacecast is not installed whole"
        ) from missing
    except (TemplateError, OSError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
        place = f" in {own_folder} (notify.mail.templates)" if own_folder else ""
        raise NeedsPerson(f"The mail template {names[0]}{place} cannot be used: {error}. Correct it") from error


def _divided(text: str) -> tuple[str, str]:
    """Return the subject, from the first line if it is one, and the rest."""
    first, _, rest = text.lstrip().partition("\n")
    if not first.startswith(_SUBJECT):
        raise NeedsPerson(
            "A mail template (notify.mail.templates, *.txt) does not begin with a line `Subject: …`. Add it"
        )
    subject = textwrap.shorten(first.removeprefix(_SUBJECT), _LONGEST_SUBJECT, placeholder=" …")
    return subject, rest.strip() + "\n"


@lru_cache(maxsize=4)
def _environment(own_folder: Path | None) -> SandboxedEnvironment:
    own: tuple[BaseLoader, ...] = (FileSystemLoader(own_folder),) if own_folder else ()
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([*own, PackageLoader("spacecast.notices")]),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
    )
    environment.filters["address"] = _address
    return environment


def _address(text: str) -> str:
    """Return an address that may stand in a link; empty for one that would do something else."""
    try:
        return text if urlsplit(text).scheme in {"https", "http"} else ""
    except ValueError:
        return ""


def _harmless(value: Any) -> Any:
    """Return a fact without anything that a header, a terminal or a reader of mails would obey."""
    if isinstance(value, str):
        return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
    if isinstance(value, Mapping):
        return {key: _harmless(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_harmless(inner) for inner in value]
    return value
