"""The reference page of the config: one table for each section, made from the models."""

from collections.abc import Iterator
from typing import Any

from spacecast.config.keys import section_in
from spacecast.config.models import Config
from spacecast.config.printed import as_yaml, is_secret, printed_default
from spacecast.config.schema import schema
from spacecast.config.section import Section
from spacecast.config.units import DURATION_PATTERN, SIZE_PATTERN
from spacecast.config.watch_section import INTERVAL_PATTERN

WORDS_BY_PATTERN = {
    DURATION_PATTERN: "duration",
    SIZE_PATTERN: "size",
    INTERVAL_PATTERN: "`auto` or duration",
    "^/": "absolute path",
    "^https?://": "address",
}
WORDS_BY_TYPE = {
    "string": "text",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "object": "mapping of absolute paths",
    "null": "`null`",
}

HEAD = """\
# Config reference

Made from the models by `python -m spacecast.config.generate`; the same facts stand as comments in
[`config/spacecast.yaml`](../../config/spacecast.yaml). An editor that knows the schema
[`config/spacecast.schema.json`](../../config/spacecast.schema.json) checks while you type.

The config is `--config FILE`, else `$SPACECAST_CONFIG`, else `/etc/spacecast/spacecast.yaml`. Whatever is
wrong with it is reported at once, one line for each problem: `FILE:LINE: key: problem. Remedy.`
Unknown keys are errors.

- **Durations** have a unit: `500ms`, `5s`, `10min`, `2h`, `90d`. **Sizes** too: `500GB`, `10TiB`.
- **Paths** are absolute.
- **Addresses** are `https://`; `http://` is accepted for this machine only (`localhost`, `127.0.0.1`, `[::1]`).
- **Secrets** never stand in the config, only the place where they are kept:
  - `{file: /etc/spacecast/zone.token}`: a file with the secret alone, which others cannot read (`chmod 600`, or
    owner root, the service's group and `chmod 640`). It is read again when it changes, so a token is rotated by
    replacing the file.
  - `{env: ZONE_TOKEN}`: an environment variable of the daemon.
  - `{credential: zone-token}`: a systemd credential,
    `LoadCredential=zone-token:/etc/spacecast/credentials/zone-token` in the unit.
"""


def reference() -> str:
    """Give the text of the page, in Markdown; it names every key."""
    return HEAD + "\n".join(_section_lines(Config, "")) + "\n"


def _section_lines(section: type[Section], path: str) -> Iterator[str]:
    described = _described(section)
    yield from ("", f"## `{path}`" if path else "## Top level", "", " ".join((section.__doc__ or "").split()), "")
    yield from ("| Key | Value | Default | Meaning |", "|---|---|---|---|")
    yield from (_row(section, name, kind_of(described[name])) for name in section.model_fields)
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner is not None and not is_secret(field):
            yield from _section_lines(inner, f"{path}.{name}".removeprefix("."))


def _described(section: type[Section]) -> dict[str, Any]:
    made = schema()
    described: dict[str, Any] = (made if section is Config else made["$defs"][section.__name__])["properties"]
    return described


def _row(section: type[Section], name: str, kind: str) -> str:
    field = section.model_fields[name]
    inner = section_in(field.annotation)
    meaning = field.description or " ".join(((inner.__doc__ if inner else "") or "").split())
    default = "needed" if field.is_required() else _default(section, name)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{name}`", kind, default, meaning)) + " |"


def _default(section: type[Section], name: str) -> str:
    value = printed_default(section, name)
    return "" if isinstance(value, dict) and value else f"`{as_yaml(value)}`"


def kind_of(described: dict[str, Any]) -> str:
    """Say in a few words what kind of value a JSON schema describes."""
    if "anyOf" in described:
        kinds = [kind_of(choice) for choice in described["anyOf"]]
        return "section" if "section" in kinds else " or ".join(kinds)
    if "$ref" in described:
        return "secret" if described["$ref"].endswith("/SecretMapping") else "section"
    if "enum" in described:
        return ", ".join(f"`{choice}`" for choice in described["enum"])
    if described["type"] == "array":
        return f"list: {kind_of(described['items'])}"
    return WORDS_BY_PATTERN.get(described.get("pattern", ""), WORDS_BY_TYPE[described["type"]])
