"""Files at Oneprovider: attributes, listing, content, metadata."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from spacecast.onedata.errors import Gone, Unavailable
from spacecast.onedata.fields import Fields
from spacecast.onedata.provider_facts import FileAttributes, Page, ProviderConfiguration, RemoteFile
from spacecast.onedata.refusals import read_refusal
from spacecast.onedata.service import Operation, Service, at, encoded, get
from spacecast.onedata.walk import relative_path
from spacecast.transport import Answer, NoAnswer

_PAGE_FILES = 1000
_BODY_LISTING_SINCE = (21, 2, 5)
_OLD_NAMES = {
    "fileId": "file_id",
    "posixPermissions": "mode",
    "parentFileId": "parent_id",
    "directShareIds": "shares",
}


class ProviderFiles(Service):
    """Operations on files. Where a file id is asked for, a space id means the space's root, but not in bodies."""

    def configuration(self) -> ProviderConfiguration:
        """Read the provider's id, zone and release; needs no token."""
        return ProviderConfiguration.read(self.read(get("tell its release", "configuration", authenticated=False)))

    @cached_property
    def _lists_by_body(self) -> bool:
        return self.configuration().release >= _BODY_LISTING_SINCE

    def attributes(self, file_id: str) -> FileAttributes:
        """Read all attributes of a file; raises Gone where there is none."""
        # Asked without a choice of attributes, every release answers in a way that can be read.
        return FileAttributes.read(self.read(get(f"read the file {file_id}", at("data", file_id))))

    def direct_share_ids(self, file_id: str) -> tuple[str, ...]:
        """List the ids of the shares of exactly this file or directory."""
        return self.attributes(file_id).direct_share_ids

    def children(self, file_id: str, *, page_token: str | None = None, limit: int = _PAGE_FILES) -> Page:
        """List one page of a directory with name, type and size of each child (21.02.1 and later)."""
        names = ("fileId", "name", "type", "size")
        return self._page(f"list the folder {file_id}", at("data", file_id, "children"), names, limit, page_token)

    def _page(self, phrase: str, path: str, names: tuple[str, ...], limit: int, token: str | None) -> Page:
        body = self._read_page(phrase, path, names, limit, token)
        children = tuple(FileAttributes.read(child) for child in body.objects("children"))
        last = body.flag("isLast", default=body.value("nextPageToken") is None)
        return Page(children, None if last else body.optional_text("nextPageToken"))

    def _read_page(self, phrase: str, path: str, names: tuple[str, ...], limit: int, token: str | None) -> Fields:
        paging: dict[str, Any] = {"limit": limit} | ({} if token is None else {"token": token})
        if self._lists_by_body:
            return self.read(get(phrase, path, json=paging | {"attributes": list(names)}))
        old_names = [_OLD_NAMES.get(name, name) for name in names]
        return self.read(get(phrase, path, params=paging | {"attribute": old_names}))

    def files_below(self, file_id: str) -> Iterator[RemoteFile]:
        """List all regular files below a directory with paths and sizes, page by page (21.02.1 and later).

        Raises Unavailable where the provider says that it could not look into a folder: what it lists then is not all.
        """
        names, token = ("fileId", "path", "type", "size"), None
        while True:
            phrase = f"list the files below {file_id}"
            body = self._read_page(phrase, at("data", file_id, "files"), names, _PAGE_FILES, token)
            if body.texts("inaccessiblePaths"):
                raise Unavailable(f"{self.name} could not {phrase}: it has no access to some folders in it.")
            for file in body.objects("files"):
                if FileAttributes.read(file).type in {"REG", "LNK", ""}:
                    yield RemoteFile(relative_path(file.text("path")), file.count("size"))
            token = body.optional_text("nextPageToken")
            if token is None or body.flag("isLast"):
                return

    def file_id_at(self, space_name: str, space_id: str, path: str = "") -> str:
        """Find the id of a file by its path in a space, which is addressed as `name@id`; raises Gone."""
        segments = [encoded(f"{space_name}@{space_id}"), *(encoded(part) for part in path.split("/") if part)]
        phrase = f"find {path!r} in the space {space_id}"
        operation = Operation(phrase, "POST", f"lookup-file-id/{'/'.join(segments)}", repeatable=True)
        return self.id_from_body(operation, "fileId", "file_id")

    def content(self, file_id: str, *, first_byte: int | None = None, last_byte: int | None = None) -> bytes:
        """Read a file, or the bytes from `first_byte` to `last_byte` inclusive; for small content."""
        with self.open_content(file_id, first_byte=first_byte, last_byte=last_byte) as chunks:
            return b"".join(chunks)

    @contextmanager
    def open_content(
        self, file_id: str, *, first_byte: int | None = None, last_byte: int | None = None
    ) -> Iterator[Iterator[bytes]]:
        """Read a file, or a range of it, piece by piece while it arrives."""
        operation = get(f"read the content of {file_id}", at("data", file_id, "content"))
        with self._content_stream(operation, _range(first_byte, last_byte)) as chunks:
            yield chunks

    @contextmanager
    def _content_stream(self, operation: Operation, headers: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        try:
            with self._transport.stream(operation.path, headers=headers) as streamed:
                if not 200 <= streamed.status < 300:  # noqa: PLR2004 - any 2xx, as everywhere
                    body = b"".join(streamed.chunks)
                    raise self.fault(operation, read_refusal(Answer(streamed.status, streamed.headers, body)))
                yield streamed.chunks
        except NoAnswer as silence:
            raise Unavailable(str(silence), service=self.name, operation=operation.phrase) from silence

    def json_metadata(self, file_id: str) -> Any | None:
        """Read the JSON document that is attached to a file; None where none is set."""
        operation = get(f"read the metadata of {file_id}", at("data", file_id, "metadata", "json"))
        try:
            answer = self.perform(operation)
        except Gone as gone:
            if gone.error_id == "posix" and str(gone.details.get("errno")).lower() == "enodata":
                return None
            raise
        if answer.json() is None and answer.body.strip() != b"null":
            raise self.unreadable(operation, answer, "a JSON document")
        return answer.json()

    def put_json_metadata(self, file_id: str, document: Mapping[str, Any]) -> None:
        """Attach a JSON document to a file in place of the one before."""
        path = at("data", file_id, "metadata", "json")
        phrase = f"set the metadata of {file_id}"
        self.perform(Operation(phrase, "PUT", path, json=document, needs="space_write_data"))

    def delete_json_metadata(self, file_id: str) -> None:
        """Take the JSON document off a file."""
        path = at("data", file_id, "metadata", "json")
        phrase = f"delete the metadata of {file_id}"
        self.perform(Operation(phrase, "DELETE", path, needs="space_write_data"))


def _range(first_byte: int | None, last_byte: int | None) -> Mapping[str, str]:
    if first_byte is None and last_byte is None:
        return {}
    return {"Range": f"bytes={first_byte or 0}-{'' if last_byte is None else last_byte}"}
