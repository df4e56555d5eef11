"""A reload needs no restart: good changes take effect, bad ones are refused, and systemd hears how it is."""

import signal

import pytest

from spacecast.ledger import State
from support.systemd_socket import systemd_socket
from support.world import made


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    address = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(address))
    # Three times a second.
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    with systemd_socket(address) as heard:
        yield heard


def reloaded(world, process, systemd):
    """Have the config of the world read again and wait until systemd has heard of the end."""
    ends = sum(line == "READY=1" for line in systemd.said)
    assert world.config_path.exists()
    process.send_signal(signal.SIGHUP)
    systemd.await_line("READY=1".__eq__, ends + 1)
    said = systemd.said
    assert any(line.startswith("MONOTONIC_USEC=") for line in said[said.index("RELOADING=1") :])


def test_a_daemon_takes_a_good_config_refuses_a_bad_one_and_never_restarts(world, systemd):
    with world.daemon() as process:
        systemd.await_line("READY=1".__eq__)
        world.drop("run1")
        world.await_state("run1", State.READY)
        systemd.await_line(lambda line: line.startswith("STATUS=1 ready"))

        first = dict(world.values)
        world.values["watch"] = [{"folder": "relative"}]
        reloaded(world, process, systemd)
        assert "is not absolute" in world.situation_after('"config refused"')
        systemd.await_line(lambda line: line.startswith("STATUS=config refused, the old one is in use: "))

        other = world.folder / "other"
        other.mkdir()
        world.values["watch"] = [*first["watch"], {"folder": str(other)}]
        reloaded(world, process, systemd)
        assert '"changed": ["watch"]' in world.situation_after('"config taken over"')
        world.root = other
        world.drop("run2")
        world.await_state("run2", State.READY)
        systemd.await_line(lambda line: line.startswith("STATUS=2 ready"))

        process.send_signal(signal.SIGUSR1)
        world.situation_after('{"now": "info", "event": "log level changed"')
        assert process.poll() is None
    assert process.returncode == 0
    assert systemd.said.count("WATCHDOG=1") > 2
    assert systemd.said.count("STOPPING=1") == 1
    assert world.log_file.read_text().count('"event": "started"') == 1


def test_work_in_hand_ends_before_a_new_config_is_used(world, systemd):
    with world.daemon() as process:
        systemd.await_line("READY=1".__eq__)
        for number in range(2):
            world.drop(f"run{number}")
        world.await_state("run0", State.WORKING, State.RETRYING, State.READY)
        world.values["limits"] = {"link_workers": 1}
        reloaded(world, process, systemd)
        for number in range(2):
            world.await_state(f"run{number}", State.READY)
    assert len(world.onedata.state.spaces) == 2
