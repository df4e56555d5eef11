"""The reference page of the config: one table for each section, made from the models."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from spacecast.config.keys import section_in
from spacecast.config.models import Config
from spacecast.config.printed import as_yaml, is_secret, printed_default
from spacecast.config.section import Section

HEAD = """\
# Config reference

Made from the models by `python -m spacecast.config.generate`; the same facts stand as comments in
[`config/spacecast.yaml`](../../config/spacecast.yaml), and [`config/spacecast.schema.json`](../../config/spacecast.schema.json)
lets an editor check while you type.

The config is `--config FILE`, else `$SPACECAST_CONFIG`, else `/etc/spacecast/spacecast.yaml`. Whatever is wrong with it is
reported at once, one line for each problem: `FILE:LINE: key: problem. Remedy.` Unknown keys are errors.

- **Durations** have a unit: `500ms`, `5s`, `10min`, `2h`, `90d`. **Sizes** too: `500GB`, `10TiB`.
- **Paths** are absolute.
- **Addresses** are `https://`; `http://` is accepted for this machine only (`localhost`, `127.0.0.1`, `[::1]`).
- **Secrets** never stand in the config, only the place where they are kept:
  - `{file: /etc/spacecast/zone.token}`: a file with the secret alone, which others cannot read (`chmod 600`, or owner root,
    the service's group and `chmod 640`). It is read again when it changes, so a token is rotated by replacing the file.
  - `{env: ZONE_TOKEN}`: an environment variable of the daemon.
  - `{credential: zone-token}`: a systemd credential, `LoadCredential=zone-token:/etc/spacecast/credentials/zone-token` in the unit.
"""


def reference() -> str:
    """Give the text of the page, in Markdown; it names every key."""
    return HEAD + "\n".join(_section_lines(Config, "")) + "\n"


def _section_lines(section: type[Section], path: str) -> Iterator[str]:
    yield from ("", f"## `{path}`" if path else "## Top level", "", " ".join((section.__doc__ or "").split()), "")
    yield from ("| Key | Value | Default | Meaning |", "|---|---|---|---|")
    yield from (_row(section, name, field) for name, field in section.model_fields.items())
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner is not None and not is_secret(field):
            yield from _section_lines(inner, f"{path}.{name}".removeprefix("."))


def _row(section: type[Section], name: str, field: FieldInfo) -> str:
    inner = section_in(field.annotation)
    meaning = field.description or " ".join(((inner.__doc__ if inner else "") or "").split())
    default = "needed" if field.is_required() else _default(section, name)
    cells = (f"`{name}`", _kind(field), default, meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(section: type[Section], name: str) -> str:
    value = printed_default(section, name)
    return "" if isinstance(value, dict) and value else f"`{as_yaml(value)}`"


def _kind(field: FieldInfo) -> str:
    if is_secret(field):
        return "secret"
    if section_in(field.annotation) is not None:
        return "list of sections" if get_origin(field.annotation) is tuple else "section"
    choices = [argument for argument in get_args(field.annotation) if get_origin(field.annotation) is Literal]
    return ", ".join(f"`{choice}`" for choice in choices) or _kind_of_value(_printed_example(field))


def _printed_example(field: FieldInfo) -> Any:
    from pydantic import TypeAdapter  # noqa: PLC0415 - placeholder

    return TypeAdapter(field.annotation).json_schema()


def _kind_of_value(schema: Any) -> str:
    return str(schema.get("type", ""))
