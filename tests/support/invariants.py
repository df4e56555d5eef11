"""The invariants of the design in one place: what must be true of published datasets after whatever has happened.

`breaches` gives every one that is broken, a line each; `assert_invariants` fails with them. What is not said of a
dataset (what its author wrote, say) is not checked.
"""

import base64
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
import yaml

from spacecast.ledger import Condition, Dataset, State
from spacecast.metadata import sidecar_name
from support.contract import check_exchanges
from support.onedata_invariants import breaches_of_number, live_tokens, remote_breaches, tokens_of

_OURS = re.compile(rb'^(?:Onedata|Tiled):\r?\n(?:  \w+: "[^"\r\n]*"\r?\n)+', re.MULTILINE)
_METADATA = "SPA.yml"
_OTHERS = 0o007
_KEY_OF_TOKEN = b"InviteToken"


def assert_invariants(world: Any, *names: str, authors: Mapping[str, bytes] | None = None) -> None:
    """What must be true of published datasets at any time: one of everything, and the contract kept."""
    found = list(breaches(world, *names, authors=authors))
    assert found == [], "\n".join(found)


def breaches(world: Any, *names: str, authors: Mapping[str, bytes] | None = None) -> Iterator[str]:
    """Give every broken invariant; `authors` holds the bytes that each metadata file's author saved last."""
    yield from check_exchanges(world.onedata.log)
    tokens = set()
    for name in names:
        dataset = world.dataset(name)
        if dataset is None:
            yield f"{name}: the ledger does not know it"
            continue
        with world.ledger() as ledger:
            objects, stages = ledger.objects(dataset.id), ledger.stages(dataset.id)
        yield from _stages(dataset, stages.values())
        yield from remote_breaches(world, dataset, objects)
        missing = [kind for kind in ("space", "share") if kind not in objects]
        if missing:
            yield f"{name}: {dataset.state}, without {' and '.join(missing)}: {dataset.reason}"
            continue
        yield from _file(world, name, (authors or {}).get(name))
        yield from _guests(world, dataset)
        yield from _catalog(world, dataset)
        tokens |= {token.text for token in tokens_of(world, dataset)}
    yield from breaches_of_number(world, names)
    yield from _secrets(world, tokens | {world.onedata.token})


def without_blocks(content: bytes) -> bytes:
    """Give a metadata file without what Spacecast has written into it."""
    return _OURS.sub(b"", content)


def file_breaches(world: Any, name: str, author: bytes) -> Iterator[str]:
    """Give what is wrong with a metadata file at any moment, in the middle of everything too."""
    content = (world.root / name / _METADATA).read_bytes()
    if without_blocks(content) != author:
        yield f"{name}: outside the block the file is not what its author wrote: {content!r} instead of {author!r}"


def _stages(dataset: Dataset, stages: Iterable[Any]) -> Iterator[str]:
    if dataset.state is State.READY:
        open_ones = [stage.name for stage in stages if stage.condition is not Condition.DONE]
        if open_ones:
            yield f"{dataset.name}: ready, but not {', '.join(open_ones)}"


# ------------------------------------------------------------------------------------------- on the disk


def _file(world: Any, name: str, author: bytes | None) -> Iterator[str]:
    folder, dataset = world.root / name, world.dataset(name)
    if author is not None:
        yield from file_breaches(world, name, author)
    beside = [path.name for path in folder.iterdir() if ".spacecast-" in path.name]
    if beside:
        yield f"{name}: left in the folder: {beside}"
    block = _block(folder)
    with world.ledger() as ledger:
        made = ledger.objects(dataset.id)
    expected = {"Space": made["space"].remote_id, "PublicURL": made["share"].details.get("public_url")}
    for token in live_tokens(world, dataset):
        expected["InviteToken"] = token.text
    wrong = [key for key, value in expected.items() if block.get(key) != value]
    if wrong:
        yield f"{name}: the block is wrong in {wrong}"
    yield from _permissions(world, folder)


def _block(folder: Path) -> dict[str, Any]:
    """What stands in the block, in the metadata file and beside it."""
    parts = [_parsed(file.read_bytes()).get("Onedata") or {} for file in _written(folder)]
    return {key: value for part in parts for key, value in part.items()}


