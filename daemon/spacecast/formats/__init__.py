"""What is in a file: its structure, read from the header alone, and the adapter that serves it.

`raw_array` is for the Tiled server's process and is not imported here: the daemon has neither numpy nor Tiled.
"""

from spacecast.formats.keys import LONGEST_KEY, dataset_key, entry_key, natural
from spacecast.formats.model import Description, Readable, Unreadable
from spacecast.formats.recognise import describe
from spacecast.formats.series import Series, fewest, frame_kind, group, most, numbered_name, series_key, stack
from spacecast.formats.serving import is_given_out, unaddressable
from spacecast.formats.structures import RAW_ARRAY_MIMETYPE

__all__ = [
    "LONGEST_KEY",
    "RAW_ARRAY_MIMETYPE",
    "Description",
    "Readable",
    "Series",
    "Unreadable",
    "dataset_key",
    "describe",
    "entry_key",
    "fewest",
    "frame_kind",
    "group",
    "is_given_out",
    "most",
    "natural",
    "numbered_name",
    "series_key",
    "stack",
    "unaddressable",
]
