"""What the tests of `spacecast check` share: a config for embedded services, and its findings by area and subject."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from spacecast.cli.options import ledger_of
from spacecast.config import load
from spacecast.sandbox.onedata import OnedataSandbox
from spacecast.sandbox.tiled import TiledSandbox
from spacecast.service.preflight import Finding, Outcome, Preflight
from support.config_files import secret_file, write_config


def values_for(folder: Path, onedata: OnedataSandbox, tiled: TiledSandbox | None = None) -> dict[str, Any]:
    """Give the values of a config that names the embedded services; folders and secrets are made below `folder`."""
    (folder / "datasets").mkdir(exist_ok=True)
    token = {"file": str(secret_file(folder, "onedata.token", onedata.token))}
    values: dict[str, Any] = {
        "facility": "Test facility",
        "state_folder": str(folder / "state"),
        "watch": [{"folder": str(folder / "datasets")}],
        "metadata": {"files": ["SPA.yml"]},
        "onedata": {
            "zone": {"url": onedata.zone_url, "token": token},
            "provider": {"url": onedata.providers[0].url, "token": dict(token)},
            "ca_bundle": str(onedata.ca_file),
            "manager_group": onedata.manager_group,
            "user_group": onedata.user_group,
        },
    }
    if tiled is not None:
        key = {"file": str(secret_file(folder, "tiled.key", tiled.api_key))}
        values["tiled"] = {"url": tiled.url, "api_key": key, "path": ["demo"]}
    return values


def findings_of(folder: Path, values: dict[str, Any], *, wall_clock: Callable[[], float] = time.time) -> list[Finding]:
    """Run all checks of a config."""
    path = write_config(folder, values)
    config = load(path)
    return Preflight(path, config, partial(ledger_of, config, read_only=True), None, wall_clock).findings()


def bad(findings: list[Finding]) -> list[tuple[str, str, Outcome]]:
    """Give area, subject and outcome of what is not well."""
    return [
        (finding.area, finding.subject, finding.outcome) for finding in findings if finding.outcome is not Outcome.OK
    ]


def the(findings: list[Finding], area: str, subject: str) -> Finding:
    """Give the worst finding about a subject; there has to be one."""
    order = [Outcome.PROBLEM, Outcome.WARNING, Outcome.OK]
    found = [finding for finding in findings if (finding.area, finding.subject) == (area, subject)]
    assert found, f"nothing is said about {area} {subject}: {findings}"
    return min(found, key=lambda finding: order.index(finding.outcome))


def in_onedata(findings):
    """What is wrong with the zone, the provider or the panel."""
    return [entry for entry in bad(findings) if entry[0] in {"zone", "provider", "panel"}]


def give_token(values, service, folder, token):
    """Have a service asked with another token."""
    values["onedata"][service]["token"] = {"file": str(secret_file(folder, f"{service}.other", token))}
