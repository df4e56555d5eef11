"""Open what a reference names as a Tiled client object; search datasets; the client for both."""

from typing import Any

from spacecast.data.away import open_away
from spacecast.data.extras import needing
from spacecast.data.faults import Blocked, NoServer, NotReady, ServerAway, Withdrawn, WrongUse
from spacecast.data.profiles import ADDRESS_VARIABLE
from spacecast.data.refs import RefLike, ref
from spacecast.data.server import Body, EntryPath, Server, server_for
from spacecast.data.status import Status, assets_of, look
from spacecast.data.trust import trust_for
from spacecast.data.waiting import not_readable
from spacecast.formats import is_given_out

# One for each server and key: connecting takes some requests.
_clients: dict[tuple[str, str | None], Any] = {}
_SIGNS_OF_QUERIES = frozenset("\"'&|!():*<>\\")
_GONE = frozenset({404, 410, 500, 502, 503, 504})


class Frame:
    """One image of a series, which is an array with a frame for each."""

    def __init__(self, series: Any, number: int) -> None:
        self.series = series
        self.number = number

    def __repr__(self) -> str:
        return f"Frame({self.number} of {self.series!r})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The image's lengths."""
        return tuple(self.series.shape[1:])

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The kind of its numbers."""
        return self.series.dtype

    @property
    def metadata(self) -> Any:
        """What is known of the series."""
        return self.series.metadata

    def read(self) -> Any:
        """Fetch the image, and no other."""
        return self.series[self.number]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        found = self.read()
        return found if dtype is None else found.astype(dtype)

    def __getitem__(self, part: Any) -> Any:
        return self.series[(self.number, *(part if isinstance(part, tuple) else (part,)))]


class Part:
    """One file of a series of tables, which is a table with a partition for each."""

    def __init__(self, series: Any, number: int) -> None:
        self.series = series
        self.number = number

    def __repr__(self) -> str:
        return f"Part({self.number} of {self.series!r})"

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.series.columns)

    @property
    def metadata(self) -> Any:
        """What is known of the series."""
        return self.series.metadata

    def read(self, columns: list[str] | None = None) -> Any:
        """Fetch the table of this file, and no other."""
        return self.series.read_partition(self.number, columns)


def open(what: RefLike, *, server: Any = None, api_key: str | None = None) -> Any:  # noqa: A001 - `data.open` is the name
    """Open a dataset or file as Tiled's client object: `.read()`, slices, `.metadata`, the keys of a container.

    A file in a series of images gives its frame, one in a series of tables its part. Where the server's files are
    gone, they come through the dataset's public share: arrays that lie in one piece by ranges, others are fetched into
    a cache first. Raises NotReady with what is known (`data.wait` helps), NotReadable for a file that is no data,
    Blocked, Withdrawn, and as `status`.

    >>> spectrum = data.open("20211227125_Demo/spectrum_0001.dm4").read()  # doctest: +SKIP
    """
    wanted = ref(what)
    with server_for(wanted.address, server, api_key=api_key) as connected:
        found = look(connected, wanted)
        _require_readable(found)
        attributes = None if found.entry == found.dataset else _if_gone(connected, found.entry)
        if attributes is not None:
            if not found.facts.get("share_root"):
                raise ServerAway(
                    f"{connected.name} cannot read the file of {wanted} any more, and the dataset has no public share "
                    "to take it from. Ask the facility."
                )
            return _framed(open_away(connected, found, attributes, server), found)
        return _framed(client_for(connected, server)[found.entry] if found.entry else None, found)


def search(text: str = "", *, server: Any = None, api_key: str | None = None, **keys: Any) -> Any:
    """Find datasets by words anywhere in their metadata, and by keys; a Tiled container with what was found.

    Words count whole and in any letter case; all of them must be there. A key's name has `__` for the dot between a
    section and what is in it; its value is a text, a number, or True or False. What is given back can be searched
    further, iterated, and given to `download`. Raises WrongUse, and as `status`.

    >>> list(data.search("ribosome", Instrument="TitanKrios", Sample__Name="70S_RNAP"))  # doctest: +SKIP
    ['20211227125_Demo']
    """
    with needing("data", "Searching"):
        from tiled.queries import FullText, Key  # noqa: PLC0415 - Tiled takes long to load
    words = [FullText(_as_text(word)) for word in text.split()]
    equal = [Key(name.replace("__", ".")) == _searched(name, value) for name, value in keys.items()]
    with server_for(None, server, api_key=api_key) as connected:
        # Tiled's client repeats what fails for half a minute, and ends with what the server said.
        if connected.entry(connected.datasets) is None:
            raise NoServer(
                f"{connected.name} has no container {'/'.join(connected.datasets)}. Set {ADDRESS_VARIABLE}, or "
                "`server`, to the address of the datasets' container: `Tiled: URI` in a metadata file begins with it."
            )
        found = client_for(connected, server)
        if connected.datasets and (server is None or isinstance(server, str)):
            found = found[connected.datasets]
    for query in [*words, *equal]:
        found = found.search(query)
    return found


def _as_text(word: str) -> str:
    """Give a word as the servers' databases take it for text, whatever it is in their languages for searching."""
    return '"' + "".join("_" if sign in _SIGNS_OF_QUERIES or not sign.isprintable() else sign for sign in word) + '"'


