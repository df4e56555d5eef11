"""Every operation on a file and every statement of the ledger fails, once and from there on: nothing is lost by it."""

import contextlib
import shutil

import pytest

from spacecast.ledger import State
from support import torture_ledger
from support.invariants import breaches
from support.torture import AUTHOR, NAME, publish_through, trial
from support.torture_files import ERRORS, FOR_A_PERSON, FailingFiles, FileCall, small_disk
from support.torture_ledger import REPLY_LOST, FailingLedger
from support.world import wait_for

# One of each kind in `make test`, and where it hurts most.
SHORT_CALLS = [
    ("ENOSPC", FileCall("metadata write", 1), False),
    ("EIO", FileCall("metadata exchange", 1), True),
    ("EIO", FileCall("folders.looking.find stat", 1), False),
    ("ESTALE", FileCall("folders.looking.find stat", 1), True),
    ("EMFILE", FileCall("folders.opening.open_folder open", 1), False),
    ("EACCES", FileCall("folders.opening._read_up_to read", 1), False),
    ("EROFS", FileCall("metadata open", 2), True),
]
SHORT_STATEMENTS = [
    ("database or disk is full", ("INSERT remote_object", 1), True),
    ("disk I/O error", ("UPDATE stage", 2), False),
    (REPLY_LOST, ("COMMIT", 12), False),
]
SEVERAL, PARTS = 3, 3
OF_THE_CATALOG = ("data file", "folders.walking", "folders.opening", "folders.descriptors.open_regular")
MODES = pytest.mark.parametrize("stay", [False, True], ids=["once", "from there on"])


def _file_trial(figures, make, error, call, *, stay):
    with pytest.MonkeyPatch.context() as patch, make as world:
        failing = FailingFiles(patch, call, ERRORS[error], stay=stay)
        broken = publish_through(world, failing.clear, person=error in FOR_A_PERSON, shown=stay)
    figures.count(f"{error} {_mode(stay=stay)}", trials=bool(failing.failed), breaches=len(broken))
    return bool(failing.failed), [f"{call} {error} {_mode(stay=stay)}: {one}" for one in broken]


def _mode(*, stay):
    return "from there on" if stay else "once"


@pytest.mark.parametrize(("error", "call", "stay"), SHORT_CALLS)
def test_this_operation_on_a_file_may_fail(hurried, tmp_path, figures, error, call, stay):
    assert _file_trial(figures, trial(tmp_path / "trial"), error, call, stay=stay) == (True, [])


@pytest.fixture(scope="module")
def file_calls(hurried, tiled, tmp_path_factory):
    """The operations on files of an undisturbed publication, the catalog's included."""
    make = trial(tmp_path_factory.mktemp("undisturbed"), tiled, tiled_path="undisturbed-files")
    with pytest.MonkeyPatch.context() as patch, make as world:
        failing = FailingFiles(patch)
        assert publish_through(world, lambda: None, person=False, shown=False) == []
        return failing.calls


@MODES
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_operation_on_a_file_may_fail(request, tmp_path, figures, is_long, error, stay, part):
    """The first of their like in every kind; in those that only come again, the kinds take turns."""
    if not is_long:
        pytest.skip("only in `make torture`")
    file_calls, cataloged = request.getfixturevalue("file_calls"), request.getfixturevalue("cataloged")
    turn = [*ERRORS].index(error)
    chosen = [call for n, call in enumerate(file_calls) if call.number <= SEVERAL or (n + stay) % len(ERRORS) == turn][
        part::PARTS
    ]
    found, came = [], 0
    for number, call in enumerate(chosen):
        folder = tmp_path / str(number)
        make = cataloged(folder) if call.place.startswith(OF_THE_CATALOG) else trial(folder)
        has_come, broken = _file_trial(figures, make, error, call, stay=stay)
        came, found = came + has_come, found + broken
    assert found == [], "\n".join(found)
    # How often folders are looked at varies.
    assert came > len(chosen) / 2


