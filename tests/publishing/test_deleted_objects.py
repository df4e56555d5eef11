"""Somebody deletes in Onedata what was published: the next pass says so, and makes it again on request."""

import pytest
import requests

from spacecast.ledger import State
from support.world import assert_invariants, wait_for

AUTHOR = b"Project: demo\n"


def _delete(world, service, path):
    answer = requests.delete(
        f"{service}/api/v3/{path}",
        headers={"X-Auth-Token": world.onedata.token},
        verify=str(world.onedata.ca_file),
        timeout=10,
    )
    assert answer.ok, answer.text


def _share(world, ids):
    _delete(world, world.onedata.providers[0].url, f"oneprovider/shares/{ids['share']}")


def _group(world, ids):
    _delete(world, world.onedata.zone_url, f"onezone/groups/{ids['group']}")


def _membership(world, ids):
    _delete(world, world.onedata.zone_url, f"onezone/spaces/{ids['space']}/groups/{ids['group']}")


def _support(world, ids):
    _delete(world, world.onedata.providers[0].url, f"onepanel/provider/spaces/{ids['space']}")


LOSSES = {"share": _share, "group": _group, "membership": _membership, "support": _support}


@pytest.mark.parametrize("what", LOSSES)
def test_what_was_deleted_is_told_after_an_edit_and_made_again_once_the_block_is_removed(world, what):
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        dataset = world.await_state("run1", State.READY)
        with world.ledger() as ledger:
            ids = {kind: made.remote_id for kind, made in ledger.objects(dataset.id).items()}
        LOSSES[what](world, ids)
        file = folder / "SPA.yml"
        file.write_bytes(file.read_bytes() + b"Late: 1\n")
        reason = world.await_state("run1", State.BLOCKED).reason
        assert "not there any more" in reason
        assert "remove the block Onedata from SPA.yml" in reason
        assert ids["space"] in world.onedata.state.spaces
        file.write_bytes(AUTHOR)
        wait_for("the work", lambda: world.dataset("run1").state is not State.BLOCKED, 30, world._situation)
        world.await_state("run1", State.READY)
    assert world.block("run1")["Space"] == ids["space"]
    assert_invariants(world, "run1", authors={"run1": AUTHOR})
