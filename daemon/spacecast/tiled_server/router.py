"""What the Tiled server's configuration names under `routers:`; loading it has the server enter files at once.

`GET /custom/spacecast` tells anybody whether it does, so that `spacecast check` can say so.
"""

import logging
from importlib.metadata import version

from fastapi import APIRouter
from tiled.catalog.adapter import CatalogNodeAdapter

from spacecast.tiled_server.at_once import enter_at_once

router = APIRouter()
_REASON = enter_at_once(CatalogNodeAdapter)
if _REASON:
    # Below the server's own name, whose log settings let warnings through.
    logging.getLogger("tiled.spacecast").warning(
        "Files are entered one by one, which takes longer: %s. A newer Spacecast may know it.", _REASON
    )


@router.get("/spacecast")
async def about() -> dict[str, str]:
    """Tell which Spacecast is in this server, how it enters the files of a request, and, where one by one, why."""
    return {"spacecast": version("spacecast"), "files": "one by one" if _REASON else "at once", "reason": _REASON}
