"""How a validator says what is wrong with a value: one sentence for people, which never holds a secret."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LONGEST_ECHO = 40


def wrong(explanation: str, *below: str | int) -> PydanticCustomError:
    """Give the error to raise from a validator; its text is shown to the operator as it is.

    `below` is the way to the key that is meant, where the validator looks at a whole section.
    """
    return PydanticCustomError("wrong", "{explanation}", {"explanation": explanation, "below": below})


def shown(value: object) -> str:
    """Give the value as it may stand in a message: short ones as they are, long ones by their length."""
    text = repr(value)
    return text if len(text) <= LONGEST_ECHO else f"a text of {len(text)} characters"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a text: a pattern for programs, and words for people who got it wrong."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise wrong(f"must be {self.words}")
        return text
