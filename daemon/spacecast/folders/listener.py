"""What listens to the kernel in a thread of its own, seen from outside: begun, ended, and asked whether it is well."""

from spacecast.folders.listening import Listening


class Listener:
    """The base of what adds watches and takes events; its calls never block, but for those that wait for a while."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    def start(self) -> None:
        """Begin; returns at once."""
        self._listening.start()

    def order_stop(self) -> None:
        """Let the thread end as soon as it gets on; returns at once."""
        self._listening.order_stop()

    def stop(self, timeout_seconds: float) -> bool:
        """End all watches and the thread, for good; return whether it ended in time, and did not hang."""
        return self._listening.stop(timeout_seconds)

    def catch_up(self, timeout_seconds: float) -> bool:
        """Wait until all that was asked for so far is done; return whether it was in time."""
        return self._listening.catch_up(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._listening.is_alive

    @property
    def failure(self) -> BaseException | None:
        """The error that ended the thread, which only a fault of this program can do."""
        return self._listening.failure
