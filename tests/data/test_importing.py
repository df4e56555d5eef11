"""Importing is quick, and drags neither Tiled nor numpy in."""

import subprocess
import sys

_HEAVY = ("tiled", "numpy", "httpx", "requests", "sqlalchemy", "rich", "pandas", "websockets")


def _run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_nothing_heavy_is_loaded_before_it_is_used():
    loaded = set(_run("import sys; from spacecast import data; print(*sys.modules)").split())
    assert loaded.isdisjoint(_HEAVY), loaded.intersection(_HEAVY)


def test_references_are_made_without_the_extra_and_the_rest_says_what_to_install():
    program = f"""
import sys
sys.modules.update(dict.fromkeys({_HEAVY[:3]!r}))
from spacecast import data
ref = data.ref("run", "a.tif")
for call in (lambda: data.wait(ref, server="http://localhost:1"), lambda: data.from_catalog(__file__), lambda:
        data.download(ref, "stuff")):
    try:
        call()
    except data.MissingExtra as missing:
        print(missing)
    except NameError:
        pass
"""
    said = _run(program)
    assert "pip install 'spacecast[data]'" in said
    assert "pip install 'spacecast[offline]'" in said
