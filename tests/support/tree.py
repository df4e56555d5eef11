"""Where the source tree is."""

from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
