"""Runs a step of a stage, and tells the ledger and the log how it ended and how long it took."""

import time

import structlog

from spacecast.faults import Fault
from spacecast.ledger import Event
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.steps import Step

log = structlog.get_logger()


def run_step(publication: Publication, stage: str, step: Step) -> float:
    """Run a step and return how many seconds it took; a Fault is recorded and raised again, NotYet only raised."""
    started = time.monotonic()
    try:
        step.run(publication)
    except NotYet:
        raise
    except Fault as fault:
        record_step(publication, stage, step, "failed", time.monotonic() - started, str(fault))
        raise
    return time.monotonic() - started


def record_step(
    publication: Publication, stage: str, step: Step, outcome: str, seconds: float, message: str = ""
) -> None:
    """Write down how a step ended, without what is secret in the message."""
    told = publication.services.without_secrets(message)
    event = Event(time.time(), stage, step.name, outcome, told, round(seconds, 3))
    # After a step that is done another one begins, or the stage ends: that is written down, and this with it.
    write = publication.ledger.note if outcome == "done" else publication.ledger.record
    write(publication.dataset.id, event)
    dataset = publication.dataset
    say = log.bind(dataset=dataset.name, root=str(dataset.root), stage=stage, step=step.name, outcome=outcome)
    say.debug("step ended", seconds=event.seconds, reason=told)
