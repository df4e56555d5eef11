"""Whether a folder was withdrawn is asked of each new one, and costs the same after years of withdrawals."""

from contextlib import contextmanager
from itertools import count

import sqlalchemy as sa

from spacecast.ledger import State, open_ledger
from support.ledgers import script, url_of

DEVICE = 5


def ledger_with(file, withdrawn):
    """Make a ledger with so many datasets, each withdrawn from a folder with the dataset's own number."""
    open_ledger(url_of(file)).close()
    script(
        file,
        f"""WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < {withdrawn})
        INSERT INTO dataset (id, root, name, "key", title, marker, state, device, inode, created_at, changed_at)
        SELECT n, '/data', 'd' || n, 'd' || n, 'd' || n, 'd' || n, '{State.WITHDRAWN.value}', {DEVICE}, n, 1, 1
        FROM numbers""",
    )
    return open_ledger(url_of(file))


@contextmanager
def counted_instructions():
    """Count the instructions that databases opened in the block carry out."""
    numbers = count()

    def count_on(connection, _record):
        connection.set_progress_handler(lambda: next(numbers) < 0, 1)

    sa.event.listen(sa.Engine, "connect", count_on)
    try:
        yield lambda: next(numbers)
    finally:
        sa.event.remove(sa.Engine, "connect", count_on)


def instructions_for_a_new_folder(file, withdrawn):
    with counted_instructions() as instructions:
        ledger = ledger_with(file, withdrawn)
        ledger.withdrawn_at(DEVICE, withdrawn + 1)
        before = instructions()
        assert ledger.withdrawn_at(DEVICE, withdrawn + 1) == []
        after = instructions()
        assert [dataset.name for dataset in ledger.withdrawn_at(DEVICE, withdrawn)] == [f"d{withdrawn}"]
        assert ledger.withdrawn_at(DEVICE + 1, withdrawn) == []
        ledger.close()
    return after - before


def test_a_new_folder_costs_the_same_beside_many_that_were_withdrawn(tmp_path):
    few, many = (instructions_for_a_new_folder(tmp_path / f"{number}.sqlite", number) for number in (10, 2000))
    assert 0 < many < few + 100, "each of the two thousand others would take some"
