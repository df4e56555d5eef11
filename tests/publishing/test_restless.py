"""A metadata file that never comes to rest is told of in the dataset's state, and read once it does."""

from pathlib import Path

import pytest

from spacecast.folders import Sighting, Stamp
from spacecast.ledger import Condition, Stage, State, open_ledger
from spacecast.publish.admission import LINK, Admission


@pytest.fixture
def ledger(world):
    ledger = open_ledger(f"sqlite:///{world.folder}/ledger.sqlite")
    yield ledger
    ledger.close()


def seen(root: Path) -> Sighting:
    return Sighting(root, "busy", "SPA.yml", Stamp(1, 2, 3, 4), folder_identity=(1, 2))


def test_its_state_says_why_it_waits_until_it_is_at_rest(world, ledger):
    admission = Admission(ledger, world.config)
    admission.tell_restless(seen(world.root), 605.0)
    (dataset,) = ledger.datasets()
    assert dataset.state is State.WAITING
    assert "more than 10 min" in dataset.reason
    assert "200ms (metadata.quiet)" in dataset.reason
    dataset, stages = admission.settle(seen(world.root))
    assert stages == [LINK]
    assert (ledger.dataset(dataset.id).state, ledger.dataset(dataset.id).reason) == (State.WORKING, "")


def test_a_dataset_with_a_link_stays_ready(world, ledger):
    admission = Admission(ledger, world.config)
    dataset = admission.see(seen(world.root))
    ledger.set_stages(dataset.id, [Stage(name, Condition.DONE) for name in (LINK, "import")])
    ledger.derive_state(dataset.id)
    admission.tell_restless(seen(world.root), 605.0)
    assert ledger.dataset(dataset.id).state is State.READY
