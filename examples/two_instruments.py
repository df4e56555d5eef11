"""Two acquisition computers, one experiment: each writes at its own pace, and nobody waits but readers.

At each point of a grid one computer takes an image, the other a spectrum. The second saves to a disk of its own, from
which a slow link carries the files to the storage. The loop of the experiment notes the references and goes on; the
analysis waits for each pair, in whatever order and however late the files arrive.

To try it: `spacecast sandbox` in one terminal, the daemon as it says in another, then with the address it prints

    export SPACECAST_URL=http://127.0.0.1:…/api/v1/metadata/demo
    python examples/two_instruments.py FOLDER_WITH_DATASETS
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from spacecast import data

DATASET = "20261121_TwoInstruments"
POINTS = 4


def take_image(folder: Path, point: int) -> Path:
    """Write as the imaging computer does: into the dataset's folder."""
    path = folder / f"image_at_{point}.npy"
    np.save(path, np.random.default_rng(point).normal(100, 10, (64, 64)).astype("float32"))
    return path


def take_spectrum(folder: Path, point: int) -> Path:
    """Write as the spectrometer's computer does: to its own disk; it knows nothing of the storage."""
    path = folder / f"spectrum_at_{point}.npy"
    np.save(path, np.exp(-((np.arange(1024) - 100 * point) ** 2) / 5000).astype("float32"))
    return path


def carry(source: Path, target: Path, seconds: float) -> None:
    """Carry files over a slow link: they appear on the storage some time later, piece by piece."""
    target.mkdir(parents=True, exist_ok=True)
    for point in range(POINTS):
        path = source / f"spectrum_at_{point}.npy"
        while not path.exists():
            time.sleep(seconds / 10)
        time.sleep(seconds)
        content = path.read_bytes()
        with (target / path.name).open("wb") as slow:
            for start in range(0, len(content), 1024):
                slow.write(content[start : start + 1024])
                slow.flush()
                time.sleep(seconds / 20)


def experiment(imaging: Path, spectrometer: Path, roots: data.RootMap) -> list[list[data.Ref]]:
    """Go through all points, without waiting for a save, a transfer or a registration."""
    pairs = []
    for point in range(POINTS):
        paths = (take_image(imaging, point), take_spectrum(spectrometer, point))
        # Made here, on the computer that wrote the file, from its own path: no network.
        pairs.append([data.ref(path, roots=roots) for path in paths])
    return pairs


def analyse(pairs: list[list[data.Ref]], timeout_seconds: float) -> list[tuple[float, int]]:
    """Read and analyse each pair; whoever reads waits."""
    results = []
    for pair in pairs:
        data.wait(pair, timeout=timeout_seconds, tell=lambda text: print("  ", text))
        image, spectrum = (data.open(ref).read() for ref in pair)
        results.append((float(image.mean()), int(spectrum.argmax())))
        print(f"{pair[0]} mean {results[-1][0]:.1f}, {pair[1]} peak in channel {results[-1][1]}")
    return results


def main(storage: Path, *, seconds: float = 0.5, timeout_seconds: float = 120) -> list[tuple[float, int]]:
    """Run the experiment in `storage`, a folder that the daemon watches, and return what the analysis found."""
    folder = storage / DATASET
    folder.mkdir()
    # As long as this file is there the daemon takes up new files as they come.
    (folder / ".running").touch()
    (folder / "SPA.yml").write_text("Project: two instruments\n")
    with tempfile.TemporaryDirectory() as spectrometer_disk:
        spectrometer = Path(spectrometer_disk)
        # The same map on every computer; each finds its own folders in it. Usually a file: $SPACECAST_ROOTS.
        roots = data.RootMap({str(storage): "", str(spectrometer): f"{DATASET}/spectra"})
        link = threading.Thread(target=carry, args=(spectrometer, folder / "spectra", seconds))
        link.start()
        try:
            began = time.monotonic()
            pairs = experiment(folder, spectrometer, roots)
            print(f"the experiment took {time.monotonic() - began:.2f} s; now the analysis")
            return analyse(pairs, timeout_seconds)
        finally:
            link.join()
            (folder / ".running").unlink()


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the folder
        sys.exit(f"usage: python {sys.argv[0]} FOLDER_WITH_DATASETS")
    main(Path(sys.argv[1]).resolve())
