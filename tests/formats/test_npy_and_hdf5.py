import io
import struct

import h5py
import numpy as np
import pytest

from support.file_heads import npy, readable, unreadable

SIMPLE = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_an_npy_header_is_read(version):
    found = readable(npy(SIMPLE, version=version, data=bytes(24)))
    assert (found.shape, found.dtype) == ((2, 3), "<f4")


def test_an_npy_file_that_is_still_growing_is_tried_again():
    assert unreadable(npy(SIMPLE, data=bytes(23))).try_again
    assert unreadable(npy(SIMPLE)[:20]).try_again


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", "'|O'"),
        ("{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", "not every machine"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "records"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "a single value without a dimension"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4)}", "nothing in it"),
        (f"{{'descr': '<f4', 'fortran_order': False, 'shape': {(1,) * 33}}}", "more than 32 dimensions"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "lacks"),
        ("{'descr': '|S0', 'fortran_order': False, 'shape': (4,)}", "cannot be served"),
        ("__import__('os').system('true')", "lacks"),
        ("(" * 9000, "lacks"),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_reason(header, word):
    found = unreadable(npy(header, data=bytes(100)))
    assert word in found.reason
    assert not found.try_again


def test_a_header_that_claims_to_be_huge_is_not_read():
    data = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + b"{}"
    assert "claims to have" in unreadable(data).reason


def hdf5(**options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as writer:
        writer["data"] = np.arange(1000)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}, {"userblock_size": 4096}])
def test_a_complete_hdf5_file_is_a_container_whatever_it_is_called(options):
    data = hdf5(**options)
    found = readable(data, "scan.anything")
    assert (found.structure_family, found.mimetype, found.structure) == ("container", "application/x-hdf5", None)


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}])
def test_an_hdf5_file_that_was_cut_off_is_tried_again(options):
    assert unreadable(hdf5(**options)[:-1]).try_again


def test_an_hdf5_file_that_a_program_has_open_is_tried_again(tmp_path):
    path = tmp_path / "open.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["data"] = np.arange(1000)
        file.flush()
        found = unreadable(path.read_bytes())
        assert found.try_again
    assert readable(path.read_bytes()).mimetype == "application/x-hdf5"


def test_a_file_that_is_only_called_hdf5_is_tried_again():
    found = unreadable(b"\0" * 3000, "new.nxs")
    assert found.try_again
    assert "no HDF5 signature" in found.reason


def test_an_unknown_superblock_is_refused():
    assert "unknown version 9" in unreadable(b"\x89HDF\r\n\x1a\n\x09" + bytes(100)).reason
    assert "7 bytes" in unreadable(b"\x89HDF\r\n\x1a\n\x02\x07\x08\x00" + bytes(100)).reason
