"""The config's section `watch`: where datasets are looked for."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from spacecast.config.paths import WatchedFolder, is_pattern
from spacecast.config.section import Section
from spacecast.config.units import DURATION_PATTERN, Duration, at_least, format_duration

INTERVAL_PATTERN = f"^auto$|{DURATION_PATTERN}"


def _auto_as_none(value: Any) -> Any:
    return None if value == "auto" else value


Interval = Annotated[
    Annotated[Duration, at_least("1s")] | None,
    BeforeValidator(_auto_as_none),
    PlainSerializer(lambda seconds: "auto" if seconds is None else format_duration(seconds), return_type=str),
    WithJsonSchema({"type": "string", "pattern": INTERVAL_PATTERN}),
]


class Watch(Section):
    """A folder, or a pattern for several; their sub-folders with a metadata file are the datasets."""

    folder: WatchedFolder = Field(
        description="The folder, as an absolute path. The wildcards `*`, `?` and `[...]` may stand for"
        " folder names; folders that match later are found too.",
        examples=["/data/datasets", "/data/users/*/datasets"],
    )
    events: Literal["auto", "inotify", "poll"] = Field(
        default="auto",
        description="How changes are noticed early. `inotify`: the kernel tells, which works on local file"
        " systems only. `poll`: by the regular rescan alone. `auto`: decided by the kind of file"
        " system.",
    )
    rescan_interval: Interval = Field(
        default=None,
        description="How long to wait between two scans, which find whatever events have missed. `auto`: by"
        " what scans cost, from two seconds to two minutes, on network file systems to five minutes.",
    )

    @property
    def is_pattern(self) -> bool:
        """Whether the folder holds wildcards and so stands for any number of folders."""
        return is_pattern(self.folder)
