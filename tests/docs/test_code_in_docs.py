"""The code that the documents show does what they say, against the embedded Onedata."""

import re
from pathlib import Path

import pytest
import requests

from machine.__main__ import installation_told, packages_told, trial_told
from spacecast.sandbox.onedata import FaultRule, OnedataSandbox
from support.markdown import blocks
from support.onedata_sandbox import Caller, quick_delays


def code_with(page, words):
    """Give the one Python block in which the words stand."""
    (found,) = [text for text in blocks(page, "python") if words in text]
    return found


def defined_by(code):
    """Run a block as a module and give what it defines."""
    names = {"__name__": "page"}
    exec(compile(code, "page", "exec"), names)
    return names


@pytest.fixture
def onedata(tmp_path):
    with OnedataSandbox(tmp_path, delays=quick_delays()) as running:
        yield running


@pytest.fixture
def shared_folder(tmp_path, onedata):
    """Publish a folder by hand; give it and the public link."""
    folder = tmp_path / "run"
    (folder / "raw").mkdir(parents=True)
    (folder / "SPA.yml").write_text("Onedata: {}\n")
    for number in range(3):
        (folder / "raw" / f"frame_{number}.dat").write_bytes(bytes(range(number, 200)))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    (folder / "SPA.yml").chmod(0o640)
    caller = Caller(onedata, onedata.token)
    link = caller.share(caller.publish(folder))["publicUrl"]
    caller.close()
    return folder, link


def test_the_scientists_code_downloads_all_that_is_public(tree, tmp_path, onedata, shared_folder, monkeypatch, capsys):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(onedata.ca_file))
    folder, link = shared_folder
    defined_by(code_with(tree / "docs/scientists.md", "def download"))["download"](link, tmp_path / "copy")
    copied = {path.relative_to(tmp_path / "copy"): path.read_bytes() for path in (tmp_path / "copy").rglob("*.*")}
    assert copied == {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.dat")}
    assert "SPA.yml" in capsys.readouterr().err


def test_the_scientists_code_goes_on_from_page_to_page(tree, tmp_path, onedata, shared_folder, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(onedata.ca_file))
    whole = requests.get

    def in_small_pages(address, **options):
        if address.endswith("/children"):
            options["params"] = {**options["params"], "limit": 1}
        return whole(address, **options)

    monkeypatch.setattr(requests, "get", in_small_pages)
    defined_by(code_with(tree / "docs/scientists.md", "def download"))["download"](shared_folder[1], tmp_path / "copy")
    assert len(list((tmp_path / "copy").rglob("*.dat"))) == 3


def test_the_developers_example_is_a_test_that_passes(tree, tmp_path):
    code = code_with(tree / "docs/developers.md", "def test_")
    (name,) = re.findall(r"def (test_\w+)", code)
    defined_by(code)[name](tmp_path)


def test_the_developers_fault_rules_are_accepted(tree, onedata, monkeypatch):
    added = []
    monkeypatch.setattr(onedata.faults, "add", added.append)
    code = code_with(tree / "docs/developers.md", "FaultRule(")
    exec(compile(code, "page", "exec"), {"onedata": onedata})
    assert [type(rule) for rule in added] == [FaultRule] * 3


def test_what_is_typed_on_a_fresh_machine_is_found_in_the_operators_page():
    assert "python3-venv" in packages_told()
    assert "FILE.whl" in installation_told()
    trial = trial_told()
    for word in ("spacecast sandbox", "spacecast install", "spacecast check", "systemctl restart", "SPA.yml"):
        assert [line for line in trial if word in line], word


def test_the_developers_page_names_the_rooms_that_there_are(tree):
    rooms = {path.name for path in (tree / "daemon/spacecast").iterdir() if any(path.glob("*.py"))}
    told = re.findall(r"^\| `([a-z_]+)/` \|", Path(tree / "docs/developers.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(rooms)
