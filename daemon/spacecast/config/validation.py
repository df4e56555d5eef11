"""Values of a YAML file against the models: a config, or problems in the operator's words."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from spacecast.config.document import Document
from spacecast.config.keys import advice_on_unknown, field_at, section_at, section_in
from spacecast.config.models import Config
from spacecast.config.problems import KeyPath, Problem
from spacecast.config.secret_mapping import SecretMapping
from spacecast.config.surroundings import Surroundings


def validate(document: Document, surroundings: Surroundings) -> tuple[Config | None, list[Problem]]:
    """Give the config, or None, and everything that is wrong. No problem's text repeats what may be a secret."""
    problems = list(document.problems)
    if document.values is None and problems:
        return None, problems
    config, errors = _against_models(document.values, surroundings)
    problems += (_problem(error, document) for error in errors if not _follows_from_another(error, errors))
    return (None if problems else config), problems


def _against_models(values: Any, surroundings: Surroundings) -> tuple[Config | None, list[ErrorDetails]]:
    # The error holds the values it complains about. It ends here, and is never chained to another one.
    try:
        return Config.model_validate({} if values is None else values, context=surroundings), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def _follows_from_another(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    # A list whose items are wrong counts as too short as well.
    depth = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == error["loc"] for other in errors
    )


def _problem(error: ErrorDetails, document: Document) -> Problem:
    path = (*(part for part in error["loc"] if part != "[key]"), *error.get("ctx", {}).get("below", ()))
    if error["type"] == "extra_forbidden" and section_at(path[:-1]) is SecretMapping:
        # `token: {MDAx...}` is a mapping whose key is the secret.
        return Problem(document.line_of(path), path[:-1], _NOT_A_PLACE)
    explain = _EXPLANATIONS.get(error["type"], _in_library_words)
    return Problem(document.line_of(path), path, explain(path, error))


def _unknown(path: KeyPath, _error: ErrorDetails) -> str:
    return f"unknown key; {advice_on_unknown(path)}"


def _missing(path: KeyPath, _error: ErrorDetails) -> str:
    section, field = section_at(path), field_at(path)
    if field is not None and field.examples:
        return f"is missing. Add it, for example `{path[-1]}: {json.dumps(field.examples[0])}`"
    needed = [name for name, inner in section.model_fields.items() if inner.is_required()] if section else []
    return f"is missing. Add it, with at least {', '.join(needed)}" if needed else "is missing. Add it"


def _not_a_section(path: KeyPath, _error: ErrorDetails) -> str:
    section = section_at(path)
    return f"must be a section with the keys {', '.join(section.model_fields)}" if section else "must be a section"


def _not_a_list(path: KeyPath, _error: ErrorDetails) -> str:
    field = field_at(path)
    example = field.examples[0] if field is not None and field.examples else ["...", "..."]
    items = field is not None and section_in(field.annotation) is not None
    return (
        "must be a list, each item with a dash before it" if items else f"must be a list, such as {json.dumps(example)}"
    )


def _choice(_path: KeyPath, error: ErrorDetails) -> str:
    choices = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
    return f"must be one of {choices}"


def _fixed(text: str) -> Callable[[KeyPath, ErrorDetails], str]:
    return lambda _path, _error: text


def _figure(words: str, key: str) -> Callable[[KeyPath, ErrorDetails], str]:
    return lambda _path, error: f"{words} {error['ctx'][key]}"


def _in_library_words(_path: KeyPath, error: ErrorDetails) -> str:
    return error["msg"]


_NOT_A_PLACE = "has an unknown key; known here: file, env, credential"
_EXPLANATIONS: dict[str, Callable[[KeyPath, ErrorDetails], str]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "model_type": _not_a_section,
    "model_attributes_type": _not_a_section,
    "dict_type": _fixed("must be a mapping, such as {/data: /volumes/data}"),
    "tuple_type": _not_a_list,
    "literal_error": _choice,
    "int_type": _fixed("must be a whole number"),
    "bool_type": _fixed("must be true or false"),
    "string_type": _fixed("must be text; put quotes around it if it looks like a number, date or yes/no"),
    "string_too_short": _fixed("must not be empty"),
    "too_short": _fixed("must not be empty"),
    "string_too_long": _figure("is too long; characters allowed:", "max_length"),
    "greater_than_equal": _figure("must be at least", "ge"),
    "less_than_equal": _figure("must be at most", "le"),
}
