"""Steps form a graph: what needs nothing of each other runs side by side."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spacecast.faults import Fault, NeedsPerson
from spacecast.publish.publication import NotYet
from spacecast.transport import ServiceDown


@dataclass(frozen=True)
class Step:
    """One remote object or effect of a stage: `run` finds it, else makes it, then verifies it."""

    name: str
    run: Callable[..., None]
    needs: tuple[str, ...] = ()


def run_steps(steps: Sequence[Step], perform: Callable[[Step], None]) -> None:
    """Perform every step once those it needs are done; independent ones at the same time, each in a thread.

    A failing step keeps only those from starting that need it. When nothing more can run, the worst fault
    is raised: an unexpected error first, then one for a person, then an outage, then what passes otherwise, and what
    is only awaited last. Raises ValueError for a graph that can never finish.
    """
    waiting = {step.name: step for step in steps}
    done: set[str] = set()
    running: set[str] = set()
    errors: list[BaseException] = []
    outcomes: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
    _check(waiting)
    while True:
        ready = [step for step in waiting.values() if done.issuperset(step.needs)]
        for step in ready:
            del waiting[step.name]
            running.add(step.name)
            _start(step, perform, outcomes)
        if not running:
            break
        name, error = outcomes.get()
        running.discard(name)
        if error is None:
            done.add(name)
        else:
            errors.append(error)
    if errors:
        raise min(errors, key=_rank)


def _check(steps: dict[str, Step]) -> None:
    left, known = dict(steps), set[str]()
    while left:
        free = [name for name, step in left.items() if known.issuperset(step.needs)]
        if not free:
            raise ValueError(f"steps that need each other or something unknown: {sorted(left)}")
        known.update(free)
        for name in free:
            del left[name]


def _start(
    step: Step,
    perform: Callable[[Step], None],
    outcomes: "queue.SimpleQueue[tuple[str, BaseException | None]]",
) -> None:
    def body() -> None:
        try:
            perform(step)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            if isinstance(error, Fault):
                error.step = error.step or step.name
            outcomes.put((step.name, error))
        else:
            outcomes.put((step.name, None))

    # A daemon thread: a request that hangs must not keep the process from ending.
    threading.Thread(target=body, name=f"step {step.name}", daemon=True).start()


def _rank(error: BaseException) -> int:
    kinds = (NeedsPerson, ServiceDown, NotYet)
    ranks = (1, 2, 4)
    found = next((rank for kind, rank in zip(kinds, ranks, strict=True) if isinstance(error, kind)), 3)
    return found if isinstance(error, Fault) else 0
