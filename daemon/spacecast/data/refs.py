"""References: the name under which a dataset, or a file in it, is addressed. Made without a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, environ, fspath
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from spacecast.data.faults import BadReference
from spacecast.data.roots import RootMap, is_absolute
from spacecast.formats import dataset_key

ROOTS_VARIABLE = "SPACECAST_ROOTS"


@dataclass(frozen=True, order=True)
class Ref:
    """A dataset (`file` is None), or a file in it.

    `str(ref)` is its short form, `dataset/file`, which `ref` reads again: write it into a notebook, send it by mail.
    """

    dataset: str
    """The dataset's key in the catalog: the folder's name, as long as that can be a key."""
    file: str | None = None
    """The file's path below the dataset's folder, with `/`."""
    address: str | None = None
    """Where the dataset's siblings are, as a Tiled address; None leaves it to the settings."""

    def __str__(self) -> str:
        return self.dataset if self.file is None else f"{self.dataset}/{self.file}"

    def __truediv__(self, file: str) -> "Ref":
        """Give the reference of a file below this one: `data.ref("20211227125_Demo") / "spectrum_0001.dm4"`."""
        below = PurePosixPath(self.file or "") / file
        return Ref(self.dataset, _checked_file(str(below)), self.address)


RefLike: TypeAlias = Ref | str | PathLike[str]
"""What can be taken for a reference: one, its text, the dataset's address, or a path below a root."""

RootsLike: TypeAlias = RootMap | Mapping[str, str] | PathLike[str] | str
"""A root map, or what one is made from."""


def ref(
    dataset: RefLike,
    file: str | PathLike[str] | None = None,
    *,
    roots: RootsLike | None = None,
) -> Ref:
    r"""Make the reference of a dataset, or of a file in it, at once: no network, and nothing has to exist yet.

    `dataset` is the name of the dataset's folder, `Tiled: Ref` or `Tiled: URI` of its metadata file, the address of an
    entry in it, or an absolute path of a folder or file below a root of `roots`: a root map, a mapping, or the YAML
    file with one; by default the file that `$SPACECAST_ROOTS` names. Raises BadReference for what can be none of these.

    >>> ref("20211227125_Demo", "spectrum_0001.dm4")
    Ref(dataset='20211227125_Demo', file='spectrum_0001.dm4', address=None)
    >>> str(ref(r"D:\data\20211227125_Demo\grid 1\a.tif", roots={r"D:\data": ""}))
    '20211227125_Demo/grid 1/a.tif'
    """
    found = dataset if isinstance(dataset, Ref) else _parsed(_text_of(dataset), roots)
    if file is None:
        return found
    text = _text_of(file)
    return found / (PureWindowsPath(text).as_posix() if "\\" in text else text)


def refs_of(what: RefLike | list[Any] | tuple[Any, ...]) -> list[Ref]:
    """Give all references of one or several things that can be taken for one."""
    return [ref(one) for one in what] if isinstance(what, (list, tuple)) else [ref(what)]


def _text_of(thing: object) -> str:
    text = fspath(thing) if isinstance(thing, PathLike) else thing
    if not isinstance(text, str):
        raise BadReference(
            f"{thing!r} names no dataset or file: give a reference, its text, or a path (for several of them, a list "
            "where a function takes several)."
        )
    return text


def _parsed(text: str, roots: RootsLike | None) -> Ref:
    if "://" in text:
        return _from_address(text)
    if is_absolute(text):
        return _from_place(_root_map(roots, text).place_of(text), text)
    return _from_place(PurePosixPath(text), text)


def _from_address(text: str) -> Ref:
    address = urlsplit(text)
    before, found, path = address.path.partition("/metadata/")
    keys = [unquote(key) for key in path.split("/") if key]
    if not found or not keys:
        raise BadReference(f"{text} is no address of a dataset: `Tiled: URI` in its metadata file has …/metadata/….")
    parent = "/".join(path.rstrip("/").split("/")[:-1])
    above = address._replace(path=f"{before}/metadata/{parent}", query="", fragment="").geturl()
    return Ref(keys[-1], None, above)


def _from_place(place: PurePosixPath, text: str) -> Ref:
    if not place.parts or place.parts[0] in (".", ".."):
        raise BadReference(f"{text!r} names no dataset: give the name of its folder, and a file's path below it.")
    folder, *below = place.parts
    return Ref(dataset_key(folder), _checked_file("/".join(below)) if below else None)


def _checked_file(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in text:
        raise BadReference(f"{text!r} is no path below a dataset's folder: give it relative to that, without `..`.")
    return str(path)


def _root_map(roots: RootsLike | None, text: str) -> RootMap:
    if isinstance(roots, RootMap):
        return roots
    if isinstance(roots, Mapping):
        return RootMap(roots)
    where = fspath(roots) if roots is not None else environ.get(ROOTS_VARIABLE)
    if not where:
        raise BadReference(
            f"{text} is a path, and where the datasets' roots are is not known: give `roots`, or let ${ROOTS_VARIABLE} "
            "name the file with the root map."
        )
    return RootMap.load(Path(where))
