"""Tiled's profiles: addresses and keys of servers that a user has written down under names."""

from collections.abc import Mapping
from typing import Any

from spacecast.data.extras import needing
from spacecast.data.faults import NoServer

ADDRESS_VARIABLE = "SPACECAST_URL"


def profile(name: str | None) -> Mapping[str, Any]:
    """Give a profile, by default the one that Tiled takes; raises NoServer where there is none with an address."""
    with needing("data", "Reading Tiled's profiles"):
        from tiled.profiles import get_default_profile_name, load_profiles  # noqa: PLC0415 - slow, seldom needed
    profiles = load_profiles()
    chosen = name or get_default_profile_name()
    if chosen not in profiles or "uri" not in profiles[chosen][1]:
        said = (
            f"There is no Tiled profile {chosen!r} with an address"
            if chosen
            else "It is not said where the datasets are"
        )
        raise NoServer(
            f"{said}. Set {ADDRESS_VARIABLE} to the address of their container, which `Tiled: URI` in a metadata file "
            "begins with, or give `server`."
        )
    found: Mapping[str, Any] = profiles[chosen][1]
    return found
