"""What is to be downloaded: the datasets and entries that are meant, and every file with its place on this disk.

Names come from a server and are not trusted: a place is below the target folder, or the download is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import PurePosixPath, PureWindowsPath

from spacecast.data.faults import Blocked, DownloadFailed, NotReady, Withdrawn
from spacecast.data.refs import Ref
from spacecast.data.server import Body, EntryPath, Server
from spacecast.data.status import FILES, Status, assets_of, block_of, list_many, look

_URI = "file://localhost"


@dataclass(frozen=True)
class RemoteFile:
    """A file to be fetched."""

    path: PurePosixPath
    """Its path below the dataset's folder."""
    place: PurePosixPath
    """Where it goes, below the folder for data."""
    size: int | None
    entry: EntryPath
    asset_id: int
    relative: str | None = None
    """Its path in a registered folder, which is one asset with many files."""


@dataclass(frozen=True)
class RemoteEntry:
    """An entry of the catalog with all below it that is chosen."""

    path: EntryPath
    """Its keys on this computer, the dataset's first."""
    attributes: Body
    places: Mapping[int, PurePosixPath] = field(default_factory=dict)
    """Where each asset goes, by the asset's id at the server."""


@dataclass
class Chosen:
    """A dataset, or a part of it, at one server."""

    server: Server
    key: str
    path: EntryPath
    """Where it is in the server's catalog."""
    facts: Body
    entries: list[RemoteEntry] = field(default_factory=list)
    files: dict[PurePosixPath, RemoteFile] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Files that the catalog cannot give out, and why; without a name where it is about the dataset."""
    is_whole: bool = True

    def add(self, more: "Chosen") -> None:
        """Take what was chosen of the same dataset besides; what is there already counts once."""
        known = {entry.path for entry in self.entries}
        self.entries += [entry for entry in more.entries if entry.path not in known]
        self.files |= more.files


def choose_refs(server: Server, wanted: Iterable[Ref]) -> Iterator[Chosen]:
    """Choose datasets, or files and the entries they are in. Raises NotReady, Blocked or Withdrawn as `status` has it.

    Many files may be in the same entry, which is chosen once.
    """
    seen: set[EntryPath] = set()
    refs = list(wanted)
    with server.remembering():
        list_many(server, refs)
        for one in refs:
            found = _there(server, one)
            if not found.entry or found.entry not in seen:
                seen.add(found.entry)
                yield _chosen(server, found)


def _there(server: Server, wanted: Ref) -> Status:
    found = look(server, wanted)
    if found.state == "blocked":
        raise Blocked(f"{wanted} does not come by itself: {found.reason}.")
    if found.state == "removed":
        raise Withdrawn(f"{wanted} was taken back by the facility. {found.reason}".rstrip())
    if found.state == "pending" and found.is_final:
        raise DownloadFailed(f"{wanted} cannot be downloaded: {found.reason.rstrip('.')}.")
    if found.state not in ("readable", "downloadable"):
        raise NotReady(f"{wanted} cannot be downloaded yet: {found.reason}. Wait for it first.", status=found)
    return found


def _chosen(server: Server, found: Status) -> Chosen:
    attributes = server.entry(found.dataset) or {}
    if found.entry == found.dataset:
        return _whole(server, found.dataset, attributes)
    entry = found.entry or (*found.dataset, FILES)
    chosen = _Choice(server, found.dataset, attributes, is_whole=False)
    only = None if found.entry else PurePosixPath(found.ref.file or "")
    chosen.take(entry, server.entry(entry, sources=True) or {}, only=only)
    return chosen.result


def choose_path(server: Server, path: EntryPath) -> Chosen:
    """Choose what is at a path of the catalog: a dataset, any container, or a single entry."""
    attributes = server.entry(path, sources=True)
    if attributes is None:
        raise DownloadFailed(f"{server.name} has no entry {'/'.join(path)} any more. Search again.")
    return _whole(server, path, attributes)


def merged(chosen: Iterable[Chosen]) -> list[Chosen]:
    """Put together what is chosen of the same dataset; raises DownloadFailed for two that would get into one folder."""
    found: dict[str, Chosen] = {}
    for one in chosen:
        other = found.setdefault(one.key, one)
        if (one.server.api, one.path) != (other.server.api, other.path):
            raise DownloadFailed(f"Two datasets called {one.key} would get into one folder: download them into two.")
        if one.is_whole and not other.is_whole:
            found[one.key] = one
        elif other is not one and not other.is_whole:
            other.add(one)
    return list(found.values())


def _whole(server: Server, path: EntryPath, attributes: Body) -> Chosen:
    choice = _Choice(server, path, attributes, is_whole=True)
    choice.take_below()
    return choice.result


class _Choice:
    """A choice in the making."""

    def __init__(self, server: Server, path: EntryPath, attributes: Body, *, is_whole: bool) -> None:
        said = block_of(attributes)
        key = _safe_part(path[-1], "/".join(path))
        self.result = Chosen(server, key, path, said.get("facts") or {}, is_whole=is_whole)
        self._path = path
        self._attributes = attributes
        self._folder = str(said["folder"]) if said.get("folder") else None
        self._said = said

    def take_below(self) -> None:
        """Take the dataset with everything in it."""
        found = list(_walk(self.result.server, self._path, self._attributes))
        if self._folder is None:
            uris = [asset["data_uri"] for _path, attributes in found for asset in assets_of(attributes)]
            self._folder = _common_folder(uris)
        for path, attributes in found:
            self.take(path, attributes)
        self._say_what_lacks()
        registered = {str(file.path) for file in self.result.files.values()}
        for remark in self._said.get("remarks") or ():
            if str(remark.get("file")) not in registered:
                self.result.left_out.append((str(remark.get("file")), str(remark.get("reason"))))

    def _say_what_lacks(self) -> None:
        status, reason = self._said.get("status"), str(self._said.get("reason") or "")
        if status == "removed":
            self.result.left_out.append(("", f"the facility has taken it back. {reason}".rstrip()))
        elif status == "blocked":
            self.result.left_out.append(("", f"what is not there yet does not come by itself: {reason}"))
        elif status == "pending":
            self.result.left_out.append(("", "files that are not registered yet: download it again later"))

    def take(self, path: EntryPath, attributes: Body, *, only: PurePosixPath | None = None) -> None:
        """Take one entry with its files; of `files`, perhaps only one."""
        if not self.result.entries and path != self._path:
            self._enter(self._path, self._attributes, {})
        places = {}
        for asset in assets_of(attributes):
            uri = str(asset["data_uri"])
            if only is not None and not uri.endswith(f"/{only}"):
                # Of thousands one is meant, and thousands may be chosen one by one: they are not taken apart.
                continue
            file = self._path_in_folder(uri)
            if only is None or file == only:
                places[int(asset["id"])] = PurePosixPath(self.result.key) / file
                self._take_asset(path, asset, file)
        if only is None:
            self._enter(path, attributes, places)

    def _enter(self, path: EntryPath, attributes: Body, places: Mapping[int, PurePosixPath]) -> None:
        below = path[len(self._path) :]
        self.result.entries.append(RemoteEntry((self.result.key, *below), attributes, places))

    def _take_asset(self, entry: EntryPath, asset: Body, file: PurePosixPath) -> None:
        asset_id = int(asset["id"])
        if not asset.get("is_directory"):
            self._add(RemoteFile(file, PurePosixPath(self.result.key) / file, asset.get("size"), entry, asset_id))
            return
        for name in self.result.server.manifest(entry, asset_id):
            # Some releases name the server's own paths.
            inner = name.removeprefix(str(asset["data_uri"]).removeprefix(_URI).rstrip("/") + "/")
            path = file.joinpath(*safe_parts(inner))
            self._add(RemoteFile(path, PurePosixPath(self.result.key) / path, None, entry, asset_id, inner))

    def _add(self, file: RemoteFile) -> None:
        # Several entries may be made of the same file.
        self.result.files.setdefault(file.place, file)

    def _path_in_folder(self, uri: str) -> PurePosixPath:
        path, folder = uri.removeprefix(_URI), (self._folder or "/").rstrip("/") + "/"
        if not uri.startswith(_URI) or not path.startswith(folder):
            raise DownloadFailed(
                f"{uri!r} in {'/'.join(self._path)} is not in the dataset's folder {folder}; nothing was downloaded. "
                "Tell the facility."
            )
        return PurePosixPath(*safe_parts(path[len(folder) :]))


def safe_parts(path: str) -> Sequence[str]:
    """Take a path from a server apart; raises DownloadFailed where it could lead out of its folder, on any system."""
    return [_safe_part(part, path) for part in path.split("/")]


def _safe_part(part: str, path: str) -> str:
    on_windows = PureWindowsPath(part)
    if part in ("", ".", "..") or "\0" in part or on_windows.drive or len(on_windows.parts) != 1:
        raise DownloadFailed(f"{path!r} is no name that is safe to write on this computer; nothing was downloaded.")
    return part


def _walk(server: Server, path: EntryPath, attributes: Body) -> Iterator[tuple[EntryPath, Body]]:
    yield path, attributes
    # What a container of a file holds is in the file.
    if attributes.get("structure_family") == "container" and not attributes.get("data_sources"):
        for key, child in server.children(path, sources=True):
            yield from _walk(server, (*path, key), child)


def _common_folder(uris: Sequence[str]) -> str:
    paths = [str(PurePosixPath(uri.removeprefix(_URI)).parent) for uri in uris if uri.startswith(_URI + "/")]
    return commonpath(paths) if paths else "/"
