"""What the page for scientists and the examples show runs as it stands, and ends as they say."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import yaml

from spacecast import data
from support.dm_files import write_dm
from support.markdown import blocks
from support.world import made

TREE = Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "scientists.md"
NAME = "20211227125_Demo"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty folder of the reader's, whose Python has drawn nothing yet: figures live as long as their process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend is chosen before pyplot is loaded

    plt.close("all")
    yield tmp_path
    plt.close("all")


def test_five_minutes_from_a_reference_to_a_plot_and_home(facility, elsewhere, capsys):
    folder = facility.acquire()
    facility.publish(Sample={"Name": "70S_RNAP", "KeywordsStr": "70S; ribosome"}, Instrument="TitanKrios")
    roots = [text for text in blocks(PAGE, "yml") if "Gatan" in text]
    (elsewhere / "roots.yaml").write_text(roots[0])
    names = {"__name__": "page"}
    shown = [text for text in blocks(PAGE, "python") if "spacecast" in text or "plt." in text]
    assert len(shown) == 5
    for text in shown:
        exec(compile(text, "page", "exec"), names)
    movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
    assert np.array_equal(names["everything"], movie)
    assert (elsewhere / "frame.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert f"['{NAME}']" in said
    assert str(movie[3].mean()) in said
    assert f"{NAME}/gatan/eels_0001.dm4" in said
    (axes,) = names["plt"].gcf().axes
    assert [np.array_equal(image.get_array(), names["frame"]) for image in axes.images] == [True]
    names["local"].context.close()


def test_from_a_reference_to_the_folder_at_home_in_five_lines(facility, elsewhere):
    folder = facility.root / NAME
    folder.mkdir()
    counts = np.arange(64, dtype="float32")
    write_dm(folder / "spectrum_0001.dm4", counts, datum=1)
    facility.publish(Sample={"Name": "ribosome"})

    ref = data.ref(NAME, "spectrum_0001.dm4")
    data.wait(ref, timeout=600)
    spectrum = data.open(ref).read()
    data.download(data.search("ribosome"), "stuff/")
    local = data.from_catalog("stuff/catalog.db", readable_storage=["stuff/data"])

    assert np.array_equal(spectrum, counts)
    assert np.array_equal(local[NAME, "spectrum_0001.dm4"].read(), counts)
    local.context.close()


def test_the_notebook_ends_in_a_figure(facility, elsewhere):
    facility.acquire()
    facility.publish()
    names = runpy.run_path(str(TREE / "examples" / "micrograph_and_spectrum.py"))
    assert names["plt"].get_fignums() == [1]
    figure = (elsewhere / "micrograph_and_spectrum.png").read_bytes()
    assert figure.startswith(b"\x89PNG")
    assert len(figure) > 50_000, "there is something in it"


def test_two_instruments_write_at_their_own_pace_and_the_reader_waits(served, elsewhere, monkeypatch):
    base, tiled = served
    place = base / "two-instruments"
    place.mkdir()
    monkeypatch.setattr("spacecast.publish.reconcile.LIVE_CATALOG_SECONDS", 0.3)
    with made(place, tiled) as world:
        world.values["tiled"]["path"] = ["instruments"]
        monkeypatch.setenv("SPACECAST_URL", f"{tiled.url}/api/v1/metadata/instruments")
        example = runpy.run_path(str(TREE / "examples" / "two_instruments.py"))
        with world.engine():
            found = example["main"](world.root, seconds=0.1, timeout_seconds=60)
    assert [peak for _mean, peak in found] == [0, 100, 200, 300]
    assert all(95 < mean < 105 for mean, _peak in found)


def test_the_root_map_in_the_page_is_one():
    (text,) = [text for text in blocks(PAGE, "yml") if "Gatan" in text]
    assert str(data.RootMap(yaml.safe_load(text)).place_of("/data/users/anna/datasets/run/a.tif")) == "run/a.tif"
