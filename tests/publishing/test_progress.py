"""How far work has got stands on the board while it is going on, and not longer."""

import threading

import pytest

from spacecast.publish.progress import Progress, ProgressBoard
from support.asking import await_answer, listening
from support.world import made, wait_for


@pytest.fixture
def board():
    return ProgressBoard()


def test_what_is_passed_on_is_counted(board):
    counted = board.counting(7, "catalog", "files looked at", range(250))
    seen = [board.of(7, "catalog").done for _ in counted]
    assert (seen[0], seen[150], seen[249]) == (1, 101, 201)
    assert board.of(7, "catalog") == Progress("files looked at", 250, 250)
    assert board.of(7, "import") is None
    assert board.of(8, "catalog") is None


def test_what_has_ended_is_taken_down(board):
    board.note(7, "import", Progress("files imported", 3))
    board.clear(7, "import")
    board.clear(7, "import")
    assert board.of(7, "import") is None


def test_a_board_bears_many_threads(board):
    threads = [
        threading.Thread(target=lambda n=n: list(board.counting(n, "catalog", "files", range(1000)))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [board.of(number, "catalog").done for number in range(8)] == [1000] * 8


def test_the_status_page_shows_an_import_while_it_goes_on_and_not_afterwards(tmp_path):
    with made(tmp_path) as world:
        asker = listening(world)
        with world.engine():
            await_answer(asker)
            world.onedata.delays.scan_seconds = 3.0
            world.drop("run", files=5)

            def shown():
                stages = [stage for one in asker.json("/api/datasets")["datasets"] for stage in one["stages"]]
                return next((stage["progress"] for stage in stages if stage["progress"]), None)

            assert wait_for("progress", shown, 30)["doing"] == "files imported"
            world.await_state("run")
            wait_for("the progress to be gone", lambda: shown() is None, 10)
