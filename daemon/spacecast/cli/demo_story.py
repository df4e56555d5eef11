"""What the demo shows: the steps as they happen, the file as a diff, the public link, the lines of Python."""

import difflib
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import requests
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

from spacecast.cli.columns import print_line
from spacecast.cli.demo_world import World
from spacecast.cli.options import called
from spacecast.ledger import Dataset, Event, Ledger, LedgerUnusable, State
from spacecast.sandbox.acquisition import METADATA, acquire

_NAME = "20211227125_Demo"
_POLL_SECONDS = 0.05
_STAGES = frozenset({"link", "import", "catalog"})
_SHOWN_OF_LOG = 4000
_TOKEN = re.compile(r'(InviteToken: "\S{12})\S+(")')
# Whole it would be too long for a line; it stands below the next heading.
_LINK = re.compile(r'(PublicURL: "\S+/share/\S{6})\S+(\S{4}")')
_PYTHON = """\
from tiled.client import from_uri

dataset = from_uri("{server}")["{path}"]
print(list(dataset))
movie = dataset["stack.mrc"]
print(movie.shape, movie.dtype, "mean of frame 3:", movie[3].mean())
"""


def tell(world: World, console: Console, *, give_up_seconds: float) -> bool:
    """Tell the whole story and say whether it ended well."""
    folder = world.root / _NAME
    _acquire(folder, console)
    started = _drop_metadata(folder, console)
    dataset = _follow(world, console, started, give_up_seconds)
    if dataset is None:
        said = world.log_file.read_text(encoding="utf-8", errors="replace")[-_SHOWN_OF_LOG:]
        print_line(console, "This did not end as it should. The daemon's log:", style="red")
        print_line(console, said)
        return False
    _show_diff(folder, console)
    _show_link(world, dataset, console)
    return _show_python(world, dataset, console)


def say_where(world: World, console: Console) -> None:
    """Say where everything is that keeps running."""
    share_id = next(iter(world.onedata.state.shares), "")
    config = shlex.quote(str(world.config_path))
    console.rule("[bold]still running")
    for what, where in (
        ("folder to drop datasets into", str(world.root)),
        ("config", str(world.config_path)),
        ("Onezone", world.onedata.zone_http_url),
        ("public page, for a browser", f"{world.onedata.zone_http_url}/share/{share_id}"),
        ("Tiled", f"{world.tiled.url}?api_key={world.tiled.api_key}"),
        ("certificate authority", str(world.onedata.ca_file)),
        ("log", str(world.log_file)),
        ("what to type next", f"{called()} status --config {config}"),
    ):
        print_line(console, f"{what:30}{where}")
    print_line(console, "Ctrl-C ends everything and removes the folder.")


def _acquire(folder: Path, console: Console) -> None:
    console.rule("[bold]1  A microscope writes an experiment")
    for name in acquire(folder):
        console.print(f"   {folder.name}/{name}", highlight=False)


def _drop_metadata(folder: Path, console: Console) -> float:
    console.rule("[bold]2  Somebody drops SPA.yml; Spacecast does the rest")
    (folder / "SPA.yml").write_text(METADATA, encoding="utf-8")
    return time.time()


def _follow(world: World, console: Console, started: float, give_up_seconds: float) -> Dataset | None:
    """Print each step as the ledger learns of it, until the dataset is ready."""
    ledger = _opened_ledger(world, started + give_up_seconds)
    printed, ended = 0, set[str]()
    try:
        while time.time() < started + give_up_seconds and world.daemon.poll() is None:
            found = ledger.find(_NAME)
            for event in ledger.events(found[0].id, limit=200)[printed:] if found else []:
                printed += 1
                _print_event(event, console, started)
                ended |= {event.stage} if event.outcome == "done" and not event.step else set()
            if found and found[0].state is State.BLOCKED:
                return None
            # The ledger says that it is ready a moment before it tells how the last stage ended.
            if found and found[0].state is State.READY and ended >= _STAGES:
                return found[0]
            time.sleep(_POLL_SECONDS)
    finally:
        ledger.close()
    return None


