"""What a downloaded folder says of itself: how to use it in three ways, and a server's configuration for it."""

from pathlib import Path

import yaml

from spacecast.data.offline import ADAPTERS

_README = """\
This folder was downloaded by Spacecast. Use it in any of three ways; it can be moved or copied as a whole.

1. As files: data/<dataset>/ has them under their own names.

2. In Python, without a server (pip install 'spacecast[offline]'):

       from spacecast import data
       local = data.from_catalog("{catalog}", readable_storage=["data"])

3. With a Tiled server, started in this folder:

       tiled serve catalog {catalog} -r data --public

   Arrays that Tiled itself cannot read (MRC, DM3, DM4 ...) are served by

       tiled serve config tiled.yaml --public

   where spacecast is installed. After the folder was moved, first run `spacecast relocate .` here.
"""


def write_notes(folder: Path, catalog: str) -> None:
    """Write README.txt and tiled.yaml into a downloaded folder."""
    config = {
        "catalog": {
            "uri": f"sqlite:///./{catalog}",
            "readable_storage": ["data"],
            "adapters_by_mimetype": dict(ADAPTERS),
        },
    }
    _write(folder / "README.txt", _README.format(catalog=catalog))
    text = "# Start it in this folder: tiled serve config tiled.yaml --public\n" + yaml.safe_dump(
        config, sort_keys=False
    )
    _write(folder / "tiled.yaml", text)


def _write(file: Path, text: str) -> None:
    if file.is_symlink():
        # Somebody has put it there; nothing is written elsewhere.
        file.unlink()
    file.write_text(text, encoding="utf-8")
