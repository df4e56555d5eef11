"""What changes while a pass over a stage is under way: what it finds counts for nothing it has not seen."""

from spacecast.ledger import State
from spacecast.publish import importing, scanning
from support.world import assert_invariants, wait_for


def _forced_scans(world):
    return sum(one.path.endswith("/force-start") for one in world.onedata.log)


def test_a_scan_that_began_before_the_file_was_written_again_does_not_count_for_it(world, monkeypatch):
    original, asked = scanning.ask_for_scan, []

    def ask_for_scan(publication, waited_seconds):
        before = original(publication, waited_seconds)
        if before is not None and not asked:
            asked.append(before)
            file = world.root / "run1" / "SPA.yml"
            file.write_bytes(file.read_bytes() + b"Late: 1\n")
            opened = publication.opened
            wait_for(
                "the edit", lambda: publication.ledger.stages(publication.dataset.id)["import"].opened > opened, 20
            )
        return before

    monkeypatch.setattr(scanning, "ask_for_scan", ask_for_scan)
    with world.engine():
        world.drop("run1")
        wait_for("the first scan", lambda: asked, 30)
        world.await_state("run1", State.READY)
    assert _forced_scans(world) >= 2
    assert_invariants(world, "run1")


def test_a_dataset_that_is_forgotten_while_it_is_worked_on_ends_quietly(world, monkeypatch):
    original, removed = importing.describe, []

    def describe(publication):
        if not removed:
            publication.ledger.remove(publication.dataset.id)
            removed.append(publication.dataset.id)
        original(publication)

    monkeypatch.setattr(importing, "describe", describe)
    with world.engine() as engine:
        folder = world.drop("run1")
        wait_for("the removal", lambda: removed, 30)
        wait_for("the end of the pass", lambda: engine.work.length == 0, 30)
        assert "unexpected error" not in world.log_file.read_text()
        # It is found again, as after the loss of a ledger.
        (folder / "SPA.yml").touch()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")
