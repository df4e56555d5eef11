"""A whole facility for a test: watched folders, the embedded Onedata, a config, and the daemon in or out of process."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
import yaml
from click.testing import CliRunner, Result

from spacecast.cli.main import main
from spacecast.config import Config, load
from spacecast.ledger import Dataset, Ledger, LedgerLock, LedgerUnusable, State, open_ledger
from spacecast.publish import visibility
from spacecast.publish.services import open_services
from spacecast.sandbox.onedata import Delays, OnedataSandbox
from spacecast.service import log
from spacecast.service.engine import Engine
from spacecast.service.monitoring import monitored
from support.invariants import assert_invariants
from support.trust import trust_few

__all__ = ["QUIET_SECONDS", "World", "assert_invariants", "made", "wait_for"]

QUIET_SECONDS = 0.2
_POLL_SECONDS = 0.02
SETTLED = frozenset({State.READY, State.BLOCKED})


class World:
    """Folders, services and config of one test; use `made` to have one."""

    def __init__(self, folder: Path, onedata: OnedataSandbox, tiled: Any = None) -> None:
        self.folder = folder
        self.onedata = onedata
        self.tiled = tiled
        self.root = folder / "datasets"
        self.root.mkdir(exist_ok=True)
        self.log_file = folder / "daemon.log"
        self.modes: dict[str, int] = {}
        """The permissions that authors gave to their metadata files."""
        self.values = self._values()

    def _values(self) -> dict[str, Any]:
        provider = self.onedata.providers[0]
        values: dict[str, Any] = {
            "facility": "Test facility",
            "state_folder": str(self.folder / "state"),
            "watch": [{"folder": str(self.root)}],
            "metadata": {"files": ["SPA.yml"], "quiet": f"{round(QUIET_SECONDS * 1000)}ms"},
            "onedata": {
                "zone": {"url": self.onedata.zone_url, "token": self._secret("zone.token", self.onedata.token)},
                "provider": {"url": provider.url, "token": self._secret("provider.token", self.onedata.token)},
                "ca_bundle": str(self.onedata.ca_file),
                "manager_group": self.onedata.manager_group,
                "user_group": self.onedata.user_group,
            },
            "log": {"format": "json", "level": "debug"},
        }
        if self.tiled is not None:
            key = self._secret("tiled.key", self.tiled.api_key)
            values["tiled"] = {"url": self.tiled.url, "api_key": key, "path": ["tests"]}
        return values

    def _secret(self, name: str, value: str) -> dict[str, str]:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(value)
        return {"file": str(path)}

    @property
    def config_path(self) -> Path:
        path = self.folder / "spacecast.yaml"
        path.write_text(yaml.safe_dump(self.values))
        return path

    @property
    def config(self) -> Config:
        return load(self.config_path)

    # ------------------------------------------------------------------------------- datasets

    def drop(self, name: str, metadata: bytes = b"Project: demo\n", files: int = 2) -> Path:
        """Make a folder with some small files, then drop the metadata file as an instrument does."""
        folder = self.root / name
        folder.mkdir()
        for number in range(files):
            (folder / f"frame_{number:03}.dat").write_bytes(b"\0" * (100 + number))
        self._write_metadata(folder, metadata)
        return folder

    def _write_metadata(self, folder: Path, metadata: bytes) -> None:
        (folder / "SPA.yml").write_bytes(metadata)
        self.modes[folder.name] = stat.S_IMODE((folder / "SPA.yml").stat().st_mode)

    # --------------------------------------------------------------------------- the daemon

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Run the daemon's engine in this process."""
        config = self.config
        Path(config.state_folder).mkdir(mode=0o700, exist_ok=True)
        ledger = open_ledger(config.ledger_url)
        stop = threading.Event()
        with _hurried(self.onedata), self.log_file.open("a") as stream, open_services(config, ledger) as services:
            log.configure(style="json", level="debug", stream=stream)
            engine = Engine(config, ledger, services, stop)
            engine.start()
            try:
                with monitored(config, ledger, services, engine):
                    yield engine
            finally:
                assert engine.stop(20.0), "work was still in flight"
                ledger.close()
                # The stream is closed in a moment; nobody may go on writing into it.
                structlog.reset_defaults()
        assert engine.discovery.failure is None

    @contextmanager
    def daemon(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Run the daemon as systemd does, in a process of its own."""
        command = [sys.executable, "-m", "spacecast", "run", "--config", str(self.config_path)]
        with self.log_file.open("ab") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    process.wait(20)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of spacecast with this world's config."""
        line = [sys.executable, "-m", "spacecast", *words, "--config", str(self.config_path)]
        environment = {**os.environ, "COLUMNS": "200"}
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, env=environment)

    @contextmanager
    def running(self) -> Iterator[Engine]:
        """Run the engine in this process and hold the lock that a daemon holds, so that commands see one."""
        state_folder = Path(self.config.state_folder)
        state_folder.mkdir(mode=0o700, exist_ok=True)
        with LedgerLock(state_folder), self.engine() as engine:
            yield engine

    def typed(self, *words: str, answer: str | None = None) -> Result:
        """Type a command in this process, with this world's config; quick, and its output is one text."""
        line, environment = [*words, "--config", str(self.config_path)], {"COLUMNS": os.environ.get("COLUMNS", "200")}
        return CliRunner().invoke(main, line, input=answer, env=environment)

    # ----------------------------------------------------------------------------- looking

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        ledger = open_ledger(f"sqlite:///{self.folder}/state/ledger.sqlite", read_only=True)
        try:
            yield ledger
        finally:
            ledger.close()

    def dataset(self, name: str) -> Dataset | None:
        """Return the record of the folder with this name or path; the name may be the key of another one."""
        try:
            with self.ledger() as ledger:
                return next((one for one in ledger.find(name) if name in (one.name, str(one.path))), None)
        except LedgerUnusable:  # the daemon is just making it
            return None

    def await_state(self, name: str, *states: State, seconds: float = 60.0) -> Dataset:
        """Wait until a dataset is in one of the states (ready or blocked by default) and return it."""
        wanted = states or SETTLED

        def reached() -> Dataset | None:
            dataset = self.dataset(name)
            return dataset if dataset is not None and dataset.state in wanted else None

        return wait_for(f"{name} to be {[*wanted]}", reached, seconds, self._situation)

    def _situation(self) -> str:
        lines = self.log_file.read_text().splitlines()[-15:] if self.log_file.exists() else []
        return "\n".join(lines)

    def situation_after(self, words: str) -> str:
        """Wait until the log holds these words and return it."""
        return wait_for(f"the log to say {words!r}", lambda: self._log_with(words), 20, self._situation)

    def _log_with(self, words: str) -> str | None:
        text = self.log_file.read_text() if self.log_file.exists() else ""
        return text if words in text else None

    def block(self, name: str) -> dict[str, Any]:
        """Return what was written under `Onedata:` into the metadata file."""
        return yaml.safe_load((self.root / name / "SPA.yml").read_text())["Onedata"]

    def guest(self, url: str) -> requests.Response:
        """Open the public link as anybody may."""
        return requests.get(url, verify=str(self.onedata.ca_file), timeout=10)

    def guest_reads(self, url: str, name: str) -> requests.Response:
        """Read a file behind the public link as anybody may: by the way that the share's description tells."""
        shares = f"{self.onedata.zone_url}/api/v3/onezone/shares"
        root = self.guest(f"{shares}/{url.rpartition('/')[2]}/public").json()["rootFileId"]
        children = self.guest(f"{shares}/data/{root}/children").json()["children"]
        (file_id,) = [child.get("fileId") or child["file_id"] for child in children if child["name"] == name]
        return self.guest(f"{shares}/data/{file_id}/content")


