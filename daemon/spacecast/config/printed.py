"""Fields of the models as they are printed in the sample, the schema and the reference page."""

import json
from typing import Any, get_args

from pydantic.fields import FieldInfo

from spacecast.config.secret import Secret
from spacecast.config.section import Section


def printed_default(section: type[Section], name: str) -> Any:
    """Give the default as it is written in YAML (`5s`, not 5.0); the field must have one."""
    field = section.model_fields[name]
    partly = section.model_construct(**{name: field.get_default(call_default_factory=True)})
    return partly.model_dump(mode="json", include={name}, warnings=False)[name]


def as_yaml(value: Any) -> str:
    """Give the value on one line, as YAML that every reader understands alike."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if isinstance(value, str) and _needs_no_quotes(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def is_secret(field: FieldInfo) -> bool:
    """Tell whether the field holds a secret, optional or not."""
    return field.annotation is Secret or Secret in get_args(field.annotation)


def _needs_no_quotes(text: str) -> bool:
    plain = text.replace("/", "a").replace(".", "a").replace("_", "a").replace("-", "a")
    words_of_yaml = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    return plain.isascii() and plain.isalnum() and not text.isdigit() and text.lower() not in words_of_yaml
