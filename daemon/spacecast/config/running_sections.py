"""The config's sections `limits` and `log`: how the daemon itself runs."""

from typing import Annotated, Literal

from pydantic import Field

from spacecast.config.section import Section, Whole
from spacecast.config.units import Duration, at_least


class Limits(Section):
    """How much is done at the same time, and how long a service may take to answer."""

    link_workers: Annotated[Whole, Field(ge=1, le=64)] = Field(
        default=8,
        description="How many datasets are brought to their link at the same time. At the most half of them wait for"
        " the same file system, should it hang.",
    )
    bulk_workers: Annotated[Whole, Field(ge=1, le=64)] = Field(
        default=2,
        description="How many datasets are verified and cataloged at the same time. More than 2 overload a"
        " SQLite catalog, and with less than 2 a file system that hangs holds up the others.",
    )
    connections_per_service: Annotated[Whole, Field(ge=1, le=256)] = Field(
        default=16, description="How many requests each service gets at the same time."
    )
    connect_timeout: Annotated[Duration, at_least("100ms")] = Field(
        default=5.0, description="How long a service may take to accept a connection."
    )
    read_timeout: Annotated[Duration, at_least("1s")] = Field(
        default=30.0, description="How long a service may stay silent while it answers."
    )


class Log(Section):
    """What the daemon says, on standard error or in the journal."""

    format: Literal["auto", "console", "json", "journal"] = Field(
        default="auto",
        description="`console`: lines for people. `json`: one object per line. `journal`: entries of systemd's journal"
        " with a field for each key. `auto`: the journal where standard error goes there, console on a terminal, else"
        " json.",
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important kind of message that is said."
    )
