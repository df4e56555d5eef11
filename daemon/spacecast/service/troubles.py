"""Tells operators of what has lasted for some time and does not go by itself, and of its end: once each."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spacecast.config import Config
from spacecast.ledger import Blockage, Ledger, NewNotice, StandingTrouble, State
from spacecast.notices import channels_for
from spacecast.secrecy import without_secrets
from spacecast.transport import Gate

_DATASET, _SERVICE = "dataset ", "service "
# Of more, the number is told.
MOST_TOLD = 100
_MOST_AT_ONCE = 10_000
_KEPT_SECONDS = 30 * 86_400.0
_PRUNE_SECONDS = 3600.0


class Troubles:
    """Compares what stands with what was told; the ledger remembers, so that a restart tells nothing twice.

    A dataset is told of after it has been blocked for `notify.blocked_after`, a service after `notify.outage_after`.
    Datasets that wait for a service are not told of one by one. `look` is called every few seconds, from one thread.
    """

    def __init__(
        self, config: Config, ledger: Ledger, gates: Mapping[str, Gate], clock: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._gates = gates
        self._clock = clock
        self._pruned_at = 0.0

    def look(self) -> None:
        """Write down the notices that are due now. Raises LedgerTrouble."""
        standing = self._ledger.standing_troubles()
        self._tell_outages(standing)
        self._settle_outages(standing)
        self._tell_blocked(standing)
        self._settle_blocked(standing)
        now = self._clock()
        if now - self._pruned_at > _PRUNE_SECONDS:
            self._ledger.prune_notices(now - _KEPT_SECONDS)
            self._pruned_at = now

    # ---------------------------------------------------------------------------------------------------- services

    def _tell_outages(self, standing: Mapping[str, StandingTrouble]) -> None:
        for name, gate in self._gates.items():
            closure, subject = gate.closure, f"{_SERVICE}{name}"
            if closure is None or subject in standing:
                continue
            if self._clock() - closure.since >= self._config.notify.outage_after:
                facts = {
                    "service": gate.service,
                    "since": closure.since,
                    "reason": self._without_secrets(closure.sentence),
                }
                trouble = StandingTrouble(subject, closure.since, facts)
                self._ledger.tell_troubles([trouble], self._notice("outage", f"{subject}:{closure.since}", facts))

    def _settle_outages(self, standing: Mapping[str, StandingTrouble]) -> None:
        for subject, trouble in standing.items():
            gate = self._gates.get(subject.removeprefix(_SERVICE)) if subject.startswith(_SERVICE) else None
            if gate is None:
                continue
            # After a restart the gate is open because nobody has asked yet.
            if gate.closure is None and gate.proves_well():
                facts = {**trouble.facts, "ended": self._clock()}
                notice = self._notice("available", f"{subject}:{trouble.since}", facts)
                self._ledger.settle_troubles([subject], notice)

    # ---------------------------------------------------------------------------------------------------- datasets

    def _tell_blocked(self, standing: Mapping[str, StandingTrouble]) -> None:
        notify, now = self._config.notify, self._clock()
        found = self._ledger.blocked_on_their_own(now - notify.blocked_after, _MOST_AT_ONCE)
        new = [one for one in found if _subject(one.dataset_id) not in standing]
        # Asked last, and only if there is something to tell: it looks through all notices.
        if new and now - self._ledger.last_noticed("blocked") >= notify.gather:
            troubles = [StandingTrouble(_subject(one.dataset_id), one.since, {"name": one.name}) for one in new]
            key = f"{troubles[0].subject}:{new[0].since}"
            self._ledger.tell_troubles(troubles, self._notice("blocked", key, _listed(map(_as_facts, new), len(new))))

    def _settle_blocked(self, standing: Mapping[str, StandingTrouble]) -> None:
        told = [trouble for trouble in standing.values() if trouble.subject.startswith(_DATASET)]
        states = [(trouble, self._state(trouble)) for trouble in told]
        ready = [trouble for trouble, state in states if state is State.READY]
        gone = [trouble for trouble, state in states if state in (None, State.MISSING, State.WITHDRAWN)]
        if gone:
            self._ledger.settle_troubles([trouble.subject for trouble in gone])
        if ready:
            key = f"{ready[0].subject}:{ready[0].since}"
            notice = self._notice("unblocked", key, _listed((dict(one.facts) for one in ready), len(ready)))
            self._ledger.settle_troubles([trouble.subject for trouble in ready], notice)

    def _state(self, trouble: StandingTrouble) -> State | None:
        try:
            return self._ledger.dataset(int(trouble.subject.removeprefix(_DATASET))).state
        except KeyError:
            return None

    def _notice(self, kind: str, key: str, facts: Mapping[str, Any]) -> NewNotice:
        channels = channels_for(self._config, kind)
        operators = {"to": list(channels.get("mail", ()))}
        return NewNotice(f"{kind}:{key}", kind, {**facts, **operators}, channels)

    def _without_secrets(self, text: str) -> str:
        return without_secrets(text, self._config.given_secrets())


def _subject(dataset_id: int) -> str:
    return f"{_DATASET}{dataset_id}"


def _as_facts(one: Blockage) -> dict[str, Any]:
    return {"name": one.name, "root": one.root, "reason": one.reason, "since": one.since}


def _listed(datasets: Iterable[dict[str, Any]], number: int) -> dict[str, Any]:
    told = [one for one, _ in zip(datasets, range(MOST_TOLD), strict=False)]
    return {"datasets": told, "number": number, "more": number - len(told)}
