"""A published dataset's record follows its folder once, whoever finds it under the new name."""

import pytest

from spacecast.folders import Sighting, look
from spacecast.ledger import State, open_ledger
from spacecast.publish.admission import Admission
from support.folders import WANTED


@pytest.fixture
def ledger(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def admission(world, ledger):
    return Admission(ledger, world.config)


def _seen(admission, world, name):
    (world.root / name).mkdir(exist_ok=True)
    status = (world.root / name).stat()
    return admission.see(Sighting(world.root, name, "SPA.yml", folder_identity=(status.st_dev, status.st_ino)))


def test_the_record_goes_on_at_the_new_place_and_the_other_is_dropped(admission, ledger, world):
    published = _seen(admission, world, "old")
    (world.root / "old").rename(world.root / "new")
    found = _seen(admission, world, "new")
    assert admission.follow(published, found, is_taken=False) == [published.id]
    after = ledger.dataset(published.id)
    assert (after.name, after.key, after.marker) == ("new", published.key, published.marker)
    assert [dataset.id for dataset in ledger.datasets()] == [published.id]


def test_a_second_finder_changes_nothing_and_the_old_name_is_no_longer_missed(admission, ledger, world):
    published = _seen(admission, world, "old")
    (world.root / "old").rename(world.root / "new")
    found = _seen(admission, world, "new")
    admission.follow(published, found, is_taken=False)
    assert admission.follow(published, found, is_taken=False) == []
    assert admission.lose(look(world.root, "old", WANTED)) is None
    assert ledger.dataset(published.id).path == world.root / "new"


def test_a_record_that_was_missing_waits_again_and_a_new_folder_has_names_of_its_own(admission, ledger, world):
    published = _seen(admission, world, "old")
    (world.root / "old").rename(world.root / "new")
    admission.lose(look(world.root, "old", WANTED))
    found = _seen(admission, world, "new")
    (world.root / "old").mkdir()
    assert admission.follow(published, found, is_taken=True) == [published.id, found.id]
    other = ledger.dataset(found.id)
    assert other.path == world.root / "old"
    assert other.key.startswith("old-")
    assert other.title.startswith("old (")
    assert State.MISSING not in {dataset.state for dataset in ledger.datasets()}
