"""What can go wrong, split by what is to be done about it.

Every room raises these or its own kinds of them, so that one place decides between waiting and asking::

    Fault
    ├── Passing            wait; it goes by itself
    │   └── Unclear        wait, and look whether it happened before doing it again
    └── NeedsPerson        only a person can help; the message says how
        └── NotPermitted   the service's user lacks a permission on a file or folder

Messages are read by operators: they name the thing, the cause and the next step, and never hold a secret.
"""


class Fault(Exception):  # noqa: N818 - these are called faults throughout; errors are mistakes of the program
    """Anything that keeps a dataset from being published."""

    step = ""
    """The step of a stage in which it arose; empty where it belongs to none."""


class Passing(Fault):
    """A fault that goes by itself; `retry_after_seconds` is what the other side asked for, if it did."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unclear(Passing):
    """A request may or may not have taken effect: find out before it is repeated."""


class NeedsPerson(Fault):
    """A fault that stays until somebody changes something."""


class NotPermitted(NeedsPerson):
    """The service's user may not read or write a file or folder; what it is may be perfectly sound."""
