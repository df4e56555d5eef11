"""What a TIFF file says of its acquisition: the description, the tags of microscopes, the resolution.

OME-XML and ImageJ descriptions after their specifications; the tags 34680 and 34682 of FEI and Thermo Fisher hold the
settings of the instrument as sections of `name=value`.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

from spacecast.formats import tiff_pages as tags
from spacecast.formats.model import NotThisFormat
from spacecast.formats.tiff_directories import Directory
from spacecast.formats.vocabulary import acquisition, degrees, kilovolts, nanometres, number_in, scaled, seconds

_LONGEST_TEXT = 2000
_LONGEST_READ_BYTES = 1 << 16
_MOST_SETTINGS = 500
_INCH, _CENTIMETRE = 2, 3
_UNITS = {_INCH: "pixels per inch", _CENTIMETRE: "pixels per centimetre"}
_UNIT_NANOMETRES = {_INCH: 2.54e7, _CENTIMETRE: 1e7}
# Screens and printers have coarser dots: a finer resolution is that of the sample.
_FINEST_DOT_NANOMETRES = 5000.0
_ATTRIBUTE = re.compile(r"""([A-Za-z]{1,60})\s*=\s*(?:"([^"<]{0,200})"|'([^'<]{0,200})')""")
_IMAGEJ_LINE = re.compile(r"^([A-Za-z ]{1,40})=(.{0,200})$", re.MULTILINE)
_MICROSCOPE_TAGS = {tags.FEI_SFEG: "fei_sfeg", tags.FEI_HELIOS: "fei_helios"}


def metadata(directory: Directory, *, pages: int, like: int) -> dict[str, Any]:
    """Return what the first directory says, under the file's names and in the common vocabulary."""
    description = directory.text(tags.DESCRIPTION, _LONGEST_READ_BYTES)
    found: dict[str, Any] = {"format": "TIFF", "pages": pages}
    if like != pages:
        found["pages_of_other_kinds"] = pages - like
    texts = {
        "description": description,
        "software": directory.text(tags.SOFTWARE, _LONGEST_TEXT),
        "date_time": directory.text(tags.DATE_TIME, _LONGEST_TEXT),
        "make": directory.text(tags.MAKE, _LONGEST_TEXT),
        "model": directory.text(tags.MODEL, _LONGEST_TEXT),
    }
    found |= {name: text[:_LONGEST_TEXT] for name, text in texts.items() if text}
    if (resolution := _resolution(directory)) is not None:
        found["resolution"] = resolution
    settings = _settings(directory)
    return {**found, **settings, **_common(directory, description, settings)}


def _resolution(directory: Directory) -> dict[str, Any] | None:
    """As the file gives it; many programs write 72 or 96 per inch without meaning it."""
    unit = _UNITS.get(_unit(directory))
    across, down = directory.ratio(tags.X_RESOLUTION), directory.ratio(tags.Y_RESOLUTION)
    if unit is None or not across or not down:
        return None
    return {"x": across, "y": down, "unit": unit}


def _unit(directory: Directory) -> int:
    try:
        return directory.number(tags.RESOLUTION_UNIT, _INCH)
    except NotThisFormat:
        return 0


def _settings(directory: Directory) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag, name in _MICROSCOPE_TAGS.items():
        text = directory.text(tag, _LONGEST_READ_BYTES)
        if text and (sections := _sections(text)):
            found[name] = sections
        elif text:
            found[name] = text[:_LONGEST_TEXT]
    return found


def _sections(text: str) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines()[: 2 * _MOST_SETTINGS]:
        if line.startswith("[") and line.rstrip().endswith("]"):
            section = sections.setdefault(line.strip()[1:-1], {})
        elif "=" in line:
            name, _, value = line.partition("=")
            section[name.strip()] = value.strip()[:_LONGEST_TEXT]
    return {name: settings for name, settings in sections.items() if settings}


