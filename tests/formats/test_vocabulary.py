"""The common names of acquisition metadata."""

from math import inf, nan
from pathlib import Path

import pytest

from spacecast.formats.vocabulary import NAMES, acquisition, electronvolts, nanometres

SCIENTISTS = Path(__file__).parents[2] / "docs" / "scientists.md"


def test_only_what_says_something_is_told():
    assert acquisition(voltage_kv=300, exposure_seconds=0.0, magnification=nan, defocus_um=0.0, instrument=" ") == {
        "acquisition": {"voltage_kv": 300.0, "defocus_um": 0.0}
    }
    assert acquisition(voltage_kv=inf, detector=None, instrument=7, exposure_seconds="1", tilt_degrees=True) == {}


def test_a_name_outside_the_vocabulary_is_a_mistake_of_the_reader():
    with pytest.raises(ValueError, match="voltage_kV"):
        acquisition(voltage_kV=300)


@pytest.mark.parametrize(
    ("unit", "size"), [("nm", 2.0), ("µm", 2000.0), ("Å", 0.2), ("A", 0.2), ("m", 2e9), ("pm", 2e-3)]
)
def test_lengths_are_told_in_nanometres(unit, size):
    assert nanometres(2.0, unit) == size


@pytest.mark.parametrize("unit", ["1/nm", "", "eV", None, 5])
def test_what_is_no_length_has_no_size(unit):
    assert nanometres(2.0, unit) is None


def test_energies_are_told_in_electronvolts():
    assert electronvolts(0.5, "keV") == 500.0
    assert electronvolts(10.0, "meV") == 0.01
    assert electronvolts(10.0, "MeV") is None


def test_every_name_is_explained_to_scientists():
    page = SCIENTISTS.read_text()
    assert [name for name in NAMES if f"`{name}`" not in page] == []
