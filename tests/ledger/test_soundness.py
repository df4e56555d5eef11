"""A ledger that is not what was written is refused with the command that replaces it, and is never lost by that."""

import os
import threading
from contextlib import suppress

import pytest
import structlog

from spacecast.ledger import LedgerLock, LedgerUnusable, open_ledger
from spacecast.ledger.migrating import MIGRATIONS, present_version
from spacecast.service.ledger_check import LedgerCheck
from support.ledgers import (
    NAMES,
    PAGE_BYTES,
    changed_by,
    cut_to,
    flipped,
    kept,
    known,
    overwritten,
    spoil_history,
    typed,
    url_of,
)
from support.world import wait_for

DAMAGES = {
    "no database": lambda file: file.write_bytes(b"not a database at all, " * 100),
    "one byte": cut_to(1),
    "header only": cut_to(100),
    "half": cut_to(0.5),
    "last page cut": cut_to(0.99),
    "header of zeros": overwritten(0, bytes(100)),
    "first page garbage": overwritten(100, os.urandom(PAGE_BYTES - 100)),
    "pages of garbage": overwritten(4 * PAGE_BYTES, os.urandom(24 * PAGE_BYTES)),
    "pages of zeros": overwritten(3 * PAGE_BYTES, bytes(12 * PAGE_BYTES)),
    "no version": changed_by("DELETE FROM ledger_version"),
    "two versions": changed_by("INSERT INTO ledger_version VALUES (1)"),
    "a table missing": changed_by("DROP TABLE stage"),
    "a column missing": changed_by("ALTER TABLE stage DROP COLUMN attempts"),
    "rows of nobody": changed_by("DELETE FROM dataset WHERE id = 3"),
    "a state without meaning": changed_by("UPDATE dataset SET state = 'reAdy' WHERE id = 3"),
    "a condition without meaning": changed_by("UPDATE stage SET \"condition\" = 'd' WHERE dataset_id = 3"),
    "details that are no JSON": changed_by("UPDATE remote_object SET details = '{' WHERE dataset_id = 3"),
    "a wrong type": changed_by("UPDATE dataset SET root = x'ff' WHERE id = 3"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_refused_and_the_command_in_the_message_replaces_it(file, damage):
    DAMAGES[damage](file)
    left = file.read_bytes()
    with pytest.raises(LedgerUnusable, match=r"is damaged \(.+\).*backup.*nothing is published twice") as refused:
        open_ledger(url_of(file))
    typed(str(refused.value))
    assert known(file) == {}
    assert left in [path.read_bytes() for path in kept(file.parent)], "the damaged file is kept"


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_relied_on_is_checked_before_anything_even_if_history_is_left_for_later(file, damage):
    DAMAGES[damage](file)
    with pytest.raises(LedgerUnusable, match=r"is damaged \(.+\)"):
        open_ledger(url_of(file), history_later=True)


def test_a_damaged_history_is_found_once_the_daemon_serves_and_refused_at_the_next_start(file):
    spoil_history(file)
    with pytest.raises(LedgerUnusable, match="is damaged"), LedgerLock(file.parent):
        _serve_until_damaged(file)
    with LedgerLock(file.parent) as lock, pytest.raises(LedgerUnusable, match="is damaged"):
        open_ledger(url_of(file), history_later=True, thorough=lock.was_left_behind)


def _serve_until_damaged(file):
    ledger = open_ledger(url_of(file), history_later=True)
    with LedgerCheck(ledger) as check:
        check.start()
        wait_for("the damage to be found", lambda: _trouble_of(ledger), 20)
    ledger.close()
    ledger.check_in_place()


def _trouble_of(ledger):
    try:
        ledger.check_in_place()
    except LedgerUnusable as damage:
        return damage
    return None


def test_a_whole_ledger_is_checked_to_the_end_and_one_that_is_not_needed_any_more_is_let_go(file):
    ledger = open_ledger(url_of(file), history_later=True)
    with structlog.testing.capture_logs() as lines, LedgerCheck(ledger) as check:
        check.start()
        wait_for("the end of the check", lambda: lines, 20)
    assert [line["event"] for line in lines] == ["ledger checked"]
    stopped = threading.Event()
    stopped.set()
    ledger.check_whole(stopped)
    ledger.check_in_place()
    assert len(list(ledger.datasets())) == len(NAMES)
    ledger.close()


def test_the_check_comes_once_nothing_has_been_done_for_a_while(file, monkeypatch):
    monkeypatch.setattr("spacecast.service.ledger_check._GLANCE_SECONDS", 0.0)
    answers = [True, False, False, False, True, False, False, False, False]
    ledger = open_ledger(url_of(file), history_later=True)
    with structlog.testing.capture_logs() as lines, LedgerCheck(ledger) as check:
        check.start(lambda: answers.pop(0))
        wait_for("the end of the check", lambda: lines, 20)
    assert [line["event"] for line in lines] == ["ledger checked"]
    assert answers == []
    ledger.close()


def test_the_check_does_not_wait_for_ever_for_work_to_end(file, monkeypatch):
    monkeypatch.setattr("spacecast.service.ledger_check._LATEST_SECONDS", 0.01)
    monkeypatch.setattr("spacecast.service.ledger_check._GLANCE_SECONDS", 0.001)
    ledger = open_ledger(url_of(file), history_later=True)
    with structlog.testing.capture_logs() as lines, LedgerCheck(ledger) as check:
        check.start(lambda: True)
        wait_for("the end of the check", lambda: lines, 20)
    assert [line["event"] for line in lines] == ["ledger checked"]
    ledger.close()


@pytest.mark.parametrize("seed", range(25))
def test_flipped_bits_never_end_in_anything_but_a_fault_that_says_so(file, seed):
    flipped(seed)(file)
    with suppress(LedgerUnusable):
        assert set(known(file)) <= {*NAMES, *known(file)}


def test_an_index_that_lacks_rows_is_found_by_the_thorough_check(file):
    changed_by(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX ix_dataset_state ON dataset (name)' "
        "WHERE name = 'ix_dataset_state'"
    )(file)
    with pytest.raises(LedgerUnusable, match=r"damaged .*index"):
        open_ledger(url_of(file), thorough=True)


def test_text_that_is_none_is_found_by_the_thorough_check_or_when_it_is_read(file):
    changed_by("UPDATE dataset SET reason = CAST(x'ff' AS TEXT) WHERE id = 3")(file)
    with pytest.raises(LedgerUnusable, match="damaged"):
        open_ledger(url_of(file), thorough=True)
    ledger = open_ledger(url_of(file))
    with pytest.raises(LedgerUnusable, match="damaged"):
        list(ledger.datasets())
    with pytest.raises(LedgerUnusable, match="damaged"):
        ledger.check_in_place()
    ledger.close()


def test_a_ledger_of_a_newer_release_is_refused_with_both_versions_and_what_to_do(file):
    changed_by("UPDATE ledger_version SET version = 99")(file)
    before = file.read_bytes()
    present = present_version(MIGRATIONS)
    words = rf"version 99, this release knows {present}\): install that release"
    with pytest.raises(LedgerUnusable, match=words) as refused:
        open_ledger(url_of(file))
    assert f"ledger.sqlite.before-version-{present + 1}" in str(refused.value)
    assert file.read_bytes() == before


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "ledger.sqlite"
    changed_by("CREATE TABLE nodes (id INTEGER)")(file)
    before = file.read_bytes()
    with pytest.raises(LedgerUnusable, match=r"not a ledger of Spacecast \(it holds nodes\)") as refused:
        open_ledger(url_of(file))
    assert file.read_bytes() == before
    typed(str(refused.value))
    assert known(file) == {}
