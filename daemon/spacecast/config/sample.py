"""The commented sample config: every key with its meaning and its default, made from the models."""

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from spacecast.config.keys import section_in
from spacecast.config.models import Config
from spacecast.config.printed import as_yaml, is_secret, printed_default
from spacecast.config.section import Section

WIDTH = 100
# Keeps a default on one line while the text around it is wrapped.
UNBROKEN = "\N{NO-BREAK SPACE}"
HEAD = """\
# yaml-language-server: $schema=spacecast.schema.json
#
# The config of Spacecast. Every key is shown with its default, or with an example where it has none:
# what stands after "Needed" you must fill in, what stands after "Default" you may leave out.
#
#   Durations have a unit: 500ms, 5s, 10min, 2h, 90d.    Sizes too: 500GB, 10TiB.
#   Paths are absolute.    Addresses are https://; http:// is accepted on this machine only (localhost).
#   Secrets never stand here, only where they are kept, in one of three ways:
#       {file: /etc/spacecast/zone.token}   a file that others cannot read: chmod 600, or root:spacecast and 640
#       {env: ZONE_TOKEN}                   an environment variable of the daemon
#       {credential: zone-token}            a systemd credential (LoadCredential= in the unit)
#
# `spacecast check` says what is wrong with it and with the services it names.
"""


def sample() -> str:
    """Give the text of the sample; it is a valid config but for the paths, which must exist on the machine."""
    return HEAD + "\n".join(_section_lines(Config, "")) + "\n"


def _section_lines(section: type[Section], indent: str) -> Iterator[str]:
    blank_due = not indent
    for name, field in section.model_fields.items():
        inner = None if is_secret(field) else section_in(field.annotation)
        if blank_due or (inner is not None and name != next(iter(section.model_fields))):
            yield ""
        blank_due = not indent or inner is not None
        if inner is None:
            yield from _value_lines(section, name, field, indent)
        else:
            yield from _comment(_meaning(field, inner), indent)
            yield f"{indent}{name}:"
            yield from _items(inner, indent) if _is_list(field) else _section_lines(inner, indent + "  ")


def _items(section: type[Section], indent: str) -> Iterator[str]:
    # The first key of an item stands after the dash; the comments keep the same column as the keys.
    dash_due = True
    for line in _section_lines(section, indent + "    "):
        is_key = bool(line.strip()) and not line.lstrip().startswith("#")
        yield f"{indent}  - {line.strip()}" if is_key and dash_due else line
        dash_due = dash_due and not is_key


def _value_lines(section: type[Section], name: str, field: FieldInfo, indent: str) -> Iterator[str]:
    yield from _comment(f"{field.description} {_need(section, name, field)}", indent)
    value = field.examples[0] if field.is_required() and field.examples else printed_default(section, name)
    yield f"{indent}{name}: {as_yaml(value)}"


def _need(section: type[Section], name: str, field: FieldInfo) -> str:
    if field.is_required():
        more = [as_yaml(example) for example in (field.examples or [])[1:]]
        return f"Needed. Also possible: {', '.join(more)}" if more else "Needed."
    return f"Default:{UNBROKEN}{as_yaml(printed_default(section, name)).replace(' ', UNBROKEN)}"


def _meaning(field: FieldInfo, inner: type[Section]) -> str:
    own = " ".join((inner.__doc__ or "").split())
    return f"{own} {field.description}" if field.description else own


def _is_list(field: FieldInfo) -> bool:
    origin: Any = getattr(field.annotation, "__origin__", None)
    return origin is tuple


def _comment(text: str, indent: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH - len(indent) - 2, break_on_hyphens=False, break_long_words=False):
        yield f"{indent}# {line}".replace(UNBROKEN, " ")
