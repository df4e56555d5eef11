"""What the Tiled server's configuration names under `routers:`; loading it has the server enter files at once.

`GET /custom/spacecast` tells anybody whether it does, so that `spacecast check` can say so.
"""

import logging
from importlib.metadata import version

from fastapi import APIRouter


def _begin() -> str:
    """Have files entered at once, and return why not; the server has to start with any release of Tiled."""
    try:
        from tiled.catalog.adapter import CatalogNodeAdapter  # noqa: PLC0415 - it may be elsewhere in another release

        from spacecast.tiled_server.at_once import enter_at_once  # noqa: PLC0415 - so may what this takes from Tiled
    except (ImportError, AttributeError) as error:
        # Not the error's own text, which has the server's paths in it: anybody may read the reason.
        return f"this release of Tiled is not known: {error.name} is missing, or not what it was"
    return enter_at_once(CatalogNodeAdapter)


router = APIRouter()
_REASON = _begin()
if _REASON:
    # Below the server's own name, whose log settings let warnings through.
    logging.getLogger("tiled.spacecast").warning(
        "Files are entered one by one, which takes longer: %s. A newer Spacecast may know it.", _REASON
    )


@router.get("/spacecast")
async def about() -> dict[str, str]:
    """Tell which Spacecast is in this server, how it enters the files of a request, and, where one by one, why."""
    return {"spacecast": version("spacecast"), "files": "one by one" if _REASON else "at once", "reason": _REASON}
