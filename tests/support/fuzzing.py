"""How long property tests look for a counter-example: a moment by default, long with HYPOTHESIS_PROFILE=long."""

import os

from hypothesis import HealthCheck, settings

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def fuzzed(short: int, long: int = 20_000) -> settings:
    """Return the settings for a property test with so many examples."""
    return settings(
        max_examples=long if _LONG else short,
        deadline=None,
        database=None,
        derandomize=not _LONG,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
