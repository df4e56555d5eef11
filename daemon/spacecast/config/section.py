"""What all sections of the config have in common: strict keys, fixed values, and no value in an error's text."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Strict, model_validator

# YAML reads 0123 and 1e5 as numbers, and yes as true: strict types make such slips errors instead of surprises.
Text = Annotated[str, Strict()]
Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]


class Section(BaseModel):
    """A mapping of the config whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_section_means_defaults(cls, values: Any) -> Any:
        # `limits:` with every line below it commented out reads as null, and means what it looks like.
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if value is not None or not cls._is_section(key)}

    @classmethod
    def _is_section(cls, key: object) -> bool:
        field = cls.model_fields.get(key) if isinstance(key, str) else None
        return field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, Section)
