"""The JSON schema of the config, for editors that complete and check while typing."""

import json
from typing import Any

from pydantic.fields import FieldInfo

from spacecast.config.keys import section_in
from spacecast.config.models import Config
from spacecast.config.printed import is_secret, printed_default
from spacecast.config.section import Section


def schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12); its defaults are written as in YAML, and each key is described."""
    made = Config.model_json_schema()
    definitions = made["$defs"]
    for section in _sections(Config):
        mapping = made if section is Config else definitions[section.__name__]
        mapping.pop("title", None)
        for name, field in section.model_fields.items():
            _mend(mapping["properties"][name], section, name, field)
    definitions["SecretMapping"].update(minProperties=1, maxProperties=1)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Config of Spacecast"} | made


def schema_text() -> str:
    """Give the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _mend(described: dict[str, Any], section: type[Section], name: str, field: FieldInfo) -> None:
    described.pop("title", None)
    inner = section_in(field.annotation)
    if "default" in described:
        described["default"] = printed_default(section, name)
    elif not field.is_required() and inner is not None and not is_secret(field):
        # A section that may be left out may also be left empty, with all its lines commented out.
        described.pop("$ref", None)
        described["anyOf"] = [{"$ref": f"#/$defs/{inner.__name__}"}, {"type": "null"}]


def _sections(section: type[Section]) -> set[type[Section]]:
    inner = {found for field in section.model_fields.values() if (found := section_in(field.annotation))}
    return {section}.union(*(_sections(found) for found in inner))