def _searched(name: str, value: Any) -> Any:
    """Give a value that can be searched for: a text, a number, or whether something is so."""
    # A number of NumPy's.
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value
    if not isinstance(plain, (str, int, float)):
        raise WrongUse(f"{name}={value!r} cannot be searched for: give a text, a number, or True or False.")
    return plain


def client_for(connected: Server, server: Any = None) -> Any:
    """Give Tiled's client for the root of a server; the one that `server` belongs to, where it is a client object."""
    with needing("data", "Opening arrays and tables"):
        from tiled.client import from_context  # noqa: PLC0415 - Tiled takes long to load
    if server is not None and not isinstance(server, str):
        return from_context(server.context)
    return _client(connected.api, connected.api_key)


def disconnect() -> None:
    """Close the connections that `open` and `search` keep for the next call; what they gave is of no use then."""
    while _clients:
        _clients.popitem()[1].context.close()


def _client(api: str, api_key: str | None) -> Any:
    from tiled.client import from_uri  # noqa: PLC0415 - Tiled takes long to load

    if (api, api_key) not in _clients:
        _clients[api, api_key] = from_uri(api, api_key=api_key, verify=trust_for(api))
    return _clients[api, api_key]


def _require_readable(found: Status) -> None:
    if found.state == "blocked":
        raise Blocked(f"{found.ref} does not come by itself: {found.reason or 'the facility has to act'}.")
    if found.state == "removed":
        raise Withdrawn(f"{found.ref} was taken back by the facility. {found.reason}".rstrip())
    if found.is_final:
        raise not_readable(found)
    if found.state != "readable":
        raise NotReady(
            f"{found.ref} cannot be read yet; it is {found.state}: {found.reason}. Wait for it: "
            f'data.wait("{found.ref}").',
            status=found,
        )


def _if_gone(connected: Server, entry: EntryPath) -> Any:
    """Give an entry's attributes where the server cannot read its first file any more; None where all is well."""
    attributes = connected.entry(entry, sources=True) or {}
    assets = [asset for asset in assets_of(attributes) if not asset.get("is_directory")]
    if not assets:
        return None
    headers = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
    verb, params = "asset/bytes", {"id": assets[0]["id"]}
    if not is_given_out(assets[0]["data_uri"].rpartition("/")[2]):
        # Tiled gives out no file whose name has other characters, and reads it as data all the same.
        verb, params = _little_of(attributes)
    with connected.opened(connected.address(verb, entry), params, headers) as answer:
        return attributes if answer.status_code in _GONE else None


def _little_of(attributes: Body) -> tuple[str, dict[str, Any]]:
    """Give what asks a server for a little of an entry's data."""
    match attributes["structure_family"]:
        case "array":
            axes = len(attributes["structure"]["shape"])
            return "array/full", {"slice": ",".join(["0:1"] * axes), "format": "application/octet-stream"}
        case "table":
            return "table/partition", {"partition": 0}
        case _:
            return "search", {"page[limit]": 1}


def _framed(node: Any, found: Status) -> Any:
    if found.frame is None:
        return node
    return (Part if hasattr(node, "read_partition") else Frame)(node, found.frame)
