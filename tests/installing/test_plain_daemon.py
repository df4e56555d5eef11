"""The daemon runs without Tiled and numpy: only what Tiled's server and the sandbox load needs such packages."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
BLOCKED = {"tiled", "numpy", "pandas", "pyarrow", "dask", "h5py", "tifffile", "PIL", "httpx", "trustme", "psycopg"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
import spacecast
for module in pkgutil.walk_packages(spacecast.__path__, "spacecast."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError:
            print(module.name)
"""
OF_TILEDS_SERVER = {"spacecast.formats.nibbles", "spacecast.formats.picture_adapter", "spacecast.formats.raw_array"}
BESIDE_THE_DAEMON = ("spacecast.sandbox.", "spacecast.cli.demo_", "spacecast.tiled_server.")


def test_everything_but_adapters_and_sandbox_is_loaded_without_them():
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    missing = {name for name in said.split() if not name.startswith(BESIDE_THE_DAEMON)}
    assert missing == OF_TILEDS_SERVER
