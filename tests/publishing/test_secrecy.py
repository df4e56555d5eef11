"""The invite token is in the metadata file and nowhere else, and no guest of the public link reads that file."""

import base64
import stat
import threading

from spacecast.ledger import State
from support.world import wait_for


def test_a_guest_reads_the_data_but_never_the_metadata_file(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    url = world.block("run1")["PublicURL"]
    assert world.guest_reads(url, "frame_001.dat").content == b"\0" * 101
    refused = world.guest_reads(url, "SPA.yml")
    assert refused.status_code >= 400
    assert world.block("run1")["InviteToken"] not in refused.text


def test_at_no_moment_of_the_publication_does_a_guest_get_the_token(world):
    leaks, attempts, stop = [], [], threading.Event()

    def listen():
        while not stop.is_set():
            for share in list(world.onedata.state.shares.values()):
                try:
                    page = world.guest_reads(share.id, "SPA.yml")
                except (KeyError, ValueError):
                    continue  # shared, but not imported yet
                if "InviteToken" in page.text or "MDAx" in page.text:
                    leaks.append(page.text)
                attempts.append(page.status_code)

    guest = threading.Thread(target=listen)
    guest.start()
    try:
        with world.engine():
            folder = world.drop("run1")
            world.await_state("run1", State.READY)
            wait_for("guests", lambda: len(attempts) > 10, 60)
            (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"Late: 1\n")
            wait_for("the update", lambda: len(world.onedata.log.matching(path="/metadata/json")) == 2, 60)
            world.await_state("run1", State.READY)
    finally:
        stop.set()
        guest.join()
    assert leaks == []
    assert min(attempts) >= 400


def test_a_published_file_that_others_may_read_again_is_hidden_before_anything_else(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        (folder / "SPA.yml").chmod(0o644)
        wait_for("the mode", lambda: not (folder / "SPA.yml").stat().st_mode & 0o007, 20)
        world.await_state("run1", State.READY)


def test_the_token_stands_in_the_metadata_file_only(world):
    with world.daemon():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        seen = world.command("status", "--json").stdout + world.command("show", "run1").stdout
    token = world.block("run1")["InviteToken"]
    secrets = [token, world.onedata.token]
    forms = [form for secret in secrets for form in (secret.encode(), base64.b64encode(secret.encode()))]
    kept = [path for path in (world.folder / "state").rglob("*") if path.is_file()]
    places = {str(path): path.read_bytes() for path in (*kept, world.log_file)}
    places["commands"] = seen.encode()
    places |= {
        f"{exchange.method} {exchange.path}": exchange.raw_body
        for exchange in world.onedata.log
        # A zone is asked what a token reaches by sending it.
        if not exchange.path.endswith("/infer_access_token_scope")
    }
    assert len(places) > 10
    assert [place for place, content in places.items() if any(form in content for form in forms)] == []
    assert stat.S_IMODE((folder / "SPA.yml").stat().st_mode) & 0o007 == 0


def test_tokens_travel_in_headers_and_never_in_addresses(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    addresses = " ".join(f"{exchange.path} {exchange.query}" for exchange in world.onedata.log)
    assert world.onedata.token not in addresses
    assert world.block("run1")["InviteToken"] not in addresses


def test_the_token_can_be_kept_out_of_the_metadata_file(world):
    world.values["metadata"]["invite_token"] = "sidecar"
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
    assert set(world.block("run1")) == {"Onezone", "Space", "PublicURL"}
    sidecar = folder / "SPA.spacecast.yml"
    assert "InviteToken" in sidecar.read_text()
    assert not sidecar.stat().st_mode & 0o007
    assert world.guest_reads(world.block("run1")["PublicURL"], "SPA.spacecast.yml").status_code >= 400


def test_without_a_token_none_is_made(world):
    world.values["metadata"]["invite_token"] = "none"
    with world.engine():
        folder = world.drop("run1")
        (folder / "SPA.yml").chmod(0o644)
        world.await_state("run1", State.READY)
    assert "InviteToken" not in world.block("run1")
    assert not [token for token in world.onedata.state.tokens.values() if "inviteToken" in token.type]
    assert stat.S_IMODE((folder / "SPA.yml").stat().st_mode) == 0o644
    assert world.guest_reads(world.block("run1")["PublicURL"], "SPA.yml").status_code == 200
