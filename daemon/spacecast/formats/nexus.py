"""The common vocabulary from the tree of a NeXus file: base classes name what a value is of, `units` its unit."""

from collections.abc import Iterator, Mapping
from typing import Any

from spacecast.formats.vocabulary import acquisition, degrees, kilovolts, nanometres, seconds

_CLASS = "NX_class"


def common(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the vocabulary the groups of a file say; nothing for a file that is no NeXus."""
    groups = list(_groups(contents))
    if not groups:
        return {}

    def value(kinds: tuple[str, ...], *names: str) -> Any:
        return next(_found(groups, kinds, names), (None, ""))[0]

    def of(kinds: tuple[str, ...], *names: str) -> tuple[Any, Any]:
        return next(_found(groups, kinds, names), (None, ""))

    columns = ("NXebeam_column", "NXsource", "NXem", "NXinstrument")
    return acquisition(
        voltage_kv=kilovolts(*of(columns, "voltage", "acceleration_voltage", "accelerating_voltage"))
        or _of_electrons(groups),
        magnification=value(("NXinstrument", "NXem", "NXoptical_system_em", "NXentry"), "magnification"),
        camera_length_mm=_times(nanometres(*of(("NXoptical_system_em", "NXinstrument"), "camera_length")), 1e-6),
        exposure_seconds=seconds(*of(("NXdetector",), "exposure_time", "count_time", "frame_time"))
        or seconds(*of(("NXscanbox_em", "NXinstrument"), "dwell_time")),
        defocus_um=_times(nanometres(*of(("NXoptical_system_em", "NXinstrument"), "defocus")), 1e-3),
        tilt_degrees=degrees(*of(("NXstage_lab", "NXpositioner", "NXsample"), "tilt_1", "alpha_tilt", "tilt")),
        instrument=value(("NXinstrument",), "name"),
        detector=value(("NXdetector",), "local_name", "name", "description", "type"),
        acquired_at=value(("NXentry", "NXevent_data_em"), "start_time"),
    )


def _groups(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield all groups with a class, each before those in it."""
    if isinstance(tree.get(_CLASS), str):
        yield tree
    for value in tree.values():
        if isinstance(value, Mapping):
            yield from _groups(value)


def _found(
    groups: list[Mapping[str, Any]], kinds: tuple[str, ...], names: tuple[str, ...]
) -> Iterator[tuple[Any, Any]]:
    """Yield value and unit of fields with these names, in groups of these classes, the first names first."""
    for name in names:
        for group in groups:
            field = group.get(name)
            if group[_CLASS] in kinds and isinstance(field, Mapping) and "value" in field:
                value = field["value"]
                yield (value[0] if isinstance(value, list) else value), field.get("units", "")


def _of_electrons(groups: list[Mapping[str, Any]]) -> float | None:
    """Take the energy of electrons for the voltage; that of other probes says nothing of it."""
    for group in groups:
        probe = group.get("probe")
        if group[_CLASS] == "NXsource" and isinstance(probe, Mapping) and probe.get("value") == "electron":
            energy, unit = next(_found([group], ("NXsource",), ("energy",)), (None, ""))
            return kilovolts(energy, unit.removesuffix("eV") + "V" if isinstance(unit, str) else "")
    return None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else float(f"{value * factor:.9g}")
