"""A real browser without a window, driven by its debugging protocol: opens a page, looks into it, presses and types."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from websockets.sync.client import ClientConnection, connect

from support.world import wait_for

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It must not look for anything outside; root has no sandbox.
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)
_SECONDS = 60.0


def program() -> str | None:
    """Return the browser of this machine, None where there is none."""
    asked = os.environ.get("SPACECAST_BROWSER")
    return asked or next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One page of a running browser."""

    def __init__(self, channel: ClientConnection) -> None:
        self._channel = channel
        self._numbers = count(1)
        self.messages: list[str] = []
        """What the browser has complained of: errors of scripts, and what the page's policy has refused."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command of the protocol and return its result."""
        number = next(self._numbers)
        self._channel.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            heard = json.loads(self._channel.recv(timeout=_SECONDS))
            if heard.get("id") == number:
                assert "error" not in heard, heard
                return heard["result"]
            self._note(heard)

    def _note(self, heard: dict[str, Any]) -> None:
        parameters = heard.get("params", {})
        if heard.get("method") == "Runtime.exceptionThrown":
            self.messages.append(str(parameters["exceptionDetails"]))
        if heard.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.messages.append(parameters["entry"]["text"])
        if heard.get("method") == "Page.javascriptDialogOpening":
            self.messages.append(f"dialog: {parameters['message']}")

    def open(self, address: str) -> None:
        """Go to an address and wait until the page is there."""
        self.call("Page.navigate", url=address)
        wait_for("the page", lambda: self.value("document.readyState") == "complete", _SECONDS)

    def value(self, script: str) -> Any:
        """Return what a script gives in the page; a promise is awaited."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        """Return the text that is seen in the first element that a selector finds; empty where there is none."""
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that a selector finds."""
        return self.value(f"[...document.querySelectorAll({json.dumps(selector)})].map(one => one.innerText)")

    def await_text(self, selector: str, words: str) -> None:
        """Wait until an element shows these words."""
        wait_for(f"{words!r} in {selector}", lambda: words in self.text(selector), _SECONDS, lambda: self.text("body"))

    def press(self, selector: str) -> None:
        """Press the first element that a selector finds, as a mouse does."""
        found = f"document.querySelector({json.dumps(selector)})"
        place = self.value(
            f"(() => {{ const at = {found}; at.scrollIntoView({{block: 'center'}});"
            " const box = at.getBoundingClientRect();"
            " return [box.x + Math.min(box.width, 60) / 2, box.y + Math.min(box.height, 20) / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def key(self, name: str) -> None:
        """Press a key such as Tab or Enter."""
        text = {"text": "\r"} if name == "Enter" else {}
        code = {"Enter": 13, "Tab": 9}[name]
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Type a text where the keyboard's place is."""
        self.call("Input.insertText", text=text)

    def be(self, *, width: int, height: int, dark: bool = False, scale: float = 1.0, is_phone: bool = False) -> None:
        """Take on a size of the screen, in pixels, and a colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=is_phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """Return what is seen as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def accessible(self) -> list[tuple[str, str]]:
        """Return role and name of everything that a screen reader is told of."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        told = [node for node in nodes if not node["ignored"]]
        return [(one["role"]["value"], str(one.get("name", {}).get("value", ""))) for one in told]


@contextmanager
def browsing() -> Iterator[Page]:
    """Run a browser and give a page of it; raises FileNotFoundError where there is none."""
    found = program()
    if found is None:
        raise FileNotFoundError(f"none of {', '.join(PROGRAMS)} is installed")
    with tempfile.TemporaryDirectory(prefix="spacecast-browser-", ignore_cleanup_errors=True) as folder:
        # In a home of its own: it keeps settings in other places besides.
        environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
        command = [found, *_QUIET, f"--user-data-dir={folder}/profile", "about:blank"]
        with (
            Path(folder, "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process,
        ):
            try:
                with connect(_address(Path(folder)), max_size=None, open_timeout=_SECONDS, proxy=None) as channel:
                    yield Page(channel)
            finally:
                process.terminate()
                process.wait(_SECONDS)


def _address(folder: Path) -> str:
    told = folder / "profile" / "DevToolsActivePort"
    port = wait_for(
        "the browser to start",
        lambda: told.exists() and told.read_text().partition("\n")[0],
        _SECONDS,
        (folder / "log").read_text,
    )
    with requests.Session() as session:
        session.trust_env = False
        answer = session.put(f"http://127.0.0.1:{port}/json/new?{quote('about:blank')}", timeout=_SECONDS)
    return answer.json()["webSocketDebuggerUrl"]