def _common(directory: Directory, description: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    said = next((value for value in settings.values() if isinstance(value, dict)), None)
    if said is not None:
        return acquisition(**_of_microscope(said))
    if "<OME" in description:
        return acquisition(**_of_ome(description))
    if description.startswith("ImageJ="):
        return acquisition(**_of_imagej(directory, description), **_of_tags(directory))
    return acquisition(**_pixels_of_resolution(directory), **_of_tags(directory))


def _of_tags(directory: Directory) -> dict[str, Any]:
    return {
        "instrument": directory.text(tags.MODEL, _LONGEST_TEXT),
        "acquired_at": directory.text(tags.DATE_TIME, _LONGEST_TEXT),
    }


def _of_microscope(said: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    def of(section: str, name: str) -> str:
        return said.get(section, {}).get(name, "")

    # The beam that was scanned: electrons or ions, each with a section of settings.
    beam, scan = of("Beam", "Beam"), of("Beam", "Scan")
    detector = of("Detectors", "Name")
    return {
        "pixel_size_x_nm": nanometres(number_in(of(scan, "PixelWidth") or of("Scan", "PixelWidth")), "m"),
        "pixel_size_y_nm": nanometres(number_in(of(scan, "PixelHeight") or of("Scan", "PixelHeight")), "m"),
        "voltage_kv": kilovolts(number_in(of(beam, "HV") or of("Beam", "HV")), "V"),
        "exposure_seconds": seconds(number_in(of(scan, "Dwell") or of("Scan", "Dwelltime")), "s"),
        "tilt_degrees": degrees(number_in(of("Stage", "StageT")), "rad"),
        "instrument": of("System", "SystemType"),
        "detector": of(detector, "Name") or detector,
        "acquired_at": " ".join(part for part in (of("User", "Date"), of("User", "Time")) if part),
    }


def _of_ome(description: str) -> dict[str, Any]:
    pixels, plane = _element(description, "Pixels"), _element(description, "Plane")
    microscope, detector = _element(description, "Microscope"), _element(description, "Detector")
    date = re.search(r"<(?:\w{1,20}:)?AcquisitionDate>([^<]{1,100})<", description)
    sizes = {
        f"pixel_size_{axis.lower()}_nm": nanometres(
            number_in(pixels.get(f"PhysicalSize{axis}", "")), pixels.get(f"PhysicalSize{axis}Unit", "µm")
        )
        for axis in "XYZ"
    }
    return {
        **sizes,
        "magnification": number_in(_element(description, "Objective").get("NominalMagnification", "")),
        "exposure_seconds": seconds(number_in(plane.get("ExposureTime", "")), plane.get("ExposureTimeUnit", "s")),
        "instrument": microscope.get("Model", "") or microscope.get("Manufacturer", ""),
        "detector": detector.get("Model", "") or detector.get("Manufacturer", ""),
        "acquired_at": date[1] if date else "",
    }


def _element(xml: str, name: str) -> dict[str, str]:
    """Return the attributes of the first such element, without trusting the rest to be XML."""
    found = re.search(rf"<(?:\w{{1,20}}:)?{name}[\s/>]", xml)
    if found is None:
        return {}
    end = xml.find(">", found.start())
    text = xml[found.start() : end if end >= 0 else found.start()]
    return {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(text)}


def _of_imagej(directory: Directory, description: str) -> dict[str, Any]:
    said = dict(_IMAGEJ_LINE.findall(description))
    unit = said.get("unit", "").replace("\\u00B5", "µ")
    across, down = directory.ratio(tags.X_RESOLUTION), directory.ratio(tags.Y_RESOLUTION)
    return {
        "pixel_size_x_nm": nanometres(1 / across, unit) if across else None,
        "pixel_size_y_nm": nanometres(1 / down, unit) if down else None,
        "pixel_size_z_nm": nanometres(number_in(said.get("spacing", "")), unit),
    }


def _pixels_of_resolution(directory: Directory) -> dict[str, Any]:
    length = _UNIT_NANOMETRES.get(_unit(directory))
    found = {}
    for name, tag in (("pixel_size_x_nm", tags.X_RESOLUTION), ("pixel_size_y_nm", tags.Y_RESOLUTION)):
        ratio = directory.ratio(tag)
        size = scaled(length / ratio, 1.0) if length and ratio else None
        if size is not None and size < _FINEST_DOT_NANOMETRES:
            found[name] = size
    return found
