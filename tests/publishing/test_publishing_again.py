"""A dataset whose space was deleted is published again on a person's word: nothing of the first time stays live."""

import pytest

from spacecast.ledger import LedgerTrouble, State
from spacecast.onedata import ZoneClient
from spacecast.publish import link
from support.world import assert_invariants, wait_for

AUTHOR = b"Project: demo\n"


def _publish_and_delete_the_space(world, *, group_too=False):
    folder = world.drop("run1", AUTHOR)
    world.await_state("run1", State.READY)
    first, onedata = world.block("run1"), world.onedata
    with ZoneClient.connect(onedata.zone_url, lambda: onedata.token, ca_bundle=onedata.ca_file) as zone:
        zone.delete_space(first["Space"])
        if group_too:
            zone.delete_group(_group(world).id)
    (folder / "SPA.yml").touch()
    assert "remove the block Onedata" in world.await_state("run1", State.BLOCKED).reason
    return folder, first


def _group(world):
    (group,) = [group for group in world.onedata.state.groups.values() if group.name == "run1"]
    return group


def _publish_again(world, folder, first):
    (folder / "SPA.yml").write_bytes(AUTHOR)
    _await_another(world, folder, first)


def _await_another(world, folder, first):
    def is_linked():
        content = (folder / "SPA.yml").read_bytes()
        return b"PublicURL" in content and first["Space"].encode() not in content

    wait_for("the link", is_linked, 60, world._situation)
    world.await_state("run1", State.READY)


def _tokens(world):
    """The texts of the dataset's tokens, and whether they are revoked."""
    return {token.text: token.revoked for token in world.onedata.state.tokens.values() if "spacecast" in token.custom}


def test_the_group_stays_the_datasets_and_the_token_that_people_have_is_revoked(world):
    with world.engine():
        folder, first = _publish_and_delete_the_space(world)
        group = _group(world)
        _publish_again(world, folder, first)
    assert _group(world) is group
    assert _tokens(world) == {first["InviteToken"]: True, world.block("run1")["InviteToken"]: False}
    assert_invariants(world, "run1", authors={"run1": AUTHOR})


def test_a_command_has_the_same_effect_and_needs_no_change_of_the_file(world):
    with world.running():
        folder, first = _publish_and_delete_the_space(world)
        assert world.typed("publish", "run1").exit_code == 0
        _await_another(world, folder, first)
    assert _tokens(world) == {first["InviteToken"]: True, world.block("run1")["InviteToken"]: False}
    assert_invariants(world, "run1", authors={"run1": AUTHOR})


def test_a_group_that_was_deleted_with_the_space_is_made_again(world):
    with world.engine():
        folder, first = _publish_and_delete_the_space(world, group_too=True)
        _publish_again(world, folder, first)
    assert_invariants(world, "run1", authors={"run1": AUTHOR})


@pytest.mark.parametrize("name", [link.SPACE, link.link_zone.MEMBERSHIP, link.WRITE])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_end_in_the_middle_leaves_nothing_of_the_first_time_live(world, monkeypatch, name, after):
    original, ended = link._perform, []
    with world.engine():
        folder, first = _publish_and_delete_the_space(world)

        def perform(publication, folder, step):
            if step.name == name and not ended and not after:
                ended.append(name)
                raise LedgerTrouble("the pass ends here")
            original(publication, folder, step)
            if step.name == name and not ended:
                ended.append(name)
                raise LedgerTrouble("the pass ends here")

        monkeypatch.setattr(link, "_perform", perform)
        _publish_again(world, folder, first)
    assert ended == [name]
    assert _tokens(world)[first["InviteToken"]]
    assert_invariants(world, "run1", authors={"run1": AUTHOR})
