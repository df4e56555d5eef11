"""The one line that `systemctl status` shows: how many datasets are how, what is done, and what is wrong."""

from collections.abc import Iterable

from spacecast.config import Config
from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable, State
from spacecast.service.engine import Engine
from spacecast.service.log import printable

# The order in which people ask.
_ORDER = (
    State.BLOCKED,
    State.RETRYING,
    State.WORKING,
    State.WAITING,
    State.READY,
    State.MISSING,
    State.WITHDRAWN,
)


def status_line(engine: Engine, ledger: Ledger, config: Config, troubles: Iterable[str]) -> str:
    """Return the line; `troubles` come first, since it may be cut. It holds no secret and no control character."""
    parts = [*troubles, *(closure.sentence.partition(". ")[0] for closure in engine.work.closures)]
    parts += [_numbers(ledger), f"{engine.work.length} tasks in hand"]
    return printable(config.without_secrets("; ".join(parts))).replace("\n", " ")


def _numbers(ledger: Ledger) -> str:
    try:
        numbers = ledger.numbers()
    except (LedgerTrouble, LedgerUnusable):
        return "the ledger cannot be read"
    return ", ".join(f"{numbers[state]} {state}" for state in _ORDER if state in numbers) or "no datasets"
