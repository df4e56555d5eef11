"""What is in a file: its structure, read from the header alone, and the adapter that serves it.

`raw_array` is for the Tiled server's process and is not imported here: the daemon has neither numpy nor Tiled.
"""

from spacecast.formats.keys import entry_key, natural
from spacecast.formats.model import Description, Readable, Unreadable
from spacecast.formats.recognise import describe
from spacecast.formats.series import Series, frame_kind, group, stack

__all__ = [
    "Description",
    "Readable",
    "Series",
    "Unreadable",
    "describe",
    "entry_key",
    "frame_kind",
    "group",
    "natural",
    "stack",
]
