"""The Arrow schema of a table, as Tiled wants it, written with nothing but flatbuffers.

An encapsulated Schema message of the Arrow IPC format (Arrow columnar format, "Encapsulated message format";
Message.fbs and Schema.fbs give the slot numbers below).
"""

import base64
import struct
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

_DATA_URI = "data:application/vnd.apache.arrow.file;base64,"
_METADATA_VERSION_5 = 4
_HEADER_IS_SCHEMA = 1
_TYPE_INT, _TYPE_FLOAT, _TYPE_UTF8, _TYPE_BOOL = 2, 3, 5, 6
_PRECISION_DOUBLE = 2
_ALIGNMENT_BYTES = 8
_CONTINUES = 0xFFFFFFFF
# Many tables of a folder have the same columns.
_REMEMBERED = 64


class ColumnType(Enum):
    """The type of a column; the value is pandas' name of it."""

    INTEGER = "int64"
    FLOAT = "float64"
    BOOLEAN = "bool"
    TEXT = "str"


def arrow_schema_uri(columns: Mapping[str, ColumnType]) -> str:
    """Return the schema of a table with these columns, as the data URI of Tiled's TableStructure."""
    return _schema_uri(tuple(columns.items()))


@lru_cache(_REMEMBERED)
def _schema_uri(columns: tuple[tuple[str, ColumnType], ...]) -> str:
    message = _message(dict(columns))
    padding = -len(message) % _ALIGNMENT_BYTES
    encapsulated = struct.pack("<II", _CONTINUES, len(message) + padding) + message + b"\0" * padding
    return _DATA_URI + base64.b64encode(encapsulated).decode("ascii")


def _message(columns: Mapping[str, ColumnType]) -> bytes:
    import flatbuffers  # noqa: PLC0415 - it loads numpy where that is installed: not before there is a table

    builder = flatbuffers.Builder(1024)
    fields = [_field(builder, name, kind) for name, kind in columns.items()]
    fields_vector = _vector(builder, fields)
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(1, fields_vector, 0)
    schema = builder.EndObject()
    builder.StartObject(5)
    builder.PrependInt16Slot(0, _METADATA_VERSION_5, 0)
    builder.PrependUint8Slot(1, _HEADER_IS_SCHEMA, 0)
    builder.PrependUOffsetTRelativeSlot(2, schema, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def _field(builder: Any, name: str, kind: ColumnType) -> int:
    label = builder.CreateString(name)
    children = _vector(builder, [])
    number, type_table = _type(builder, kind)
    builder.StartObject(7)
    builder.PrependUOffsetTRelativeSlot(0, label, 0)
    builder.PrependBoolSlot(1, True, False)
    builder.PrependUint8Slot(2, number, 0)
    builder.PrependUOffsetTRelativeSlot(3, type_table, 0)
    builder.PrependUOffsetTRelativeSlot(5, children, 0)
    return int(builder.EndObject())


def _type(builder: Any, kind: ColumnType) -> tuple[int, int]:
    builder.StartObject(2)
    if kind is ColumnType.INTEGER:
        builder.PrependInt32Slot(0, 64, 0)
        builder.PrependBoolSlot(1, True, False)
        number = _TYPE_INT
    elif kind is ColumnType.FLOAT:
        builder.PrependInt16Slot(0, _PRECISION_DOUBLE, 0)
        number = _TYPE_FLOAT
    else:
        number = _TYPE_BOOL if kind is ColumnType.BOOLEAN else _TYPE_UTF8
    return number, int(builder.EndObject())


def _vector(builder: Any, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