def _opened_ledger(world: World, give_up_at: float) -> Ledger:
    while True:
        try:
            return world.ledger()
        except LedgerUnusable:
            # The daemon is still starting.
            if time.time() > give_up_at or world.daemon.poll() is not None:
                raise
            time.sleep(_POLL_SECONDS)


def _print_event(event: Event, console: Console, started: float) -> None:
    colour = {"done": "green", "failed": "yellow", "retrying": "yellow", "blocked": "red"}.get(event.outcome, "cyan")
    # Padded before the marks are put in, which take no room on the screen.
    name = escape(f"{f'   {event.step}' if event.step else f'{event.stage} stage':20}")
    what = name if event.step else f"[bold]{name}[/]"
    took = f"took {event.seconds:.2f} s " if event.seconds is not None else ""
    when = f"{event.at - started:6.2f} s"
    line = f"   {when}  [{colour}]{event.outcome:8}[/] {what} [dim]{took}{escape(event.message)}[/]"
    text = Text.from_markup(line)
    text.rstrip()
    print_line(console, text)


def _show_diff(folder: Path, console: Console) -> None:
    console.rule("[bold]3  The same file afterwards: the blocks, and nothing else")
    after = (folder / "SPA.yml").read_text(encoding="utf-8")
    for long in (_TOKEN, _LINK):
        after = long.sub(r"\1…\2", after)
    lines = difflib.unified_diff(
        METADATA.splitlines(), after.splitlines(), "SPA.yml before", "SPA.yml after", "", "", 2, ""
    )
    _print_code("\n".join(lines), "diff", console)


def _print_code(code: str, language: str, console: Console) -> None:
    coloured = Syntax("", language, background_color="default").highlight(code)
    coloured.rstrip()
    print_line(console, coloured)


def _show_link(world: World, dataset: Dataset, console: Console) -> None:
    console.rule("[bold]4  The public link")
    ledger = world.ledger()
    url = str(ledger.objects(dataset.id)["share"].details["public_url"])
    ledger.close()
    print_line(console, f"   {url}", style="bold")
    console.print("   What anybody with the link gets; the file with the token stays closed:")
    for name, status, size in _seen_by_guests(world, url):
        colour, word = ("green", "open") if status == HTTPStatus.OK else ("yellow", "closed")
        console.print(f"   [{colour}]{status} {word:7}[/] {name:18} {size:>9,} bytes", highlight=False)


def _seen_by_guests(world: World, url: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, status and size of each file behind the link, asked for as anybody may."""
    with requests.Session() as guest:
        # Without the environment: it may name other certificate authorities than the sandbox's own.
        guest.trust_env, guest.verify = False, str(world.onedata.ca_file)
        shares = f"{world.onedata.zone_url}/api/v3/onezone/shares"
        root = guest.get(f"{shares}/{url.rpartition('/')[2]}/public", timeout=10).json()["rootFileId"]
        for child in guest.get(f"{shares}/data/{root}/children", timeout=10).json()["children"]:
            content = guest.get(f"{shares}/data/{child['fileId']}/content", timeout=10)
            yield child["name"], content.status_code, len(content.content) if content.ok else 0


def _show_python(world: World, dataset: Dataset, console: Console) -> bool:
    console.rule("[bold]5  What a scientist types, and sees")
    assert world.config.tiled is not None  # noqa: S101 - the demo's own config has it
    path = '", "'.join((*world.config.tiled.path, dataset.key))
    program = _PYTHON.format(server=world.tiled.url, path=path)
    _print_code(program, "python", console)
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    print_line(console, "")
    for text, colour in ((run.stdout, "green"), (run.stderr, "red")):
        if text:
            print_line(console, text.rstrip(), style=colour)
    console.rule()
    return run.returncode == 0
