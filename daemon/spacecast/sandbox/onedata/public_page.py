"""The page behind a public link: what a guest sees of a share, in a browser, without a script."""

import html
from collections.abc import Iterator
from urllib.parse import quote

from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Share
from spacecast.sandbox.onedata.identifiers import BadFileIdError, decode_file_id, file_id
from spacecast.sandbox.onedata.imported_files import StoredFile
from spacecast.sandbox.onedata.markdown import to_html
from spacecast.sandbox.onedata.messages import Reply, html_reply
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes()
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --link: #7ab8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { margin-bottom: 0; overflow-wrap: anywhere; } .id { opacity: .6; font-size: .85rem; }
section { border: 1px solid var(--line); border-radius: .6rem; padding: .2rem 1.2rem; margin: 1.2rem 0; }
table { width: 100%; border-collapse: collapse; } td { padding: .35rem .5rem; border-top: 1px solid var(--line); }
tr:first-child td { border-top: 0; } td:last-child { text-align: right; white-space: nowrap; opacity: .7; }
td.name { overflow-wrap: anywhere; } pre { background: var(--soft); padding: .7rem; overflow-x: auto; }
.closed { opacity: .5; }
"""


@ROUTES.on("GET", "/share/{shid}")
def share_page(call: Call) -> Reply:
    """Show a share: description and files, or those of the directory in `?dir=`."""
    share = call.state.shares.get(call.ids["shid"])
    if share is None:
        return html_reply(_page("Not found", "<p>There is no share behind this link (any more).</p>"), 404)
    directory = _directory(call, share)
    if directory is None:
        return html_reply(_page(share.name, "<p>This directory cannot be opened.</p>"), 404)
    return html_reply(_page(share.name, "".join(_parts(share, directory))))


@ROUTES.on("GET", "")
def front_page(_call: Call) -> Reply:
    """Say where one is."""
    return html_reply(_page("Sandbox zone", "<p>An embedded Onedata. Open a share by its public link.</p>"))


def _directory(call: Call, share: Share) -> StoredFile | None:
    """Find the directory to list, if a guest may get there."""
    files = call.state.files.get(share.space_id)
    wanted = call.query("dir")
    uuid = share.root_uuid
    if wanted is not None:
        try:
            reference = decode_file_id(wanted)
        except BadFileIdError:
            return None
        if reference.share_id != share.id:
            return None
        uuid = reference.file_uuid
    found = None if files is None else files.find(uuid)
    return found if found is not None and _reachable(found, share) else None


def _reachable(file: StoredFile, share: Share) -> bool:
    if file.uuid == share.root_uuid:
        return True
    for directory in file.ancestors():
        if not directory.permissions & 0o001:
            return False
        if directory.uuid == share.root_uuid:
            return True
    return False


def _parts(share: Share, directory: StoredFile) -> Iterator[str]:
    yield f'<p class="id">Share {html.escape(share.id)}</p>'
    if share.description.strip():
        yield f"<section>{to_html(share.description)}</section>"
    yield "<section><table>"
    if not directory.is_directory:
        yield _row(share, directory)
    elif not directory.permissions & 0o004:
        yield '<tr><td class="closed">This directory may not be listed.</td></tr>'
    else:
        if directory.uuid != share.root_uuid and directory.parent is not None:
            yield f'<tr><td class="name"><a href="{_link(share, directory.parent)}">..</a></td><td></td></tr>'
        for name in sorted(directory.children):
            yield _row(share, directory.children[name])
    yield "</table></section>"


def _row(share: Share, file: StoredFile) -> str:
    name = html.escape(_printable(file.name or share.name))
    if file.is_directory:
        cell = f'<a href="{_link(share, file)}">{name}/</a>'
        return f'<tr><td class="name">{cell}</td><td>{len(file.children)} entries</td></tr>'
    if not file.permissions & 0o004:
        return f'<tr class="closed"><td class="name">{name}</td><td>not public</td></tr>'
    address = f"/api/v3/onezone/shares/data/{file_id(file.uuid, share.space_id, share.id)}/content"
    return f'<tr><td class="name"><a href="{address}">{name}</a></td><td>{_size(file.stamp.size)}</td></tr>'


def _link(share: Share, directory: StoredFile) -> str:
    if directory.uuid == share.root_uuid:
        return f"/share/{quote(share.id)}"
    return f"/share/{quote(share.id)}?dir={file_id(directory.uuid, share.space_id, share.id)}"


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _size(size: int) -> str:
    amount = float(size)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= _STEP
    return f"{size} bytes"


def _page(title: str, body: str) -> str:
    shown = html.escape(title)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html><html lang="en"><head>{head}<title>{shown}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{shown}</h1>{body}</body></html>"
    )
