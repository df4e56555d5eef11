"""`spacecast wait`, `download` and `relocate`, with their exit codes."""

import pytest
from click.testing import CliRunner

from spacecast.cli.main import main

NAME = "20211227125_Demo"


@pytest.fixture
def spacecast():
    def run(*words):
        result = CliRunner().invoke(main, words)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


def test_the_shell_waits_and_downloads(facility, spacecast, tmp_path):
    folder = facility.acquire()
    facility.publish(Sample={"Name": "ribosome"})
    assert spacecast("wait", f"{NAME}/stack.mrc", "--timeout", "30s") == (0, f"{NAME}/stack.mrc: readable\n")
    code, said = spacecast("download", "--search", "ribosome", "--key", "Sample.Name=ribosome", "--to", f"{tmp_path}/a")
    assert code == 0, said
    assert (tmp_path / "a" / "data" / NAME / "holder.h5").read_bytes() == (folder / "holder.h5").read_bytes()
    (tmp_path / "a").rename(tmp_path / "b")
    assert spacecast("relocate", str(tmp_path / "b")) == (0, "7 addresses changed\n")


def test_the_exit_code_tells_waiting_in_vain_from_wrong_use(facility, spacecast, tmp_path):
    assert spacecast("wait", NAME, "--timeout", "0.2s")[0] == 1
    assert spacecast("wait", "../etc")[0] == 2
    assert spacecast("download", NAME, "--to", str(tmp_path / "a"), "--no-catalog")[0] == 1
    assert spacecast("download", "--to", str(tmp_path / "a"))[0] == 2
    assert spacecast("download", "--key", "Sample", "--to", str(tmp_path / "a"))[0] == 2
    facility.acquire()
    facility.publish()
    code, said = spacecast("download", "--search", "AND nowhere", "--to", str(tmp_path / "a"))
    assert code == 1
    assert "nothing to download" in said
    assert not (tmp_path / "a").exists()
    assert spacecast("relocate", str(tmp_path))[0] == 2


def test_a_dataset_that_is_blocked_is_told_with_the_reason(facility, spacecast):
    facility.mark("blocked", "SPA.yml: give the folder another name")
    code, said = spacecast("wait", NAME)
    assert code == 1
    assert "give the folder another name" in said
