"""Identifiers as Onedata makes them: entity ids, space ids from a seed, and the file ids of its REST API."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

_SEED_PREFIX = "customSpaceIdGeneratorSeed"
_HEADER_LENGTH = 8
_LONGEST_DATA = 255
_PLAIN_PARTS = 3
_SHARED_PARTS = 4
_HEX_ID = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class BadFileIdError(ValueError):
    """A text that is not a file id."""


@dataclass(frozen=True)
class FileReference:
    """What a file id says: the file, its space and, when it is seen through a share, the share."""

    file_uuid: str
    space_id: str
    share_id: str | None = None


def new_id() -> str:
    """Make an id as the servers do: 32 hex digits, `ch`, 4 hex digits."""
    return f"{secrets.token_hex(16)}ch{secrets.token_hex(2)}"


def space_id_from_seed(seed: str) -> str:
    """Give the id that the zone derives from an `idGeneratorSeed`."""
    digest = hashlib.md5((_SEED_PREFIX + seed).encode(), usedforsecurity=False).hexdigest()
    return f"{digest}ch{digest[10:14]}"


def root_uuid(space_id: str) -> str:
    """Give the uuid of the root directory of a space."""
    return f"space_{space_id}"


@lru_cache(maxsize=65536)
def file_id(file_uuid: str, space_id: str, share_id: str | None = None) -> str:
    """Encode a file reference as the upper-case hex file id of the REST API."""
    if share_id is None:
        data = f"guid#{file_uuid}#{space_id}".encode()
    else:
        data = f"shareGuid#{file_uuid}#{space_id}#{share_id}".encode()
    checksum = _crc16_arc(_header(len(data), 0) + data)
    return (_header(len(data), checksum) + data).hex().upper()


def decode_file_id(text: str) -> FileReference:
    """Decode a file id; raise BadFileIdError when header, checksum or layout are wrong."""
    if not _HEX_ID.fullmatch(text):
        raise BadFileIdError(text)
    raw = bytes.fromhex(text)
    header, data = raw[:_HEADER_LENGTH], raw[_HEADER_LENGTH:]
    if not 0 < len(data) <= _LONGEST_DATA:
        raise BadFileIdError(text)
    if header != _header(len(data), _crc16_arc(_header(len(data), 0) + data)):
        raise BadFileIdError(text)
    return _reference(data.decode("ascii", "replace").split("#"), text)


def _reference(parts: list[str], text: str) -> FileReference:
    if parts[0] == "guid" and len(parts) == _PLAIN_PARTS:
        return FileReference(parts[1], parts[2])
    if parts[0] == "shareGuid" and len(parts) == _SHARED_PARTS:
        return FileReference(parts[1], parts[2], parts[3])
    raise BadFileIdError(text)


def _header(length: int, checksum: int) -> bytes:
    return bytes([0, 0, 0, 0, 0, length]) + checksum.to_bytes(2, "big")


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def _crc16_arc(data: bytes) -> int:
    checksum = 0
    for byte in data:
        checksum = (checksum >> 8) ^ _CRC_TABLE[(checksum ^ byte) & 0xFF]
    return checksum
