"""Has a Tiled server enter the files of a request together, with the first of them that it comes to.

Tiled has no place where this could be hung in, so three methods of its node adapter are wrapped: two take down which
files a request brings, the third enters them all when the first is asked for. All else stays Tiled's own: who may do
it, the transaction and its end, the messages to those who listen.
"""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from tiled.server.schemas import Asset, DataSource
from tiled.structures.data_source import Management

from spacecast.tiled_server.assets import associate, enter_assets

Method = Callable[..., Awaitable[Any]]

# SHA-256 of the methods' text in the releases that this was written for: 0.2.20. Where one has changed, there may be a
# column that would stay empty here; then Tiled goes on alone until somebody has looked at the difference.
KNOWN_TEXTS = {
    "_put_asset": {"76f7474a51c1d8ad65b41445a7d344a428fc51eb01768e13dedc99e4a0cca715"},
    "put_data_source": {"df0e65ef6be12a4419c1db1b49162717a2cda7dcd7bbf43d45e55d9a46394c72"},
}
# Each is a value of one statement, which has at most 32,766 of them.
MOST_FILES = 10_000


def enter_at_once(node_adapter: type[Any]) -> str:
    """Wrap the methods of Tiled's `CatalogNodeAdapter`, once for a process. Return why not, empty where it was done.

    A release that enters files in another way than the known ones is left as it is.
    """
    reason = _why_not(node_adapter)
    if not reason:
        node_adapter.create_node = _of_a_new_entry(node_adapter.create_node)
        node_adapter.put_data_source = _of_a_growing_entry(node_adapter.put_data_source)
        node_adapter._put_asset = _all_with_the_first(node_adapter._put_asset)  # noqa: SLF001 - known by its text
    return reason


def _why_not(node_adapter: type[Any]) -> str:
    try:
        changed = [name for name in KNOWN_TEXTS if _digest(getattr(node_adapter, name)) not in KNOWN_TEXTS[name]]
        if "data_sources" not in inspect.signature(node_adapter.create_node).parameters:
            changed.append("create_node")
    except (AttributeError, OSError, TypeError) as error:
        return f"how this release of Tiled does it cannot be told: {error}"
    return f"this release of Tiled does it in a way that is not known: {', '.join(changed)}" if changed else ""


def _digest(method: Method) -> str:
    return hashlib.sha256(inspect.getsource(method).encode()).hexdigest()


@dataclass
class _Request:
    """The files that a request brings, and their ids as soon as one of them was asked for."""

    assets: Sequence[Asset]
    data_source_id: int | None = None
    _db: AsyncSession | None = None
    _ids: dict[str, int] = field(default_factory=dict)

    async def id_of(self, db: AsyncSession, asset: Asset) -> int | None:
        """Give the file's id; None if the request did not name it, or in another transaction than the first one."""
        if self._db is None:
            self._db = db
            self._ids = await enter_assets(db, self.assets)
            if self.data_source_id is not None:
                await associate(db, self.data_source_id, self.assets, self._ids)
        return self._ids.get(asset.data_uri) if self._db is db else None


_current: ContextVar[_Request | None] = ContextVar("the request that this task works on", default=None)


class _OfOneFile:
    """A data source that shows one of its files to whoever goes through them, since all are entered with that one."""

    def __init__(self, whole: DataSource) -> None:
        self._whole = whole
        self.assets = whole.assets[:1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _of_a_new_entry(plain: Method) -> Method:
    signature = inspect.signature(plain)

    @wraps(plain)
    async def create_node(*arguments: Any, **named: Any) -> Any:
        sources: Sequence[DataSource] = signature.bind(*arguments, **named).arguments.get("data_sources") or ()
        # What Tiled writes itself gets its files only in there.
        brought = [asset for source in sources if source.management == Management.external for asset in source.assets]
        if not _worth_it(brought):
            return await plain(*arguments, **named)
        with _working_on(_Request(brought)):
            return await plain(*arguments, **named)

    return create_node


def _of_a_growing_entry(plain: Method) -> Method:
    @wraps(plain)
    async def put_data_source(self: Any, data_source: DataSource, patch: Any) -> Any:
        if not _worth_it(data_source.assets):
            return await plain(self, data_source, patch)
        with _working_on(_Request(data_source.assets, data_source.id)):
            return await plain(self, _OfOneFile(data_source), patch)

    return put_data_source


def _all_with_the_first(plain: Method) -> Method:
    @wraps(plain)
    async def _put_asset(self: Any, db: AsyncSession, asset: Asset) -> Any:
        request = _current.get()
        number = await request.id_of(db, asset) if request is not None else None
        return await plain(self, db, asset) if number is None else number

    return _put_asset


def _worth_it(assets: Sequence[Asset]) -> bool:
    """Whether there are several, and each is named once: what is named twice, Tiled enters in its order."""
    return 1 < len(assets) <= MOST_FILES and len({asset.data_uri for asset in assets}) == len(assets)


@contextmanager
def _working_on(request: _Request) -> Iterator[None]:
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)
