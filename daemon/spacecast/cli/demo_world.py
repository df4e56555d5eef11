"""What the demo plays in: a folder, an embedded Onedata, a Tiled server, and the daemon as its own process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console

from spacecast.cli.options import ledger_of, load_config
from spacecast.config import Config
from spacecast.ledger import Ledger
from spacecast.sandbox.onedata import OnedataSandbox
from spacecast.sandbox.tiled import TiledSandbox

_STOP_SECONDS = 10


@dataclass(frozen=True)
class World:
    """Everything that runs during the demo."""

    root: Path
    """The watched folder."""
    config_path: Path
    config: Config
    onedata: OnedataSandbox
    tiled: TiledSandbox
    daemon: "subprocess.Popen[bytes]"
    log_file: Path

    def ledger(self) -> Ledger:
        """Open the daemon's ledger beside it, as `spacecast status` does."""
        return ledger_of(self.config, read_only=True)


@contextmanager
def started(folder: Path, console: Console) -> Iterator[World]:
    """Start everything in `folder`, and end all of it with the `with` block."""
    root = folder / "datasets"
    root.mkdir()
    (folder / "onedata").mkdir()
    with ExitStack() as services:
        with _told("starting an embedded Onedata and a Tiled server", console):
            onedata = services.enter_context(OnedataSandbox(folder / "onedata"))
            tiled = services.enter_context(TiledSandbox(folder / "tiled", readable_storage=[root]))
        config_path = write_config(folder, root, onedata, tiled)
        process = services.enter_context(_daemon(config_path, folder / "spacecast.log"))
        yield World(root, config_path, load_config(config_path), onedata, tiled, process, folder / "spacecast.log")


def _told(what: str, console: Console) -> AbstractContextManager[object]:
    """Say what takes some seconds: by a moving sign on a terminal, by a line elsewhere."""
    if console.is_terminal:
        return console.status(what)
    console.print(what, highlight=False)
    return nullcontext()


def write_config(folder: Path, root: Path, onedata: OnedataSandbox, tiled: TiledSandbox) -> Path:
    """Write a config for the embedded services, secrets in files of their own, and return its path."""
    values = {
        "facility": "Spacecast demo facility",
        "state_folder": str(folder / "state"),
        "watch": [{"folder": str(root)}],
        "metadata": {"files": ["SPA.yml"], "quiet": "1s"},
        "onedata": {
            "zone": {"url": onedata.zone_url, "token": _secret(folder / "zone.token", onedata.token)},
            "provider": {
                "url": onedata.providers[0].url,
                "token": _secret(folder / "provider.token", onedata.token),
            },
            "ca_bundle": str(onedata.ca_file),
            "manager_group": onedata.manager_group,
            "user_group": onedata.user_group,
        },
        "tiled": {"url": tiled.url, "api_key": _secret(folder / "tiled.key", tiled.api_key), "path": ["demo"]},
        "log": {"format": "json", "level": "debug"},
    }
    path = folder / "spacecast.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def _secret(path: Path, value: str) -> dict[str, str]:
    path.touch(mode=0o600)
    path.write_text(value, encoding="utf-8")
    return {"file": str(path)}


@contextmanager
def _daemon(config_path: Path, log_file: Path) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "spacecast", "run", "--config", str(config_path)]
    with log_file.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
