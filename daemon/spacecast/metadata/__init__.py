"""The metadata file: read it, write our blocks into it, and leave the rest as its author wrote it."""

from spacecast.metadata.blocks import (
    EARLIER_NAMES,
    BlockValues,
    TiledValues,
    invite_tokens,
    read_block,
    read_tiled_block,
)
from spacecast.metadata.create import create_file
from spacecast.metadata.disclosure import publishable
from spacecast.metadata.faults import (
    CannotKeep,
    LostRace,
    NotYet,
    Refused,
    Trouble,
    Unreadable,
    Unwritable,
)
from spacecast.metadata.in_place import finish_in_place
from spacecast.metadata.journal import Journal
from spacecast.metadata.lease import ignore_lease_signal
from spacecast.metadata.leftovers import Leftover, clean_leftovers
from spacecast.metadata.locating import place_of_key
from spacecast.metadata.operations import FileOperations
from spacecast.metadata.parsing import parse
from spacecast.metadata.replace import Replaced, hide_from_others, replace_file
from spacecast.metadata.sidecar import is_sidecar, read_sidecar, render_sidecar, sidecar_name
from spacecast.metadata.splice import remove_entries, set_block, set_blocks
from spacecast.metadata.target import Stamp
from spacecast.metadata.temporary import temporary_name

__all__ = [
    "EARLIER_NAMES",
    "BlockValues",
    "CannotKeep",
    "FileOperations",
    "Journal",
    "Leftover",
    "LostRace",
    "NotYet",
    "Refused",
    "Replaced",
    "Stamp",
    "TiledValues",
    "Trouble",
    "Unreadable",
    "Unwritable",
    "clean_leftovers",
    "create_file",
    "finish_in_place",
    "hide_from_others",
    "ignore_lease_signal",
    "invite_tokens",
    "is_sidecar",
    "parse",
    "place_of_key",
    "publishable",
    "read_block",
    "read_sidecar",
    "read_tiled_block",
    "remove_entries",
    "render_sidecar",
    "replace_file",
    "set_block",
    "set_blocks",
    "sidecar_name",
    "temporary_name",
]
