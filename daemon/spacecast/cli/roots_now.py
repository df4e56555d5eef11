"""What is wrong with the watched folders at this moment; what is shown of their datasets is how they were before."""

import queue
import threading

from spacecast.config import Config, Watch
from spacecast.faults import Fault
from spacecast.folders import KnownRoots, WatchedFolder, expand_roots

# A file server that is away keeps whoever asks it waiting for ever.
ANSWER_SECONDS = 3.0


def root_problems(config: Config, known: KnownRoots) -> list[str]:
    """Return a line for each watched folder that is missing, not mounted, or does not answer within some seconds.

    `known`: device and inode of the roots of earlier runs, by which one that is not mounted is noticed.
    """
    answers: list[tuple[Watch, queue.SimpleQueue[list[str]]]] = []
    for watch in config.watch:
        answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        answers.append((watch, answer))
        threading.Thread(target=_ask, args=(watch, known, answer), daemon=True).start()
    return [problem for watch, answer in answers for problem in _answered(watch, answer)]


def _ask(watch: Watch, known: KnownRoots, answer: "queue.SimpleQueue[list[str]]") -> None:
    try:
        states = expand_roots([WatchedFolder(str(watch.folder))], known)
        answer.put([state.problem for state in states if state.problem])
    except (Fault, OSError) as error:
        answer.put([f"{watch.folder} cannot be looked at: {error}"])


def _answered(watch: Watch, answer: "queue.SimpleQueue[list[str]]") -> list[str]:
    try:
        return answer.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        return [f"{watch.folder} does not answer. Its datasets are left as they are. Look at its file server."]