@contextmanager
def _hurried(onedata: OnedataSandbox) -> Iterator[None]:
    """Have a daemon in this process wait for the provider no longer than one takes that is as quick as the sandbox."""
    first_seconds = min(visibility.FIRST_SUPPORT_SECONDS, 4 * onedata.delays.propagation_seconds)
    with pytest.MonkeyPatch.context() as patch:
        trust_few(patch)
        patch.setattr(visibility, "FIRST_SUPPORT_SECONDS", first_seconds)
        yield


@contextmanager
def made(folder: Path, tiled: Any = None, **sandbox: Any) -> Iterator[World]:
    """Give a world in `folder` and take it down afterwards."""
    delays = Delays(propagation_seconds=0.05, first_scan_seconds=0.1, verdict_cache_seconds=0.5)
    sandbox.setdefault("delays", delays)
    place = folder / "onedata"
    place.mkdir()
    with OnedataSandbox(place, **sandbox) as onedata:
        yield World(folder, onedata, tiled)


def wait_for(what: str, look: Callable[[], Any], seconds: float, situation: Callable[[], str] = str) -> Any:
    """Look until there is something, and return it; fail with the situation otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(_POLL_SECONDS)
    raise AssertionError(f"waited {seconds} s in vain for {what}\n{situation()}")
