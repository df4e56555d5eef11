"""What HDF5, NeXus and Velox files say of their acquisition gets into the entry's metadata, within bounds."""

import io
import json
import random

import h5py
import numpy as np
import pytest

from spacecast.formats import Readable, describe
from support.file_heads import readable

VELOX = {
    "Instrument": {"InstrumentClass": "Titan", "InstrumentId": "3456"},
    "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1512745233"}},
    "Optics": {"AccelerationVoltage": "300000", "CameraLength": "0.115", "Defocus": "-1.2e-08",
               "BeamConvergence": "0.02"},
    "Stage": {"AlphaTilt": "0.5235987755982988"},
    "Scan": {"DwellTime": "2e-06"},
    "CustomProperties": {"StemMagnification": {"type": "double", "value": "1300000"}},
    "BinaryResult": {"PixelSize": {"width": "5e-11", "height": "6e-11"}, "PixelUnitX": "m", "Detector": "HAADF"},
}  # fmt: skip


def written(fill, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as writer:
        fill(writer)
    return file.getvalue()


def nexus(file):
    file.attrs["creator"] = "a test"
    entry = file.create_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry["start_time"] = "2026-07-21T10:00:00"
    instrument = entry.create_group("instrument")
    instrument.attrs["NX_class"] = np.bytes_("NXinstrument")
    instrument["name"] = "Titan Krios"
    source = instrument.create_group("source")
    source.attrs["NX_class"] = "NXsource"
    source["probe"] = "electron"
    source["energy"] = 300.0
    source["energy"].attrs["units"] = "keV"
    detector = instrument.create_group("detector")
    detector.attrs["NX_class"] = "NXdetector"
    detector["exposure_time"] = np.array([250], "i4")
    detector["exposure_time"].attrs["units"] = "ms"
    detector["local_name"] = np.bytes_("Falcon 4")
    detector["gain"] = np.zeros((64, 64))
    detector["gain"].attrs["calibrated"] = np.array([True, False])
    detector["soft"] = h5py.SoftLink("/entry/start_time")
    entry.create_group("far/far/away")["again"] = detector


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}, {"libver": ("v110", "v110")}])
def test_a_nexus_file_tells_its_tree_and_the_common_names(options):
    found = readable(written(nexus, **options), "a.nxs").metadata
    contents = found["contents"]
    assert contents["creator"] == "a test"
    assert contents["entry"]["instrument"]["source"]["energy"] == {"units": "keV", "value": 300.0}
    assert contents["entry"]["instrument"]["detector"]["gain"] == {"calibrated": [1, 0]}
    assert found["acquisition"] == {
        "voltage_kv": 300.0,
        "exposure_seconds": 0.25,
        "instrument": "Titan Krios",
        "detector": "Falcon 4",
        "acquired_at": "2026-07-21T10:00:00",
    }


def test_values_of_all_small_kinds_are_what_was_written():
    values = {
        "u1": np.uint8(200), "i2": np.array([-1, 2], ">i2"), "f4": np.float32(0.5), "f8": np.array([[1.0, 2.0]]),
        "text": "čtyři µm", "fixed": np.bytes_("five"), "texts": ["a", "bb"], "empty": "",
    }  # fmt: skip

    def fill(file):
        for name, value in values.items():
            file[name] = value
            file["u1"].attrs[f"of_{name}"] = value

    contents = readable(written(fill), "a.h5").metadata["contents"]
    expected = {"u1": 200, "i2": [-1, 2], "f4": 0.5, "f8": [1.0, 2.0], "text": "čtyři µm", "fixed": "five",
                "texts": ["a", "bb"], "empty": ""}  # fmt: skip
    assert {name: contents[name]["value"] for name in expected} == expected
    assert {name: contents["u1"][f"of_{name}"] for name in expected} == expected


@pytest.mark.parametrize(
    "storage",
    [
        {"chunks": (65536, 1)},
        {"chunks": (32768, 1), "compression": "gzip"},
        {"chunks": (65536, 2), "shuffle": True},
        {},
    ],
)
def test_a_velox_file_tells_its_text_and_the_common_names(storage):
    text = np.zeros((65536, 3), "u1")
    data = json.dumps(VELOX, indent=1).encode()
    text[: len(data), 0] = np.frombuffer(data, "u1")

    def fill(file):
        group = file.create_group("Data/Image/0123456789abcdef")
        group["Data"] = np.zeros((4, 4, 3), "i2")
        group.create_dataset("Metadata", data=text, **storage)

    found = readable(written(fill), "a.emd").metadata
    assert found["velox"]["of"] == "Data/Image/0123456789abcdef"
    assert found["velox"]["Optics"] == VELOX["Optics"]
    assert found["acquisition"] == {
        "pixel_size_x_nm": 0.05,
        "pixel_size_y_nm": 0.06,
        "voltage_kv": 300.0,
        "magnification": 1300000.0,
        "camera_length_mm": 115.0,
        "exposure_seconds": 2e-06,
        "defocus_um": -0.012,
        "tilt_degrees": 30.0,
        "convergence_mrad": 20.0,
        "instrument": "Titan 3456",
        "detector": "HAADF",
        "acquired_at": "2017-12-08T15:00:33+00:00",
    }


def test_what_is_too_much_is_cut_and_said_so():
    def fill(file):
        for number in range(400):
            file.create_group(f"g{number:03}").attrs["text"] = "x" * 100

    found = readable(written(fill), "a.h5").metadata
    assert found["contents_cut"]
    assert 20 < len(found["contents"]) <= 300
    assert len(json.dumps(found)) < 60_000


def test_attributes_that_lie_elsewhere_are_said_to_be_missing():
    def fill(file):
        for number in range(40):
            file.attrs[f"a{number}"] = number

    assert readable(written(fill, libver="latest"), "a.h5").metadata["contents_cut"]


def test_a_file_that_says_nothing_has_no_more_than_its_format():
    assert readable(written(lambda file: file.create_dataset("data", data=np.arange(1000))), "a.h5").metadata == {
        "format": "HDF5"
    }


def test_a_circle_of_groups_is_gone_through_once():
    def fill(file):
        group = file.create_group("a")
        group.attrs["x"] = 1
        group["back"] = file["/"]

    assert readable(written(fill), "a.h5").metadata["contents"] == {"a": {"x": 1}}


@pytest.mark.parametrize("seed", range(4))
def test_spoilt_bytes_spoil_what_is_told_and_nothing_else(seed):
    whole = written(nexus, **({"libver": "latest"} if seed % 2 else {}))
    chance = random.Random(seed)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 4, 30))):
            data[chance.randrange(100, len(data))] = chance.choice((0, 255, chance.randrange(256)))
        found = describe(io.BytesIO(data), "a.nxs", len(data))
        assert isinstance(found, Readable)
        assert len(json.dumps(found.metadata, default=str)) < 100_000
