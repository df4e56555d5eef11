"""The names that objects in Onedata get, made from the folder's name."""

import re
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from spacecast.config.section import Section, Text
from spacecast.config.wrong import wrong

# What Onedata accepts in the names of spaces, groups, shares and tokens.
_NAME_CHARACTERS = re.compile(r"[)(\w .\-]*")
LONGEST_PREFIX = 40


def _accepted(text: str) -> str:
    if not _NAME_CHARACTERS.fullmatch(text):
        raise wrong("may hold letters, digits, spaces and the characters _ ( ) . - only, as Onedata's names do")
    return text


def _template(template: str) -> str:
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        raise wrong("has an unclosed brace") from None
    if any(field is not None and (field != "folder" or spec or conversion) for _, field, spec, conversion in parts):
        raise wrong("knows the placeholder {folder} only")
    if all(field is None for _, field, _, _ in parts):
        raise wrong("must hold {folder}, or all datasets would have the same name")
    for literal, *_ in parts:
        _accepted(literal)
    return template


class Names(Section):
    """How spaces, storages, groups, shares and tokens are named."""

    template: Annotated[Text, AfterValidator(_template)] = Field(
        default="{folder}", description="The name; `{folder}` stands for the name of the dataset's folder."
    )
    prefix: Annotated[Text, Field(max_length=LONGEST_PREFIX), AfterValidator(_accepted)] = Field(
        default="",
        description="A text before every name, for example to tell a test instance's objects from others.",
    )

    @model_validator(mode="after")
    def _check_start(self) -> Self:
        if self.prefix.startswith((" ", ".", "-")):
            raise wrong("must not start with a space, dot or dash", "prefix")
        return self

    def name_for(self, folder: str) -> str:
        """Give the name for the folder, not yet made valid: the folder's own name may hold anything."""
        return self.prefix + self.template.replace("{folder}", folder)
