"""Everything that a daemon ever wrote, sent or showed, through faults and echoes too, holds no secret."""

import base64
import shutil
import signal
import stat
import tarfile

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support import leaks, tiled_server
from support.world import made, wait_for

COPIES = ("SPA.yml~", ".SPA.yml.swp", "#SPA.yml#", "SPA (copy).yml", "notes.txt", "mail.eml", "sub/SPA.yml.2026")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tiled_server.server(tmp_path_factory) as server:
        yield server


@pytest.fixture
def tiled(server):
    with leaks.RecordingProxy(server) as proxy:
        proxy.server = server
        yield proxy


@pytest.fixture
def world(tmp_path, tiled, request):
    folder = tmp_path / "world"
    folder.mkdir()
    with made(folder, tiled) as world:
        world.values["tiled"]["path"] = [request.node.name]
        yield world


@pytest.fixture
def journal(tmp_path, monkeypatch):
    journal = leaks.Journal(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    yield journal
    journal.close()


def echoed(secrets):
    """What a service that shows the request in its error message says."""
    text = " ".join(f"Authorization: Bearer {secret} X-Auth-Token={secret}" for secret in secrets)
    return f"your headers were {text}; base64 {base64.b64encode(text.encode()).decode()}"


def let_services_echo(world, tiled, secrets):
    words = echoed(secrets)
    refusal = {"error": {"id": "badData", "description": words, "details": {"hint": words}}}
    page = f"<html><body>{words}</body></html>"
    for method, path, kind in (
        ("POST", "/spaces$", Status(500, {"error": {"id": "internalServerError", "description": words}})),
        ("POST", "/tokens/named$", Status(502, page)),
        ("POST", "/storages$", Status(400, refusal)),
        ("POST", "/shares$", Status(403, {"error": {"id": "forbidden", "description": words}})),
        ("PUT", "/metadata/json", Status(401, {"error": {"id": "unauthorized", "description": words}})),
    ):
        world.onedata.faults.add(FaultRule(kind, method=method, path=path))
    for method, path, status in (("POST", "/metadata/", 500), ("POST", "/register/", 400), ("PUT", "", 401)):
        body = {"detail": words}
        tiled.faults.add(FaultRule(Status(status, body), method=method, path=path, times=1))


def publish_in_spite_of_all(world, process, name):
    """Reload whenever a person is asked for, as whoever mended the service would."""

    def is_ready():
        dataset = world.dataset(name)
        if dataset is not None and dataset.state is State.BLOCKED:
            process.send_signal(signal.SIGHUP)
        return dataset is not None and dataset.state is State.READY

    wait_for(f"{name} to be ready", is_ready, 90, world._situation)


def copy_with_the_token(folder):
    """What editors and people leave behind of a metadata file."""
    (folder / "sub").mkdir()
    for name in COPIES:
        shutil.copy(folder / "SPA.yml", folder / name)


def commands(world):
    for words in (
        ["status"],
        ["show", "run1"],
        ["show", "run1", "--json"],
        ["events", "--json"],
        ["scan", "--dry-run"],
        ["check", "--json"],
        ["withdraw", "run1", "--dry-run"],
    ):
        ended = world.typed(*words)
        yield " ".join(words), ended.output.encode()
    bundle = world.folder.parent / "bundle.tar.gz"
    # The log as a careless service would have written it: nothing of it was cleaned.
    log_file = world.folder.parent / "careless.log"
    log_file.write_text(echoed(secrets_of(world)))
    ended = world.typed("doctor", "run1", "--output", str(bundle), "--log", str(log_file))
    assert ended.exit_code == 0, ended.output
    with tarfile.open(bundle) as archive:
        for member in archive.getmembers():
            yield f"doctor's {member.name}", archive.extractfile(member).read()


def secrets_of(world):
    return world.onedata.token, world.tiled.api_key, world.block("run1")["InviteToken"]


def tokens_given(world):
    """Every token that the zone has handed out, and which of them are for supporting a space."""
    support = [
        exchange.response_body["token"]
        for exchange in world.onedata.log.matching(method="POST", path="/tokens/temporary")
        if isinstance(exchange.response_body, dict) and "token" in exchange.response_body
    ]
    return [token.text for token in world.onedata.state.tokens.values() if "inviteToken" in token.type], support


def test_no_secret_is_in_anything_that_the_daemon_wrote_sent_or_showed(world, tiled, journal):
    ours = (world.onedata.token, tiled.api_key)
    let_services_echo(world, tiled, ours)
    foolish = f"Project: demo\nNote: my token is {ours[0]}\nKeys: [{base64.b64encode(ours[1].encode()).decode()}]\n"
    with world.daemon() as process:
        folder = world.drop("run1", foolish.encode())
        publish_in_spite_of_all(world, process, "run1")
        copy_with_the_token(folder)
        # The same once more with the token in the file, and with a daemon that has to write.
        let_services_echo(world, tiled, (*ours, world.block("run1")["InviteToken"]))
        (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"Late: 1\n")
        wait_for("the update", lambda: any("Late" in request for request in tiled.sent), 60, world._situation)
        publish_in_spite_of_all(world, process, "run1")
        places = [*leaks.processes_below(process.pid), *commands(world)]
        invites, support = tokens_given(world)
    assert world.onedata.log.matching(path="/metadata/json")
    assert invites
    assert support
    by_hand = [folder / name for name in (*COPIES, "SPA.yml")]
    secret_files = [world.folder / name for name in ("zone.token", "provider.token", "tiled.key")]
    places += leaks.files_below(world.folder / "state")
    places += leaks.files_below(world.root, without=by_hand)
    places += leaks.files_below(world.folder, without=[*by_hand, *secret_files])
    # Tiled's own log: a server that runs with a single key prints it when it starts.
    places += leaks.files_below(tiled.server.log_file.parent, without=[tiled.server.log_file])
    places += leaks.served_by_tiled(tiled.server.url)
    places += leaks.sent_to_onedata(world.onedata.log, support)
    places += [("to Tiled", request.encode()) for request in tiled.sent]
    places += [("to systemd", words) for words in journal.heard]
    secrets = {"zone token": ours[0], "Tiled's key": ours[1]}
    secrets |= {f"invite {number}": token for number, token in enumerate(invites)}
    secrets |= {f"support token {number}": token for number, token in enumerate(support)}
    assert leaks.leaks(places, secrets) == []
    # What was searched is what was meant.
    names = " ".join(place for place, _ in places)
    for word in (
        "daemon.log",
        "ledger.sqlite",
        "cmdline",
        "environ",
        "check",
        "catalog.db",
        "to systemd",
        "frame_000",
        "doctor's",
    ):
        assert word in names
    text = b" ".join(content for _, content in places).decode("utf-8", "replace")
    assert "[secret]" in text
    assert "(withheld)" in text


def test_everything_in_the_state_folder_is_the_daemons_alone(world):
    with world.daemon():
        world.drop("run1")
        world.await_state("run1", State.READY)
        state = world.folder / "state"
        kept = [path for path in state.rglob("*") if path.is_file()]
        assert {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"} <= {path.name for path in kept}
        assert [path for path in (state, *kept) if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_the_search_finds_a_secret_in_each_form():
    secret = "s3cr3t?value>with/odd+characters"
    secrets = {"it": secret}
    for before in (b"", b"x", b"xy"):
        hidden = before + secret.encode() + b"tail"
        for content in (hidden, base64.b64encode(hidden), base64.urlsafe_b64encode(hidden)):
            assert leaks.leaks([("a place", content)], secrets) == ["it in a place"]
    assert leaks.leaks([("a place", b"nothing")], secrets) == []
