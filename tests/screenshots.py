"""Makes the pictures of the status page in docs/images: `make screenshots`; needs Chromium.

A small facility is set up with the embedded services, so that every state can be seen.
"""

import io
import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image

from spacecast.ledger import State
from spacecast.sandbox.acquisition import acquire
from spacecast.sandbox.tiled import TiledSandbox
from support.asking import free_port
from support.browser import Page, browsing
from support.tree import TREE
from support.world import World, made, wait_for

IMAGES = TREE / "docs" / "images"
_LARGEST_BYTES = 100_000
_COLOURS = 160
_SHEET = b"Project: demo\n"
_SESSIONS = ("20261103_Krios_apoferritin", "20261106_Tecnai_membrane_proteins", "20261110_Krios_ribosome_70S")


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory(prefix="em-") as place:
        folder = Path(place)
        (folder / "datasets").mkdir()
        with (
            TiledSandbox(folder / "tiled", readable_storage=[folder / "datasets"]) as tiled,
            made(folder, tiled) as world,
        ):
            port = free_port()
            world.values.update(
                facility="Core Facility for Electron Microscopy", monitoring={"listen": f"127.0.0.1:{port}"}
            )
            with world.engine(), browsing() as page:
                set_the_scene(world)
                take_pictures(page, f"http://localhost:{port}/")


def set_the_scene(world: World) -> None:
    """Have datasets in every state."""
    for name in _SESSIONS:
        publish(world, name)
    withdrawn = publish(world, "20261112_Talos_catalyst_test")
    publish(world, "20261117_Krios_spike_complex")
    linked = world.root / "20261118_Glacios_tau_filaments"
    linked.mkdir()
    (world.root.parent / "elsewhere.yml").write_bytes(_SHEET)
    os.link(world.root.parent / "elsewhere.yml", linked / "SPA.yml")
    world.await_state(linked.name, State.BLOCKED)
    cut_off = world.root / "20261119_Talos_zeolite_EELS"
    for _ in acquire(cut_off, seed=19):
        pass
    (cut_off / "map.mrc").write_bytes((cut_off / "stack.mrc").read_bytes()[:200_000])
    (cut_off / "SPA.yml").write_bytes(_SHEET)
    world.await_state(cut_off.name, State.RETRYING)
    live = world.root / "20261121_Krios_proteasome"
    live.mkdir()
    (live / ".running").touch()
    publish(world, live.name)
    shutil.move(withdrawn, world.folder / "away")
    world.await_state(withdrawn.name, State.MISSING)
    world.onedata.delays.scan_seconds = 120.0
    large = world.root / "20261121_Tecnai_tilt_series_07"
    large.mkdir()
    for number in range(4218):
        (large / f"tilt_{number:04}.dat").write_bytes(b"\0" * 2048)
    (large / "SPA.yml").write_bytes(_SHEET)
    world.await_state(large.name, State.WORKING)


def publish(world: World, name: str) -> Path:
    """Have a small session published."""
    folder = world.root / name
    for _ in acquire(folder, seed=len(name)):
        pass
    (folder / "SPA.yml").write_bytes(_SHEET)
    world.await_state(name, State.READY)
    return folder


def take_pictures(page: Page, address: str) -> None:
    """Take the page as it is on a desk and, unfolded and in the dark, on a phone."""
    page.be(width=1180, height=960, scale=1.35)
    page.open(address)
    wait_for("something under way", lambda: "under way" in page.value("document.body.textContent"), 60)
    wait_for("the import", lambda: page.value("!!document.querySelector('progress')"), 60)
    save(page, "status-page.png")
    page.be(width=390, height=844, scale=2, dark=True, is_phone=True)
    save(page, "status-page-phone.png")
    page.be(width=1180, height=760, scale=1.35, dark=True)
    page.value("scrollTo(0, 0)")
    page.press("#filters button[data-state=ready]")
    page.await_text("#position", "of 5")
    page.press("tbody tr:last-child td.name button")
    page.await_text("tr.more", "What happened")
    page.value("document.querySelector('#datasets').scrollIntoView(); scrollBy(0, -20)")
    save(page, "status-page-history.png")


def save(page: Page, name: str) -> None:
    """Write a picture of few colours, which takes little room and looks the same."""
    picture = Image.open(io.BytesIO(page.picture())).convert("RGB")
    IMAGES.mkdir(exist_ok=True)
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    size_bytes = (IMAGES / name).stat().st_size
    print(f"{IMAGES / name}: {size_bytes / 1000:.0f} kB")  # noqa: T201 - a program that says what it made
    if size_bytes > _LARGEST_BYTES:
        raise SystemExit(f"{name} is larger than {_LARGEST_BYTES} bytes")


if __name__ == "__main__":
    main()
