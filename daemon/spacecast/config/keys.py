"""The keys that the models know, to say which one an operator may have meant."""

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from spacecast.config.models import Config
from spacecast.config.problems import KeyPath, dotted
from spacecast.config.secret import Secret
from spacecast.config.secret_mapping import SecretMapping
from spacecast.config.section import Section


def section_in(annotation: Any) -> type[Section] | None:
    """Give the section in a field of this type, be it optional or in a list; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if annotation is Secret:
        return SecretMapping
    return next((found for argument in get_args(annotation) if (found := section_in(argument))), None)


def section_at(path: KeyPath) -> type[Section] | None:
    """Give the section at the path, or None where the path leads to a plain value or to nothing."""
    section: type[Section] | None = Config
    for part in path:
        if isinstance(part, str):
            field = section.model_fields.get(part) if section else None
            section = section_in(field.annotation) if field else None
    return section


def field_at(path: KeyPath) -> FieldInfo | None:
    """Give the field at the path, or None where the models have none."""
    section = section_at(path[:-1]) if path else None
    return section.model_fields.get(str(path[-1])) if section else None


def advice_on_unknown(path: KeyPath) -> str:
    """Say which key was probably meant, beside it or elsewhere; else which keys are known there."""
    section, name = section_at(path[:-1]), str(path[-1])
    beside = tuple(section.model_fields) if section else ()
    close = difflib.get_close_matches(_plain(name), beside, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    elsewhere = [dotted(known) for known in all_paths() if known[-1] == _plain(name)]
    if elsewhere:
        return f"did you mean `{'` or `'.join(elsewhere)}`?"
    return f"known here: {', '.join(beside)}"


def all_paths(section: type[Section] = Config, above: KeyPath = ()) -> Iterator[KeyPath]:
    """Give the path of every key in the models' order, without the forms of secrets."""
    for name, field in section.model_fields.items():
        path = (*above, name)
        yield path
        inner = section_in(field.annotation)
        if inner is not None and inner is not SecretMapping:
            yield from all_paths(inner, path)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
