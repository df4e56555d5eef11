"""The sandbox's Tiled server: the sample configuration at work, and nothing left behind."""

import os
from pathlib import Path

import pytest
import requests
import yaml

from spacecast.sandbox.tiled import TiledDidNotStart, TiledSandbox, sample_configuration
from support.tiled_server import prepared_catalog

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes through /proc")


def processes_of(sandbox):
    """Arguments of all processes that have to do with the sandbox's folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                arguments = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(sandbox.log_file.parent) in arguments:
                found.append(arguments)
    return found


def post(sandbox, key, **options):
    body = {"id": key, "structure_family": "container"}
    return requests.post(f"{sandbox.url}/api/v1/metadata/", json=body, timeout=10, **options).status_code


def test_it_serves_by_the_sample_configuration_and_leaves_nothing_behind(tmp_path, tmp_path_factory, monkeypatch):
    for name in ("URI", "SPECS", "METADATA", "TILED_CATALOG"):
        monkeypatch.setenv(name, "a stray variable that Tiled would take for a setting")
    prepared = prepared_catalog(tmp_path_factory)
    sandbox = TiledSandbox(tmp_path / "tiled", readable_storage=[tmp_path], prepared_catalog=prepared)
    with sandbox:
        address = sandbox.url
        key = {"Authorization": f"Apikey {sandbox.api_key}"}
        assert post(sandbox, "mine", headers=key) == 200
        assert post(sandbox, "theirs") == 401
        assert requests.get(f"{address}/api/v1/metadata/mine", timeout=10).status_code == 200, "anybody may read"
        arguments = processes_of(sandbox)
        assert arguments
        assert not any(sandbox.api_key.encode() in line for line in arguments)
        assert sandbox.api_key not in (tmp_path / "tiled" / "tiled.yaml").read_text()
        assert sandbox.api_key not in repr(sandbox)

        sandbox.stop()
        assert not processes_of(sandbox)
        sandbox.start()
        assert sandbox.url == address, "a server that comes back is where it was"
        assert post(sandbox, "mine", headers=key) == 409, "and has what it had"
    assert not processes_of(sandbox)
    assert prepared.exists()


def test_a_server_that_cannot_start_says_why_without_its_key(tmp_path):
    sandbox = TiledSandbox(tmp_path / "tiled", readable_storage=[tmp_path], api_key="not-letters-and-digits")
    with pytest.raises(TiledDidNotStart, match=r"tiled\.log") as caught:
        sandbox.start()
    assert "not-letters-and-digits" not in str(caught.value)
    assert not processes_of(sandbox)


def test_the_sample_configuration_is_changed_in_its_folders_only(tmp_path):
    sample = yaml.safe_load(sample_configuration())
    filled_in = TiledSandbox(tmp_path / "tiled", readable_storage=[tmp_path]).configuration()
    assert filled_in["catalog"].pop("uri") == f"sqlite:///{tmp_path}/tiled/catalog.db"
    assert filled_in["catalog"].pop("readable_storage") == [str(tmp_path)]
    del sample["catalog"]["uri"], sample["catalog"]["readable_storage"]
    assert filled_in == sample


def test_streaming_anonymous_reading_and_entering_at_once_can_be_switched_off(tmp_path):
    sandbox = TiledSandbox(tmp_path, readable_storage=[], streaming=False, anonymous=False, at_once=False)
    config = sandbox.configuration()
    assert "streaming_cache" not in config
    assert "routers" not in config
    assert config["authentication"]["allow_anonymous_access"] is False
