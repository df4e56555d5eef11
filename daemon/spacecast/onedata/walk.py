"""Going through a directory tree page by page, whoever lists the pages."""

from collections.abc import Callable, Iterator

from spacecast.onedata.provider_facts import Page, RemoteFile


def relative_path(path: str) -> str:
    """Make a path relative to the space's root."""
    return path.strip("/")


def walk(root_id: str, page_of: Callable[[str, str | None], Page]) -> Iterator[RemoteFile]:
    """Give every regular file below `root_id`; `page_of(directory_id, page_token)` lists a page.

    At any time one page, and one entry for each directory that is still to be seen, are in memory.
    """
    waiting = [(root_id, "")]
    while waiting:
        directory_id, folder = waiting.pop()
        for page in _pages(directory_id, page_of):
            for child in page.children:
                path = f"{folder}/{child.name}" if folder else child.name
                if child.is_directory:
                    waiting.append((child.file_id, path))
                elif child.type != "SYMLNK":
                    yield RemoteFile(path, child.size_bytes or 0)


def _pages(directory_id: str, page_of: Callable[[str, str | None], Page]) -> Iterator[Page]:
    token: str | None = None
    while True:
        page = page_of(directory_id, token)
        yield page
        if page.next_token is None:
            return
        token = page.next_token
