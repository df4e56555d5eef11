"""What happens to a dataset after its publication is followed to its end although requests fail at random."""

import pytest

from support.torture import trial
from support.torture_changes import CHANGES, stormed_over

STORMS = 10


@pytest.mark.parametrize("seed", range(STORMS))
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_random_faults_while_a_change_is_followed_lose_and_double_nothing(
    hurried, tmp_path, figures, is_long, change, seed
):
    if not is_long and seed:
        pytest.skip("only in `make torture`")
    found = stormed_over(change, trial(tmp_path), seed=seed)
    figures.count(f"storm, {change.name}", breaches=len(found))
    assert found == []
