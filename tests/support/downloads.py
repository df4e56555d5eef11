"""A demonstration dataset that was downloaded, compared with its folder."""

import numpy as np

NAME = "20211227125_Demo"


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_content(local, folder):
    movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
    dataset = local[NAME]
    assert np.array_equal(dataset["stack.mrc"][3], movie[3])
    assert dataset["grid_series.tif"][1].shape == (256, 256)
    assert dataset["mask.npy"].read().tolist() == np.arange(12).reshape(3, 4).tolist()
    assert dataset["holder.h5"]["holder", "time"][:3].tolist() == [0.0, 0.2, 0.4]
    assert list(dataset["spectrum.csv"].read().columns) == ["energy_loss_eV", "counts"]
    assert dataset.metadata["Sample"]["Name"] == "ribosome"
