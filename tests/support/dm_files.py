"""DM3 and DM4 files of an independent writer, that of Nion Swift."""

from pathlib import Path
from typing import Any

import numpy as np
from nion.data import Calibration, DataAndMetadata
from nionswift_plugin.DM_IO import dm3_image_utils


def write_dm(
    path: Path,
    array: np.ndarray[Any, Any],
    *,
    calibrations: list[tuple[float, float, str]] | None = None,
    counts: tuple[float, float, str] = (0.0, 1.0, ""),
    is_sequence: bool = False,
    collection: int = 0,
    datum: int = 2,
    tags: dict[str, Any] | None = None,
) -> None:
    """`calibrations` are (offset, scale, units), one for each axis; `tags` become the image's own."""
    data = DataAndMetadata.new_data_and_metadata(
        array,
        intensity_calibration=Calibration.Calibration(*counts),
        dimensional_calibrations=[
            Calibration.Calibration(*one) for one in calibrations or [(0.0, 1.0, "")] * array.ndim
        ],
        metadata=tags or {},
        data_descriptor=DataAndMetadata.DataDescriptor(is_sequence, collection, datum),
    )
    with path.open("wb") as file:
        dm3_image_utils.save_image(data, file, int(path.suffix[-1]))
