"""A config that is read again is taken over if it is good, and left alone, with a reason, if it is not."""

import threading
from functools import partial

import pytest
import structlog
from structlog.testing import capture_logs

from spacecast.config import load
from spacecast.faults import NeedsPerson
from spacecast.service.live_config import LiveConfig
from support.config_files import SECRET, secret_file, small_config, write_config


@pytest.fixture
def values(tmp_path):
    return small_config(tmp_path)


@pytest.fixture
def live(tmp_path, values):
    path = write_config(tmp_path, values)
    return LiveConfig(load(path), partial(load, path))


@pytest.fixture
def lines():
    with capture_logs() as found:
        yield found
    structlog.reset_defaults()


def test_nothing_has_changed_in_the_same_file(live, lines):
    assert live.read_again() == frozenset()
    assert (live.refusal, lines) == ("", [])


def test_changes_are_named_by_their_keys_and_taken_over(tmp_path, values, live):
    values["metadata"]["quiet"] = "9s"
    values["onedata"]["mount_points"] = {"/data": "/volumes/data"}
    values["log"] = {"level": "debug"}
    write_config(tmp_path, values)
    assert live.read_again() == {"metadata.quiet", "onedata.mount_points./data", "log.level"}
    assert live.config.metadata.quiet == 9.0


def test_a_bad_config_is_refused_with_every_problem_and_the_old_one_kept(tmp_path, values, live, lines):
    before = live.config
    values["metadta"] = values.pop("metadata")
    values["watch"][0]["events"] = "sometimes"
    path = write_config(tmp_path, values)
    assert live.read_again() == frozenset()
    assert live.config is before
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("config refused", "error")
    assert any(problem.startswith(f"{path}:") and "did you mean `metadata`?" in problem for problem in line["problems"])
    assert any("watch[0].events" in problem for problem in line["problems"])
    assert live.refusal == line["problems"][0]


def test_a_mended_config_ends_the_refusal(tmp_path, values, live, lines):
    write_config(tmp_path, "watch: [")
    live.read_again()
    assert live.refusal
    write_config(tmp_path, values)
    live.read_again()
    assert live.refusal == ""


def test_what_cannot_be_changed_now_keeps_its_value_and_is_told(tmp_path, values, live, lines):
    values["state_folder"] = str(tmp_path / "elsewhere")
    values["facility"] = "Another facility"
    write_config(tmp_path, values)
    assert live.read_again() == {"facility"}
    assert live.config.state_folder == tmp_path / "state"
    (line,) = lines
    assert (line["event"], line["keys"]) == ("config needs a restart", ["state_folder"])
    assert line["remedy"] == "systemctl restart spacecast"


def test_changes_that_do_not_fit_what_stays_are_refused(tmp_path, values, live, lines):
    (tmp_path / "state" / "sub").mkdir(parents=True)
    values["state_folder"] = str(tmp_path / "elsewhere")
    values["watch"] = [{"folder": str(tmp_path / "state")}]
    write_config(tmp_path, values)
    assert live.read_again() == frozenset()
    assert "systemctl restart spacecast" in live.refusal


def test_a_config_that_cannot_be_started_with_is_refused(tmp_path, values, lines):
    def try_out(_config):
        raise NeedsPerson("the CA bundle holds no certificate")

    path = write_config(tmp_path, values)
    live = LiveConfig(load(path), partial(load, path), try_out=try_out)
    values["facility"] = "Another facility"
    write_config(tmp_path, values)
    assert live.read_again() == frozenset()
    assert live.refusal == "the CA bundle holds no certificate"


def test_a_file_server_that_is_away_does_not_hold_up_the_daemon(tmp_path, values, lines):
    answer = threading.Event()

    def hangs():
        answer.wait(60)
        return load(write_config(tmp_path, values))

    live = LiveConfig(load(write_config(tmp_path, values)), hangs, read_seconds=0.05)
    assert live.read_again() == frozenset()
    assert "does not answer" in live.refusal
    answer.set()


def test_rotated_secrets_of_the_old_config_stay_hidden(tmp_path, values, live):
    live.config.onedata.zone.token.reveal()
    other = {"file": str(secret_file(tmp_path, "other.token", "another-secret-altogether"))}
    values["onedata"]["zone"]["token"] = other
    write_config(tmp_path, values)
    live.read_again()
    assert live.config.onedata.zone.token.reveal() == "another-secret-altogether"
    assert {SECRET, "another-secret-altogether"} <= set(live.config.given_secrets())
