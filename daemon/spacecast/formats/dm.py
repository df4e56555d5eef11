"""Gatan's DM3 and DM4: images, stacks, spectra and spectrum images, with their calibration and tags.

The array is served in the file's order: the first axis varies slowest, so a spectrum image is (energy, y, x).
"""

from collections.abc import Mapping
from typing import Any, BinaryIO

from spacecast.formats.dm_tags import Block, DmTags, Group, find
from spacecast.formats.model import NotThisFormat, Readable
from spacecast.formats.structures import array_bytes, raw_array
from spacecast.formats.vocabulary import acquisition, electronvolts, nanometres, scaled

_DTYPES = {
    1: "i2", 2: "f4", 3: "c8", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 13: "c16", 14: "u1",
    39: "i8", 40: "u8",
}  # fmt: skip
_COLOURS = {8, 23}
_PACKED = {5, 27, 28}
_MOST_AXES = 8
_FIRST_TAGS = ("Microscope Info", "Acquisition", "EELS", "EDS", "Meta Data", "Session Info", "DataBar")
_MOST_TAG_CHARACTERS = 16_000
# What a name, its quotes and separators cost in JSON, about.
_TAG_CHARACTERS = 8


def describe(file: BinaryIO, size: int) -> Readable:
    """Shape, type, place, calibration and tags of the image. Raises NotThisFormat and Incomplete."""
    tags = DmTags(file, size)
    image, others = _image(tags.root)
    data = find(image, "ImageData/Data")
    if not isinstance(data, Block):
        raise NotThisFormat("its image has no data")
    shape = _lengths(find(image, "ImageData/Dimensions"))
    dtype, shape, colours = _typed(find(image, "ImageData/DataType"), shape, tags.order)
    if array_bytes(dtype, shape) > data.bytes:
        raise NotThisFormat(f"its dimensions need {array_bytes(dtype, shape)} bytes, and its data have {data.bytes}")
    metadata = _metadata(tags, image, shape[: len(shape) - bool(colours)])
    if colours:
        metadata["channels"] = colours
    if others:
        metadata["other_images"] = others
    return raw_array(dtype=dtype, shape=shape, offset=data.offset, metadata=metadata)


def _image(root: Group) -> tuple[Group, int]:
    """Return the first image that is no thumbnail, and how many more there are."""
    listed = root.get("ImageList")
    images = {name: one for name, one in listed.items() if _has_data(one)} if isinstance(listed, dict) else {}
    listed_thumbnails = root.get("Thumbnails")
    thumbnails = listed_thumbnails.values() if isinstance(listed_thumbnails, dict) else ()
    small = {str(find(one, "ImageIndex")) for one in thumbnails if isinstance(one, dict)}
    proper = [one for name, one in images.items() if name not in small] or list(images.values())
    if not proper:
        raise NotThisFormat("there is no image in it")
    # Older files do not say which is the thumbnail: it is the coloured one in front.
    if len(proper) > 1 and not small and find(proper[0], "ImageData/DataType") in _COLOURS:
        del proper[0]
    return proper[0], len(proper) - 1


def _has_data(image: Any) -> bool:
    return isinstance(image, dict) and isinstance(find(image, "ImageData/Data"), Block)


def _lengths(dimensions: Any) -> tuple[int, ...]:
    """Return the shape; the file names the axis first that varies fastest."""
    lengths = list(dimensions.values()) if isinstance(dimensions, dict) else []
    if not 0 < len(lengths) <= _MOST_AXES or not all(type(length) is int and length > 0 for length in lengths):
        raise NotThisFormat("its image has no dimensions")
    return tuple(reversed(lengths))


def _typed(code: Any, shape: tuple[int, ...], order: str) -> tuple[str, tuple[int, ...], str]:
    if code in _COLOURS:
        return "|u1", (*shape, 4), "BGRA"
    if code in _PACKED:
        raise NotThisFormat("it holds half of a Fourier transform in packed form, which cannot be served")
    if not isinstance(code, int) or code not in _DTYPES:
        raise NotThisFormat(f"its pixels are of the unknown type {code if isinstance(code, int) else 'none'}")
    name = _DTYPES[code]
    return ("|" if name.endswith("1") else order) + name, shape, ""


def _metadata(tags: DmTags, image: Group, shape: tuple[int, ...]) -> dict[str, Any]:
    axes = _axes(tags, image, shape)
    image_tags = image.get("ImageTags")
    image_tags = image_tags if isinstance(image_tags, dict) else {}
    found: dict[str, Any] = {"format": f"DM{tags.version}", "axes": axes}
    if title := tags.text(image.get("Name")):
        found["name"] = title
    if intensity := _calibration(tags, find(image, "ImageData/Calibrations/Brightness")):
        found["intensity"] = intensity
    shown, is_whole = _Shown(tags).of(image_tags)
    if shown:
        found["tags"] = shown
    if not is_whole:
        found["tags_left_out"] = True
    return found | _common(tags, image_tags, tags.root.get("DataBar"), axes)