@pytest.fixture(scope="module")
def statements(hurried, tmp_path_factory):
    """The statements of an undisturbed publication."""
    with pytest.MonkeyPatch.context() as patch, trial(tmp_path_factory.mktemp("undisturbed")) as world:
        failing = FailingLedger(patch)
        assert publish_through(world, lambda: None, person=False, shown=False) == []
        return failing.statements


def _ledger_trial(figures, folder, message, statement, *, stay):
    with pytest.MonkeyPatch.context() as patch, trial(folder) as world:
        failing = FailingLedger(patch, statement, message, stay=stay)
        broken = _published(world, failing, stay=stay)
    figures.count(f"ledger: {message}, {_mode(stay=stay)}", trials=bool(failing.failed), breaches=len(broken))
    return [f"{statement} {message} {_mode(stay=stay)}: {one}" for one in broken]


def _published(world, failing, *, stay):
    """Publish; how often the ledger is looked into varies, so the statement need not come."""
    with world.running() as running:
        world.drop(NAME, AUTHOR)
        wait_for("the failure", lambda: failing.failed > (2 if stay else 0) or running.state() is State.READY, 60)
        failing.clear()
        try:
            if running.await_state(State.READY, State.BLOCKED) is State.BLOCKED:
                return ["blocked by a fault that passes"]
        except AssertionError as error:
            return [f"never ready: {error}"]
        return list(breaches(world, NAME, authors={NAME: AUTHOR}))


@pytest.mark.parametrize(("message", "statement", "stay"), SHORT_STATEMENTS)
def test_this_statement_of_the_ledger_may_fail(hurried, tmp_path, figures, message, statement, stay):
    assert _ledger_trial(figures, tmp_path / "trial", message, statement, stay=stay) == []


@MODES
@pytest.mark.parametrize("message", [*torture_ledger.ERRORS, REPLY_LOST])
def test_every_statement_of_the_ledger_may_fail(request, tmp_path, figures, is_long, message, stay):
    """The first of their like in every kind; in those that only come again, the kinds take turns."""
    if not is_long:
        pytest.skip("only in `make torture`")
    statements = request.getfixturevalue("statements")
    found = []
    turn = [*torture_ledger.ERRORS, REPLY_LOST].index(message)
    for number, statement in enumerate(statements):
        of_its_kind = statement[0] == "COMMIT" or message != REPLY_LOST
        if of_its_kind and (statement[1] <= SEVERAL or (number + stay) % (len(torture_ledger.ERRORS) + 1) == turn):
            found += _ledger_trial(figures, tmp_path / str(number), message, statement, stay=stay)
    assert found == [], "\n".join(found)


def test_a_full_disk_under_the_data_holds_up_the_write_back_until_there_is_room(hurried, tmp_path, figures):
    with trial(tmp_path) as world, small_disk(tmp_path / "disk", 1024 * 1024) as disk:
        world.root = disk / "datasets"
        world.root.mkdir()
        world.values["watch"][0]["folder"] = str(world.root)
        ballast = disk / "ballast"
        folder = world.drop(NAME, AUTHOR)
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with world.running() as running:
            running.await_state(State.RETRYING)
            assert (folder / "SPA.yml").read_bytes() == AUTHOR
            ballast.unlink()
            running.await_state(State.READY)
        found = list(breaches(world, NAME, authors={NAME: AUTHOR}))
    figures.count("a full disk under the data", breaches=len(found))
    assert found == []


def test_a_full_disk_under_the_ledger_holds_everything_up_until_there_is_room(hurried, tmp_path, figures):
    with trial(tmp_path) as world, small_disk(tmp_path / "disk", 2 * 1024 * 1024) as disk:
        world.values["state_folder"] = str(disk / "state")
        ballast = disk / "ballast"
        with world.running() as running:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            world.drop(NAME, AUTHOR)
            assert "disk is full" in world.situation_after("ledger unusable")
            assert world.onedata.state.spaces == {}
            ballast.unlink()
            running.await_state(State.READY)
        shutil.copytree(disk / "state", world.folder / "state")
        # Looked at where everybody looks for it.
        found = list(breaches(world, NAME, authors={NAME: AUTHOR}))
    figures.count("a full disk under the ledger", breaches=len(found))
    assert found == []