def _written(folder: Path) -> list[Path]:
    """The files into which Spacecast writes."""
    return [file for file in (folder / _METADATA, folder / sidecar_name(_METADATA)) if file.exists()]


def _permissions(world: Any, folder: Path) -> Iterator[str]:
    for file in _written(folder):
        mode = stat.S_IMODE(file.stat().st_mode)
        if _KEY_OF_TOKEN in file.read_bytes() and mode & _OTHERS:
            yield f"{folder.name}: {file.name} holds the token and can be read by others"
    file, given = folder / _METADATA, world.modes.get(folder.name)
    carries_none = world.config.metadata.invite_token != "file" or (folder / sidecar_name(_METADATA)).exists()
    if given is not None and carries_none and _KEY_OF_TOKEN not in file.read_bytes():
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode != given:
            yield f"{folder.name}: {_METADATA} holds no token and has the mode {mode:o} instead of {given:o}"


def _parsed(content: bytes) -> dict[str, Any]:
    found = yaml.safe_load(content)
    return found if isinstance(found, dict) else {}


def _guests(world: Any, dataset: Dataset) -> Iterator[str]:
    """A guest of the public link must never get a file that carries a token; others are as readable as on the disk."""
    with world.ledger() as ledger:
        url = ledger.objects(dataset.id)["share"].details.get("public_url") or ""
    if world.guest(url).status_code != HTTPStatus.OK:
        yield f"{dataset.name}: the public link does not open"
        return
    for file in _written(dataset.path):
        is_read = world.guest_reads(url, file.name).status_code < HTTPStatus.BAD_REQUEST
        if is_read and _KEY_OF_TOKEN in file.read_bytes():
            yield f"{dataset.name}: a guest reads {file.name}"
        if dataset.state is State.READY and is_read != bool(file.stat().st_mode & stat.S_IROTH):
            yield f"{dataset.name}: {file.name} is {'' if is_read else 'not '}readable for a guest, unlike on the disk"


def _secrets(world: Any, secrets: Iterable[str]) -> Iterator[str]:
    """No secret is in what the daemon keeps or says."""
    forms = [form for secret in secrets for form in (secret.encode(), base64.b64encode(secret.encode()))]
    kept = [path for path in (world.folder / "state").rglob("*") if path.is_file()]
    for path in (*kept, world.log_file):
        content = path.read_bytes() if path.exists() else b""
        if any(form in content for form in forms):
            yield f"{path.name} holds a secret"


# --------------------------------------------------------------------------------------------- in Tiled


def _catalog(world: Any, dataset: Dataset) -> Iterator[str]:
    if world.tiled is None:
        return
    path = "/".join((*world.config.tiled.path, dataset.key))
    entry = _ask(world, f"metadata/{path}")
    attributes = entry.get("data", {}).get("attributes", {})
    block = (attributes.get("metadata") or {}).get("spacecast") or {}
    if block.get("status") != "available":
        yield f"{dataset.name}: its catalog entry is {block.get('status', 'not there')}"
    keys = [item["id"] for item in _ask(world, f"search/{path}", {"page[limit]": "300"}).get("data", ())]
    if "files" not in keys or len(set(keys)) != len(keys):
        yield f"{dataset.name}: the catalog lists {keys}"
    arrays = {path.name for path in dataset.path.glob("*.npy")}
    if not arrays <= set(keys):
        yield f"{dataset.name}: not in the catalog: {sorted(arrays - set(keys))}"
    sources = _ask(world, f"metadata/{path}/files", {"include_data_sources": "true"})
    assets = sources.get("data", {}).get("attributes", {}).get("data_sources", [{}])[0].get("assets", ())
    there = sorted(asset["data_uri"].rpartition("/")[2] for asset in assets)
    files = sorted(path.name for path in dataset.path.iterdir() if not path.name.startswith(("SPA.", ".")))
    if there != files:
        yield f"{dataset.name}: the catalog has the files {there} of {files}"
    if any(token.text in str(entry) for token in tokens_of(world, dataset)):
        yield f"{dataset.name}: its catalog entry holds the token"


def _ask(world: Any, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Apikey {world.tiled.api_key}"}
    answer = requests.get(f"{world.tiled.url}/api/v1/{path}", params=params, headers=headers, timeout=20)
    found: dict[str, Any] = answer.json() if answer.ok else {}
    return found
