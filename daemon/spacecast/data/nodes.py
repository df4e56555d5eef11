"""What the objects of Tiled's client stand for: entries of the catalog, by their paths."""

from typing import Any
from urllib.parse import unquote, urlsplit

from spacecast.data.server import EntryPath, Server
from spacecast.data.status import block_of


def is_node(thing: Any) -> bool:
    """Whether something is an object of Tiled's client."""
    return hasattr(thing, "structure_family") and hasattr(thing, "context")


def paths_of(what: Any, server: Server) -> list[EntryPath]:
    """Give the paths of what a Tiled client object stands for: a dataset or entry itself, or what a search found."""
    path = _path_of(what.uri)
    if what.structure_family != "container" or block_of({"metadata": dict(what.metadata)}):
        return [path]
    if getattr(what, "queries", None) or _has_datasets(server, path):
        return [(*path, key) for key in what]
    return [path]


def _has_datasets(server: Server, path: EntryPath) -> bool:
    # The container that all datasets are in, rather than a dataset that somebody made by other means.
    return any(block_of(attributes) for _key, attributes in server.children(path))


def _path_of(uri: str) -> EntryPath:
    """Give the path of an entry by its address."""
    return tuple(unquote(key) for key in urlsplit(uri).path.partition("/metadata")[2].split("/") if key)
