"""How far the sending of many files has got is told all the time, and it goes on where somebody ended it."""

import pytest

from spacecast.catalog import assets, writing

IN_A_REQUEST = 4
MANY = 10


class EndedError(Exception):
    """What whoever is told raises, to have the sending end."""


class Told:
    """Notes what is told; raises once so many files were sent."""

    def __init__(self, ends_at: int = MANY * MANY) -> None:
        self.entries: list[tuple[int, int]] = []
        self.files: list[tuple[int, int]] = []
        self._ends_at = ends_at

    def options(self):
        return {"on_written": lambda *so_far: self.entries.append(so_far), "on_sent": self._sent}

    def _sent(self, *so_far: int) -> None:
        self.files.append(so_far)
        if so_far[0] >= self._ends_at:
            raise EndedError


@pytest.fixture(autouse=True)
def few_in_a_request(monkeypatch):
    for module in (assets, writing):
        monkeypatch.setattr(module, "MOST_ASSETS", IN_A_REQUEST)


@pytest.fixture
def many(dataset):
    for number in range(MANY):
        dataset.write(f"note_{number}.txt")
    return dataset


def test_sending_is_told_from_its_beginning_on(many):
    many.image("overview.tif", 1)
    told = Told()
    many.register(**told.options())
    assert told.entries == [(0, 2), (1, 2), (2, 2)]
    assert told.files == [(4, 11), (8, 11), (11, 11)], "the entry of one file takes one request: nothing is told of it"


def test_what_was_sent_before_an_end_is_not_sent_again(many):
    with pytest.raises(EndedError):
        many.register(**Told(ends_at=8).options())
    rest = Told()
    many.register(**rest.options())
    assert rest.files == [(8, 10), (10, 10)]
    assert len(many.names()) == MANY


def test_of_a_long_series_sending_is_told_and_goes_on_as_well(dataset):
    for number in range(MANY):
        dataset.image(f"frame_{number}.tif", number)
    with pytest.raises(EndedError):
        dataset.register(**Told(ends_at=8).options())
    rest = Told()
    dataset.register(**rest.options())
    assert rest.files[:2] == [(8, 10), (10, 10)]
    assert [int(frame[0, 0]) for frame in dataset.entry["frame_series.tif"].read()] == list(range(MANY))


def test_files_that_are_taken_out_are_told_of_too(many):
    many.register()
    for number in range(3):
        (many.folder / f"note_{number}.txt").unlink()
    told = Told()
    many.register(**told.options())
    assert told.files == [(7, 10), (8, 10), (9, 10), (10, 10)]
    assert len(many.names()) == MANY - 3
