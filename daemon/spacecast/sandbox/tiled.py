"""A real Tiled server as a child process: for the demo, for trying things out, for the tests.

Its configuration is `config/tiled.yaml`, the sample that facilities start from, with folders and address filled in.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import yaml

from spacecast.faults import Fault

_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
# Another program may take the port between our choice and the server's start.
_START_ATTEMPTS = 3
# Tiled takes settings from variables called TILED_… and from some with bare names: only harmless ones are passed on.
_PASSED_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class TiledDidNotStart(Fault):
    """The server ended, or did not answer in time; the message ends with the last lines of its log."""


class TiledSandbox:
    """A Tiled server on a free loopback port while the `with` block runs; its catalog and log are in `folder`.

    `readable_storage` are the folders that it may read data from. `api_key` consists of letters and digits and is made
    up if not given. `prepared_catalog` is a copy of a new catalog to begin with, which spares three seconds; see
    `prepare_catalog`. A catalog that is in `folder` already is served again. `at_once` is what `routers:` are for.
    """

    def __init__(
        self,
        folder: Path,
        *,
        readable_storage: Sequence[Path],
        api_key: str | None = None,
        streaming: bool = True,
        anonymous: bool = True,
        at_once: bool = True,
        prepared_catalog: Path | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._readable_storage = [path.resolve() for path in readable_storage]
        self._streaming = streaming
        self._anonymous = anonymous
        self._at_once = at_once
        self._prepared_catalog = prepared_catalog
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.api_key = secrets.token_hex(16) if api_key is None else api_key

    def __repr__(self) -> str:
        return f"TiledSandbox({self._folder})"

    @property
    def url(self) -> str:
        """The server's address, without `/api/v1`."""
        return f"http://{_HOST}:{self._port}"

    @property
    def catalog_file(self) -> Path:
        """The SQLite catalog."""
        return self._folder / "catalog.db"

    @property
    def log_file(self) -> Path:
        """What the server wrote to its standard output and error."""
        return self._folder / "tiled.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the server and return when it answers; after `stop` it comes back at the same address.

        Raises TiledDidNotStart.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._prepared_catalog is not None and not self.catalog_file.exists():
            shutil.copyfile(self._prepared_catalog, self.catalog_file)
        for attempt in range(1, _START_ATTEMPTS + 1):
            if not self._port or attempt > 1:
                self._port = _free_port()
            self._spawn()
            try:
                self._await_health(clock() + _START_SECONDS, clock)
            except TiledDidNotStart:
                self.stop()
                if attempt == _START_ATTEMPTS or "address already in use" not in self._end_of_log():
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End the server and wait until it is gone; harmless when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            # The group: while it makes its catalog, the server has a child of its own.
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def configuration(self) -> dict[str, Any]:
        """Return the sample configuration with this sandbox's folders filled in."""
        config: dict[str, Any] = yaml.safe_load(sample_configuration())
        config["authentication"]["allow_anonymous_access"] = self._anonymous
        config["catalog"]["uri"] = f"sqlite:///{self.catalog_file}"
        config["catalog"]["readable_storage"] = [str(path) for path in self._readable_storage]
        if not self._streaming:
            del config["streaming_cache"]
        if not self._at_once:
            del config["routers"]
        return config

    def _spawn(self) -> None:
        config_file = self._folder / "tiled.yaml"
        config_file.write_text(yaml.safe_dump(self.configuration(), sort_keys=False), encoding="utf-8")
        environment = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
        # The key travels in the environment, since arguments can be seen by everybody on the machine.
        environment["TILED_SINGLE_USER_API_KEY"] = self.api_key
        command = [sys.executable, "-m", "tiled", "serve", "config", str(config_file)]
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--host", _HOST, "--port", str(self._port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._folder,
                # Ctrl-C in a terminal is for the program that owns the sandbox, which then stops it in order.
                start_new_session=True,
            )

    def _await_health(self, deadline: float, clock: Callable[[], float]) -> None:
        process = self._process
        while process is not None and process.poll() is None and clock() < deadline:
            if _answers(f"{self.url}/healthz"):
                return
            time.sleep(_POLL_SECONDS)
        raise TiledDidNotStart(
            f"The Tiled server did not start; its log is {self.log_file}. It ends with:\n{self._end_of_log()}"
        )

    def _end_of_log(self) -> str:
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-15:]).replace(self.api_key, "…")


def prepare_catalog(catalog_file: Path) -> None:
    """Make a new, empty catalog database for `prepared_catalog`; does nothing where the file exists."""
    if catalog_file.exists():
        return
    working_copy = catalog_file.with_name(f"{catalog_file.name}.{os.getpid()}")
    command = [sys.executable, "-m", "tiled", "catalog", "init", f"sqlite:///{working_copy}"]
    subprocess.run(command, check=True, capture_output=True)
    working_copy.rename(catalog_file)


def sample_configuration() -> str:
    """Return the text of `config/tiled.yaml`, from the installed package or from the source tree."""
    packaged = resources.files("spacecast.sandbox") / "tiled.yaml"
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parents[3] / "config" / "tiled.yaml").read_text(encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2.0).ok
    except requests.RequestException:
        return False
