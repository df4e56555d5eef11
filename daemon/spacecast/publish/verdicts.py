"""How a pass over a stage ended: what is written down of it, what is said, and when it is looked at again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from spacecast.faults import Fault, NeedsPerson
from spacecast.folders import DiskHangs, Silence
from spacecast.ledger import Condition, NewNotice, Stage
from spacecast.publish.admission import LINK
from spacecast.publish.lasting import lasts_too_long, told_as_lasting
from spacecast.publish.publication import Publication
from spacecast.publish.telling import ready_notice
from spacecast.transport import Closure, ServiceClosed, ServiceDown, back_off_seconds

# How often a blocked stage is looked at again, although nothing is known to have changed.
BLOCKED_SECONDS = 600.0

Again = float | Closure | Silence | None
"""When a stage is looked at again: after so many seconds, when a gate opens or a file system answers, or never."""


@dataclass(frozen=True)
class Verdict:
    """How a pass over a stage ended: the stage afterwards, what to say (empty: nothing), when to look again."""

    stage: Stage
    outcome: str
    again: Again
    is_told: bool = False
    """Whether the log has it already, once for everybody who waits at a gate."""
    step: str = ""
    """The step in which it failed, where it was one."""
    notice: NewNotice | None = None
    """What is to be told to people and programs outside, at the same instant."""

    @property
    def is_first_link(self) -> bool:
        """Whether the dataset has its link for the first time; one that was overtaken before it counted is no other."""
        return self.notice is not None and bool(self.notice.facts)

    @property
    def is_under_way(self) -> bool:
        """Whether the pass is one of several that look how far something has got."""
        return not self.outcome and self.stage.condition is not Condition.DONE and self.again is not None


class Verdicts:
    """Judges how passes ended. `without_secrets` cleans what is said; a refusal that may pass does so for a time."""

    def __init__(
        self,
        without_secrets: Callable[[str], str],
        visibility_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._without_secrets = without_secrets
        self._visibility_seconds = visibility_seconds
        self._clock = clock

    def waits(self, before: Stage, reason: str) -> Verdict:
        """Wait for something that is reported when it happens: a file that is being written."""
        after = replace(before, condition=Condition.PENDING, reason=self._without_secrets(reason))
        return Verdict(after, "waiting", None)

    def done(self, publication: Publication, before: Stage, again: Again) -> Verdict:
        """Judge a pass that did all that there is to do."""
        note = self._without_secrets(publication.note)
        done = Stage(before.name, Condition.DONE, note, since=self._clock(), opened=before.opened)
        notice = ready_notice(publication) if before.name == LINK else None
        outcome = "" if before.condition is Condition.DONE else "done"
        return Verdict(done, outcome, again, notice=notice)

    def failed(self, before: Stage, fault: Fault, look_again_seconds: float | None = None) -> Verdict:
        """Judge a pass that a fault ended; with `look_again_seconds`, something else in it is still under way."""
        if isinstance(fault, (ServiceDown, ServiceClosed)):
            return self._shut_out(before, fault.closure)
        if isinstance(fault, DiskHangs):
            return self._held_up(before, fault)
        now, limit_seconds = self._clock(), self._visibility_seconds
        is_lasting = lasts_too_long(fault, before, now=now, limit_seconds=limit_seconds)
        needs_person = is_lasting or isinstance(fault, NeedsPerson)
        # What a person has to mend may be mended without a trace on this host: a privilege, a certificate.
        blocked_seconds = min(BLOCKED_SECONDS, look_again_seconds or BLOCKED_SECONDS)
        pause = blocked_seconds if needs_person else back_off_seconds(before.attempts + 1, fault)
        told = told_as_lasting(fault, limit_seconds) if is_lasting else str(fault)
        reason = self._without_secrets(told)
        if look_again_seconds is not None and (before.needs_person, before.reason) == (needs_person, reason):
            # It was told, and stays as it is while something else is still under way.
            return Verdict(before, "", pause)
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=reason,
            needs_person=needs_person,
            attempts=before.attempts + 1,
            since=before.since if before.condition is Condition.FAILED else now,
            next_try_at=now + pause,
        )
        return Verdict(after, "blocked" if needs_person else "retrying", pause, step=fault.step)

    def _shut_out(self, before: Stage, closure: Closure) -> Verdict:
        """Wait at the gate of a service; no attempt was made, so none is counted."""
        is_new = before.condition is not Condition.FAILED
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=self._without_secrets(closure.sentence),
            needs_person=closure.needs_person,
            since=self._clock() if is_new else before.since,
            next_try_at=None,
        )
        if after == before:
            return Verdict(before, "", closure)
        return Verdict(after, "blocked" if closure.needs_person else "waiting", closure, is_told=True)

    def _held_up(self, before: Stage, hang: DiskHangs) -> Verdict:
        """Wait for a file system; nothing was attempted. The log has it once for all that is on it."""
        is_new = before.condition is not Condition.FAILED
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=str(hang),
            needs_person=False,
            since=self._clock() if is_new else before.since,
            next_try_at=None,
        )
        if after == before:
            return Verdict(before, "", hang.silence)
        return Verdict(after, "waiting", hang.silence, is_told=True)
