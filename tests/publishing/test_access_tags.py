"""Access tags that were changed in the config reach everything that is in the catalog, soon and without a change."""

import shutil

import pytest

from spacecast.ledger import State
from support.strict_tiled import StrictTiled, keys_seen_by, narrow_key, tokens_of
from support.tiled_server import prepared_catalog
from support.world import made, wait_for

NAMES = ("settled", "missing", "taken-back")


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    folder, base = tmp_path_factory.mktemp("tiled"), tmp_path_factory.mktemp("served")
    with StrictTiled(folder, readable_storage=[base], prepared_catalog=prepared_catalog(tmp_path_factory)) as server:
        server.base, server.tokens = base, tokens_of(server)
        # From here on the daemon's.
        server.api_key = narrow_key(server, server.tokens)
        yield server


@pytest.fixture
def world(tiled, request):
    folder = tiled.base / request.node.name
    folder.mkdir()
    with made(folder, tiled) as world:
        world.values["tiled"] |= {"path": ["facility"], "access_tags": ["anybody"]}
        yield world


def test_what_was_public_is_hidden_soon_after_a_start_with_other_tags(world, tiled):
    def seen_by(user):
        return {name: keys_seen_by(tiled, f"facility/{name}", tiled.tokens[user]) for name in NAMES}

    with world.running():
        for name in NAMES:
            world.drop(name)
        for name in NAMES:
            world.await_state(name, State.READY)
        assert world.typed("withdraw", "taken-back", "--yes").exit_code == 0
        shutil.rmtree(world.root / "missing")
        world.await_state("missing", State.MISSING)
        public = {"settled": {"files"}, "missing": {"files"}, "taken-back": set()}
        assert seen_by(None) == public
    world.values["tiled"]["access_tags"] = ["group-1"]
    with world.engine():
        wait_for("nothing to be public", lambda: not any(found is not None for found in seen_by(None).values()), 30)
        wait_for("others to see all", lambda: seen_by("alice") == public, 30)
        assert seen_by("bob") == dict.fromkeys(NAMES)
    assert world.dataset("settled").state is State.READY
