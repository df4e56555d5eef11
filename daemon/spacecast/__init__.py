"""Spacecast publishes experiment folders through Onedata and Tiled."""

__version__ = "0.1.0"
