"""Which file system a folder is on, and whether its events can be relied on.

A network or user-space file system reports what this host writes, but not what other hosts write: its
datasets are found by the scan alone. The magic numbers are those of `statfs(2)` and the kernel's magic.h.
"""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_STATFS_BYTES = 512  # more than `struct statfs` has anywhere; only its first word is read
_MAGIC_BITS = 0xFFFFFFFF

_REMOTE = {
    0x00006969: "nfs",
    0x0000517B: "smb",
    0x0000564C: "ncp",
    0x00C36400: "ceph",
    0x01021997: "9p",
    0x013111A8: "ibrix",
    0x0BD00BD0: "lustre",
    0x19830326: "beegfs",
    0x20030528: "orangefs",
    0x47504653: "gpfs",
    0x5346414F: "afs",
    0x6B414653: "afs",
    0x61756673: "aufs",
    0x65735546: "fuse",
    0x73757245: "coda",
    0x786F4256: "vboxsf",
    0x7461636F: "ocfs2",
    0x01161970: "gfs2",
    0xAAD7AAEA: "panfs",
    0xBACBACBC: "vmhgfs",
    0xFE534D42: "smb2",
    0xFF534D42: "cifs",
    0x6A656A63: "virtiofs",
}
_LOCAL = {
    0x0000EF53: "ext4",
    0x01021994: "tmpfs",
    0x2FC12FC1: "zfs",
    0x3153464A: "jfs",
    0x58465342: "xfs",
    0x794C7630: "overlay",
    0x858458F6: "ramfs",
    0x9123683E: "btrfs",
    0xCA451A4E: "bcachefs",
    0xF2F52010: "f2fs",
    0x00004D44: "vfat",
    0x2011BAB0: "exfat",
}


@dataclass(frozen=True)
class FilesystemType:
    """Name and magic number of a file system; whether inotify tells what other hosts write to it."""

    name: str
    magic: int
    reports_remote_writes: bool


def filesystem_type(path: Path) -> FilesystemType:
    """Return the type of the file system that `path` is on; raises OSError.

    An unknown type counts as local: the scan finds what its events leave out.
    """
    buffer = ctypes.create_string_buffer(_STATFS_BYTES)
    if _libc.statfs(os.fsencode(path), buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))
    return type_of_magic(ctypes.c_long.from_buffer(buffer).value & _MAGIC_BITS)


def type_of_magic(magic: int) -> FilesystemType:
    """Return the type that a magic number stands for."""
    if magic in _REMOTE:
        return FilesystemType(_REMOTE[magic], magic, reports_remote_writes=False)
    return FilesystemType(_LOCAL.get(magic, f"unknown (0x{magic:08X})"), magic, reports_remote_writes=True)
