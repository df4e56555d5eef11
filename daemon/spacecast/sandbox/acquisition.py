"""Makes a folder as an electron microscope leaves it: a movie, a series of images, a spectrum, a container."""

import csv
import struct
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import tifffile

METADATA = """\
# Session sheet, written at the microscope -- please keep the order
Autoname  : "20211227125_Demo"
DataId    : 08d9c8eb-6f63-408b-8743-84496f1de767
Instrument: TitanKrios
Session   : 000417        # the booking system wants the zeros
NotifyCompletion: yes

Sample:
    Name: 70S_RNAP
    KeywordsStr: '70S; ribosome; rnap; E.coli; transcription'

User:
    DisplayName: Žofie Kovářová
    Affiliation: CEITEC, Masaryk University, Kamenice 5, 62500 Brno
"""

_FRAMES, _HEIGHT, _WIDTH = 12, 256, 256
_MRC_FLOAT = 2


def acquire(folder: Path, seed: int = 417) -> Iterator[str]:
    """Write the files of a small session into `folder`, one after the other, and yield the name of each.

    The same seed gives the same data: `stack.mrc`, `grid_0001.tif` … `grid_0004.tif`, `holder.h5`, `spectrum.csv`.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    movie = _particles(random)
    (folder / "stack.mrc").write_bytes(_mrc_header(movie) + movie.tobytes())
    yield "stack.mrc"
    for number in range(1, 5):
        name = f"grid_{number:04}.tif"
        tifffile.imwrite(folder / name, (movie[number] * 1000).clip(0, 65535).astype(np.uint16), compression="zlib")
        yield name
    _write_holder(folder / "holder.h5", random)
    yield "holder.h5"
    _write_spectrum(folder / "spectrum.csv", random)
    yield "spectrum.csv"


def _particles(random: np.random.Generator) -> np.ndarray:
    rows, columns = np.mgrid[:_HEIGHT, :_WIDTH]
    image = random.normal(10.0, 1.0, (_FRAMES, _HEIGHT, _WIDTH))
    for row, column in random.uniform(20, _WIDTH - 20, (25, 2)):
        image += 6.0 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 90.0)
    return image.astype(np.float32)


def _mrc_header(movie: np.ndarray) -> bytes:
    """Return the 1024 bytes before the data of an MRC2014 stack of float32 images, 1.06 Å a pixel."""
    frames, height, width = movie.shape
    header = bytearray(1024)
    struct.pack_into("<10i", header, 0, width, height, frames, _MRC_FLOAT, 0, 0, 0, width, height, 1)
    struct.pack_into("<6f", header, 40, 1.06 * width, 1.06 * height, 1.06, 90.0, 90.0, 90.0)
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    struct.pack_into("<3f", header, 76, float(movie.min()), float(movie.max()), float(movie.mean()))
    header[104:108] = b"\0\0\0\0"
    struct.pack_into("<i", header, 108, 20140)
    header[208:216] = b"MAP \x44\x44\0\0"
    struct.pack_into("<f", header, 216, float(movie.std()))
    return bytes(header)


def _write_holder(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "w") as file:
        temperatures = file.create_dataset("holder/temperature", data=80 + random.normal(0, 0.1, 500))
        temperatures.attrs["units"] = "K"
        file["holder/time"] = np.arange(500) * 0.2


def _write_spectrum(path: Path, random: np.random.Generator) -> None:
    energy = np.linspace(-20, 180, 400)
    counts = 1e5 * np.exp(-(energy**2) / 8) + 4e3 * np.exp(-((energy - 22) ** 2) / 60) + random.poisson(50, 400)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["energy_loss_eV", "counts"])
        writer.writerows((round(float(e), 3), round(float(c), 1)) for e, c in zip(energy, counts, strict=True))
