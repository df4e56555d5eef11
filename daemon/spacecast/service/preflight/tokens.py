"""Access tokens: where they are kept, how long they hold, and whether they may change anything."""

import time
from collections.abc import Callable, Iterator

from spacecast.config import Secret
from spacecast.onedata import OnedataFault
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.remedies import new_token
from spacecast.service.preflight.services import OnedataFacts

EXPIRY_DAYS = 21
_DAY_SECONDS = 86_400.0
# Older zones have no single call that tells it.
_TELLS_SCOPE_SINCE = (21, 2, 4)


def check_token(
    notes: Notes, facts: OnedataFacts, secret: Secret, key: str, wall_clock: Callable[[], float] = time.time
) -> Iterator[Finding]:
    """Warn of a token that ends soon; one that may only read is a problem. The zone is asked; it must be there."""
    configuration = facts.zone_configuration.known()
    if configuration is None or configuration.release < _TELLS_SCOPE_SINCE:
        return
    try:
        scope = facts.zone.infer_scope(secret.reveal())
    except OnedataFault as fault:
        yield notes.warning("token", f"its limits could not be read: {fault}", "Run `spacecast check` again.")
        return
    if scope.readonly:
        yield notes.problem("token", "may only read data, so that no share can be made with it", new_token(secret, key))
    if scope.valid_until is not None:
        left_days = (scope.valid_until - wall_clock()) / _DAY_SECONDS
        if left_days < EXPIRY_DAYS:
            yield notes.warning("token", f"ends in {max(0.0, left_days):.0f} days", new_token(secret, key))
