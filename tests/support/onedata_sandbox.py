"""A caller of the embedded Onedata for tests: plain requests, and the steps that many tests need first."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from spacecast.sandbox.onedata import Delays, OnedataSandbox

QUICK = {
    "propagation_seconds": 0.0,
    "first_scan_seconds": 0.0,
    "verdict_cache_seconds": 0.0,
    "panel_cache_seconds": 0.0,
    "replication_seconds": 0.0,
}


def quick_delays(**changed: Any) -> Delays:
    """Delays of nothing, apart from those named."""
    return Delays(**{**QUICK, **changed})


def eventually(condition: Callable[[], Any], timeout_seconds: float = 5.0) -> Any:
    """Wait for something that a thread of the sandbox does, and give it."""
    end = time.monotonic() + timeout_seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
    return found


class Caller:
    """Sends requests to the sandbox as one user, or as a guest without a token."""

    def __init__(self, sandbox: OnedataSandbox, token: str | None) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        if sandbox.ca_file:
            self.session.verify = str(sandbox.ca_file)
        if token:
            self.session.headers["X-Auth-Token"] = token

    def zone(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self._send(method, f"{self.sandbox.zone_url}/api/v3/onezone{path}", json, more)

    def provider(self, method: str, path: str, json: Any = None, *, at: int = 0, **more: Any) -> requests.Response:
        return self._send(method, f"{self.sandbox.providers[at].url}/api/v3/oneprovider{path}", json, more)

    def panel(self, method: str, path: str, json: Any = None, *, at: int = 0, **more: Any) -> requests.Response:
        return self._send(method, f"{self.sandbox.providers[at].url}/api/v3/onepanel{path}", json, more)

    def _send(self, method: str, url: str, json: Any, more: dict[str, Any]) -> requests.Response:
        return self.session.request(method, url, json=json, timeout=10, allow_redirects=False, **more)

    def close(self) -> None:
        self.session.close()

    # Steps that many tests need first.

    def create_space(self, name: str = "dataset one", **more: Any) -> str:
        made = self.zone("POST", f"/groups/{self.sandbox.manager_group}/spaces", {"name": name, **more})
        assert made.status_code == 201, made.text
        return last_segment(made)

    def add_storage(self, folder: Path | str, name: str = "dataset one", *, at: int = 0, **more: Any) -> str:
        parameters = {"type": "posix", "mountPoint": str(folder), "importedStorage": True, "readonly": True, **more}
        made = self.panel("POST", "/provider/storages", {name: parameters}, at=at)
        assert made.status_code == 200, made.text
        return made.json()[name]["id"]

    def support_token(self, space_id: str) -> str:
        invite = {"inviteType": "supportSpace", "spaceId": space_id}
        body = {
            "type": {"inviteToken": invite},
            "caveats": [{"type": "time", "validUntil": int(time.time()) + 600}],
        }
        made = self.zone("POST", "/user/tokens/temporary", body)
        assert made.status_code == 201, made.text
        return made.json()["token"]

    def request_support(self, space_id: str, storage_id: str, *, at: int = 0, **more: Any) -> requests.Response:
        body = {"token": self.support_token(space_id), "size": 10**10, "storageId": storage_id, **more}
        return self.panel("POST", "/provider/spaces", body, at=at)

    def publish(self, folder: Path, name: str = "dataset one") -> str:
        """Space, storage and support for a folder, scanned once; gives the space id."""
        space_id = self.create_space(name)
        supported = self.request_support(space_id, self.add_storage(folder, name))
        assert supported.status_code == 201, supported.text
        eventually(lambda: self.import_info(space_id)["totalScans"])
        return space_id

    def import_info(self, space_id: str, *, at: int = 0) -> dict[str, Any]:
        info = self.panel("GET", f"/provider/spaces/{space_id}/storage-import/auto/info", at=at)
        assert info.status_code == 200, info.text
        return info.json()

    def rescan(self, space_id: str) -> dict[str, Any]:
        before = self.import_info(space_id)["totalScans"]
        started = self.panel("POST", f"/provider/spaces/{space_id}/storage-import/auto/force-start")
        assert started.status_code == 204, started.text
        return eventually(lambda: (info := self.import_info(space_id))["totalScans"] > before and info)

    def root_id(self, space_id: str) -> str:
        return self.provider("GET", f"/spaces/{space_id}").json()["dirId"]

    def share(self, space_id: str, name: str = "dataset one", description: str = "") -> dict[str, Any]:
        body = {"name": name, "fileId": self.root_id(space_id), "description": description}
        made = self.provider("POST", "/shares", body)
        assert made.status_code == 201, made.text
        return self.zone("GET", f"/shares/{made.json()['shareId']}").json()

    def file_ids(self, directory_id: str) -> dict[str, str]:
        children = self.provider("GET", f"/data/{directory_id}/children").json()["children"]
        return {child["name"]: child["fileId"] for child in children}


def last_segment(response: requests.Response) -> str:
    """The id at the end of a Location."""
    return response.headers["Location"].rstrip("/").rpartition("/")[2]


def problem(response: requests.Response) -> tuple[int, str, dict[str, Any]]:
    """Status, error id and details of an error, a wrapped one unwrapped."""
    error = response.json()["error"]
    while error["id"] == "errorOnNodes":
        error = error["details"]["error"]
    return response.status_code, error["id"], error.get("details") or {}


def is_wrapped(response: requests.Response) -> bool:
    """Whether the panel wrapped the error."""
    return response.json()["error"]["id"] == "errorOnNodes"
