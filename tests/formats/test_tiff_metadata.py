"""What a TIFF file says of its acquisition, in the ways of the programs that write them."""

import io

import numpy as np
import pytest
import tifffile

from support.file_heads import readable

HELIOS = """[User]\r\nDate=07/21/2026\r\nTime=10:00:00 AM\r\n[System]\r\nType=DualBeam\r\nSystemType=Helios 5\r\n
[Beam]\r\nHV=5000\r\nBeam=EBeam\r\nScan=EScan\r\n[EBeam]\r\nHV=5000\r\n[EScan]\r\nPixelWidth=1.5e-009\r
PixelHeight=1.6e-009\r\nDwell=3e-006\r\n[Stage]\r\nStageT=0.5235987755982988\r\n[Detectors]\r\nNumber=1\r\nName=ETD\r
[ETD]\r\nContrast=70\r\n"""
OME = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="I:0">
<Microscope Model="Talos &amp; Co"/><Detector ID="D:0" Model='Ceta'/>
<Objective NominalMagnification="45000"/></Instrument>
<Image ID="Image:0"><AcquisitionDate>2026-07-21T10:00:00</AcquisitionDate><Pixels PhysicalSizeX="0.5"
PhysicalSizeXUnit="nm" PhysicalSizeY="0.0006" SizeX="4"><Plane ExposureTime="500" ExposureTimeUnit="ms"/></Pixels>
</Image></OME>"""


def metadata(**options):
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((4, 6), "u2"), **{"metadata": None, **options})
    return readable(file.getvalue(), "a.tif").metadata


@pytest.mark.parametrize(("tag", "name"), [(34680, "fei_sfeg"), (34682, "fei_helios")])
def test_the_settings_of_a_microscope_stand_under_its_names_and_the_common_ones(tag, name):
    found = metadata(extratags=[(tag, "s", 0, HELIOS, True)])
    assert found[name]["EScan"]["Dwell"] == "3e-006"
    assert found["acquisition"] == {
        "pixel_size_x_nm": 1.5,
        "pixel_size_y_nm": 1.6,
        "voltage_kv": 5.0,
        "exposure_seconds": 3e-06,
        "tilt_degrees": 30.0,
        "instrument": "Helios 5",
        "detector": "ETD",
        "acquired_at": "07/21/2026 10:00:00 AM",
    }


def test_settings_in_another_form_are_kept_as_text():
    assert metadata(extratags=[(34682, "s", 0, "<Root><HV>5000</HV></Root>", True)])["fei_helios"].startswith("<Root>")


def test_an_ome_description_gives_sizes_with_their_units():
    assert metadata(description=OME)["acquisition"] == {
        "pixel_size_x_nm": 0.5,
        "pixel_size_y_nm": 0.6,
        "magnification": 45000.0,
        "exposure_seconds": 0.5,
        "instrument": "Talos & Co",
        "detector": "Ceta",
        "acquired_at": "2026-07-21T10:00:00",
    }


def test_a_description_that_only_looks_like_ome_does_no_harm():
    assert "acquisition" not in metadata(description="<OME <Pixels PhysicalSizeX=" + '"' * 5000)


def test_imagej_gives_pixels_in_its_unit():
    found = metadata(
        description="ImageJ=1.54f\nunit=\\u00B5m\nspacing=0.25\n", resolution=(2000.0, 1000.0), resolutionunit=1
    )
    assert found["acquisition"] == {"pixel_size_x_nm": 0.5, "pixel_size_y_nm": 1.0, "pixel_size_z_nm": 250.0}


def test_a_resolution_finer_than_any_screen_is_that_of_the_sample():
    found = metadata(resolution=(2e7, 1e7), resolutionunit="CENTIMETER", datetime="2026:07:21 10:00:00")
    assert found["resolution"] == {"x": 2e7, "y": 1e7, "unit": "pixels per centimetre"}
    assert found["acquisition"] == {
        "pixel_size_x_nm": 0.5,
        "pixel_size_y_nm": 1.0,
        "acquired_at": "2026:07:21 10:00:00",
    }


def test_dots_of_a_screen_are_no_pixel_size():
    assert "acquisition" not in metadata(resolution=(72, 72), resolutionunit="INCH")


def test_settings_are_bounded():
    many = "[A]\n" + "".join(f"name{number}={'x' * 50}\n" for number in range(100_000))
    assert len(str(metadata(extratags=[(34682, "s", 0, many, True)])["fei_helios"])) < 70_000