def _axes(tags: DmTags, image: Group, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """Say for each axis of the array: position = offset + scale * index, in these units."""
    listed = find(image, "ImageData/Calibrations/Dimension")
    calibrations = list(listed.values()) if isinstance(listed, dict) else []
    calibrations += [None] * (len(shape) - len(calibrations))
    ordered = reversed(calibrations[: len(shape)])
    return [{"size": size, **_calibration(tags, one)} for size, one in zip(shape, ordered, strict=True)]


def _calibration(tags: DmTags, group: Any) -> dict[str, Any]:
    """Gatan's origin is a number of pixels: value = (index - origin) * scale."""
    scale, origin = find(group, "Scale") if isinstance(group, Mapping) else None, None
    if not isinstance(scale, float | int) or isinstance(scale, bool):
        return {}
    origin = find(group, "Origin")
    # Single precision: what is shown is what was meant.
    found: dict[str, Any] = {"scale": scaled(scale, 1.0)}
    if isinstance(origin, float | int):
        found["offset"] = scaled(-origin * scale + 0.0, 1.0)
    units = tags.text(group.get("Units"))
    return {**found, "units": units} if units else found


def _common(tags: DmTags, image_tags: Group, data_bar: Any, axes: list[dict[str, Any]]) -> dict[str, Any]:
    places = {"": image_tags, "bar": data_bar if isinstance(data_bar, dict) else {}}
    bars = (find(image_tags, "DataBar"), places["bar"])

    def first(*paths: str) -> Any:
        found = (find(image_tags, path) for path in paths)
        return next((tags.plain(one) for one in found if one is not None), None)

    def bar(name: str) -> str:
        texts = (tags.text(group.get(name)) for group in bars if isinstance(group, dict))
        return next((text for text in texts if text), "")

    return acquisition(
        **_pixel_sizes(axes),
        dispersion_ev=next((ev for axis in axes if (ev := electronvolts(axis.get("scale"), axis.get("units")))), None),
        voltage_kv=scaled(first("Microscope Info/Voltage"), 1e-3),
        magnification=first("Microscope Info/Indicated Magnification", "Microscope Info/Actual Magnification"),
        camera_length_mm=first("Microscope Info/STEM Camera Length", "Microscope Info/Camera Length"),
        exposure_seconds=first(
            "DataBar/Exposure Time (s)", "Acquisition/Parameters/High Level/Exposure (s)",
            "EELS/Acquisition/Exposure (s)",
        ),
        tilt_degrees=first("Microscope Info/Stage Position/Stage Alpha"),
        convergence_mrad=first("EELS/Experimental Conditions/Convergence semi-angle (mrad)"),
        instrument=first("Session Info/Microscope", "Microscope Info/Microscope", "Microscope Info/Name"),
        detector=first("Acquisition/Device/Name", "DataBar/Device Name"),
        acquired_at=" ".join(part for part in (bar("Acquisition Date"), bar("Acquisition Time")) if part),
    )  # fmt: skip


def _pixel_sizes(axes: list[dict[str, Any]]) -> dict[str, float | None]:
    """Take the fastest axis with a unit of length for x, the next for y and z; other axes may be in between."""
    lengths = [size for axis in reversed(axes) if (size := nanometres(axis.get("scale"), axis.get("units")))]
    return {f"pixel_size_{name}_nm": size for name, size in zip("xyz", lengths, strict=False)}


class _Shown:
    """Tags as they may stand in metadata: bounded in size, the more telling groups first."""

    def __init__(self, tags: DmTags) -> None:
        self._tags = tags
        self._characters_left = _MOST_TAG_CHARACTERS

    def of(self, group: Group) -> tuple[dict[str, Any], bool]:
        """Return the group, and whether all of it found room."""
        ordered = {name: group[name] for name in _FIRST_TAGS if name in group} | group
        return self._part(ordered), self._characters_left >= 0

    def _part(self, group: Group) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in group.items():
            if self._characters_left < 0:
                break
            self._characters_left -= len(name) + _TAG_CHARACTERS
            shown = self._part(value) if isinstance(value, dict) else self._value(value)
            if shown not in (None, {}, ""):
                found[name] = shown
        return found

    def _value(self, value: Any) -> Any:
        shown = self._tags.plain(value)
        self._characters_left -= len(str(shown))
        return list(shown) if isinstance(shown, tuple) else shown
