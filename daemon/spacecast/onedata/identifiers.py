"""Onedata's identifiers: which texts may stand in a path, and what is inside computable ones."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from spacecast.faults import NeedsPerson

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_SEED_PREFIX = "customSpaceIdGeneratorSeed"
_HEADER_BYTES: Final = 8
_LENGTH_AT: Final = 5
_CRC_AT: Final = 6
_LONGEST_DATA: Final = 255
_POLYNOMIAL_REVERSED: Final = 0xA001


class InvalidIdentifier(NeedsPerson):
    """A text that cannot be an identifier of Onedata; it may come from a metadata file, which anybody may write."""


def is_identifier(text: str) -> bool:
    """Say whether a text can be an identifier of Onedata."""
    return _PLAIN.fullmatch(text) is not None


def checked(identifier: str, what: str = "identifier") -> str:
    """Give back `identifier` if it may stand in a request path; raises InvalidIdentifier, naming `what`."""
    if not is_identifier(identifier):
        raise InvalidIdentifier(
            f"{identifier[:80]!r} is not a valid {what} of Onedata. Look where it was written by hand."
        )
    return identifier


def space_id_from_seed(seed: str) -> str:
    """Compute the id that Onezone (21.02.1 and later) gives to a space created with `idGeneratorSeed`."""
    digest = hashlib.md5((_SEED_PREFIX + seed).encode(), usedforsecurity=False).hexdigest()
    return f"{digest}ch{digest[10:14]}"


@dataclass(frozen=True)
class FileReference:
    """What a file id says: the file, its space, and the share through which it is seen, if any."""

    file_uuid: str
    space_id: str
    share_id: str | None = None

    @property
    def is_space_root(self) -> bool:
        """Whether it is the root directory of its space."""
        return self.file_uuid == f"space_{self.space_id}"


def decode_file_id(file_id: str) -> FileReference:
    """Read a file id: upper-case hex of a header with length and CRC-16/ARC, then `guid#…` or `shareGuid#…`.

    Raises InvalidIdentifier where it is anything else.
    """
    try:
        raw = bytes.fromhex(file_id)
        reference = _reference(_data_of(raw).decode("utf-8"))
    except ValueError:
        reference = None
    if reference is None:
        raise InvalidIdentifier(f"{file_id[:80]!r} is not a file id of Onedata.")
    return reference


def file_uuid(file_id: str) -> str:
    """Give the uuid of the file, the same for the id inside and outside a share; raises InvalidIdentifier."""
    return decode_file_id(file_id).file_uuid


def encode_file_id(reference: FileReference) -> str:
    """Compute the file id of a reference; raises InvalidIdentifier where it does not fit into one."""
    parts = [reference.file_uuid, reference.space_id]
    if reference.share_id is not None:
        parts.append(reference.share_id)
    data = "#".join(["guid" if reference.share_id is None else "shareGuid", *parts]).encode()
    if len(data) > _LONGEST_DATA:
        raise InvalidIdentifier(f"The file {reference.file_uuid[:80]!r} is too long for a file id of Onedata.")
    header = bytes([0, 0, 0, 0, 0, len(data)])
    return (header + crc16_arc(header + b"\0\0" + data).to_bytes(2, "big") + data).hex().upper()


def root_directory_id(space_id: str) -> str:
    """Compute the file id of a space's root directory."""
    return encode_file_id(FileReference(f"space_{checked(space_id, 'space id')}", space_id))


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: polynomial 0x8005 reflected, start 0, no final inversion."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ _POLYNOMIAL_REVERSED if crc & 1 else crc >> 1
    return crc


def _data_of(raw: bytes) -> bytes:
    data = raw[_HEADER_BYTES:]
    stated_crc = int.from_bytes(raw[_CRC_AT:_HEADER_BYTES], "big")
    whole = len(raw) > _HEADER_BYTES and raw[_LENGTH_AT] == len(data)
    if not whole or any(raw[:_LENGTH_AT]) or crc16_arc(raw[:_CRC_AT] + b"\0\0" + data) != stated_crc:
        raise ValueError
    return data


def _reference(text: str) -> FileReference | None:
    match text.split("#"):
        case ["guid", uuid, space_id]:
            return FileReference(uuid, space_id)
        case ["shareGuid", uuid, space_id, share_id]:
            return FileReference(uuid, space_id, share_id)
        case _:
            return None
