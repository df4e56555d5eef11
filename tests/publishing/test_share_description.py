"""The text of the public page follows template and config, as long as nobody else has written it."""

from spacecast.ledger import State
from support.earlier_tool import publish, written
from support.world import assert_invariants, wait_for


def _description(world):
    (share,) = world.onedata.state.shares.values()
    return share.description


def _touched(world, folder):
    """Have another pass over the dataset."""
    file = folder / "SPA.yml"
    file.write_bytes(file.read_bytes() + b"More: 1\n")
    wait_for("a pass", lambda: world.onedata.log.matching(method="PUT", path="/metadata/json")[-1].body.get("More"), 60)
    world.await_state(folder.name, State.READY)


def test_a_new_facility_name_and_a_new_template_change_the_page_on_the_next_pass(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        assert "Test facility" in _description(world)
    world.values["facility"] = "Renamed facility"
    with world.engine():
        _touched(world, folder)
    assert "Renamed facility" in _description(world)
    template = world.folder / "page.md"
    template.write_text("# {{ title }} of {{ facility }}\n")
    world.values["onedata"]["share"] = {"description": str(template)}
    with world.engine():
        (folder / "SPA.yml").touch()
        wait_for("the page", lambda: _description(world) == "# run1 of Renamed facility\n", 60)
        world.await_state("run1", State.READY)
    assert len(world.onedata.log.matching(method="PATCH", path="/shares/")) == 2
    assert_invariants(world, "run1")


def test_a_page_that_somebody_has_edited_stays_as_it_is(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
    (share,) = world.onedata.state.shares.values()
    share.description = "By hand"
    world.values["facility"] = "Renamed facility"
    with world.engine():
        _touched(world, folder)
    assert _description(world) == "By hand"
    assert_invariants(world, "run1")


def test_the_page_of_an_earlier_tool_stays_as_it_is(world):
    folder = world.root / "run1"
    folder.mkdir()
    old = publish(world, folder, name="run1")
    (folder / "SPA.yml").write_bytes(written(old.block))
    with world.engine():
        world.await_state("run1", State.READY)
    assert _description(world) == "by hand"


def test_an_unchanged_page_is_not_written_again(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        before = _changes(world)
        _touched(world, folder)
    assert _changes(world) == before


def _changes(world):
    """How often a share was changed: whether it is still there is looked at after each edit."""
    return sum(one.method != "GET" for one in world.onedata.log.matching(path="/shares/"))
