"""File operations that fail, or are raced, at a chosen call."""

import os

from spacecast.metadata import FileOperations

# What has no effect when it fails is failed before; what must not leak is done, and then fails.
_ALWAYS_DONE = {"close", "release_lease"}


class FailingOperations:
    """Fails its call number `fail_at` (from 1) with `number`; with `stay`, every later one, too."""

    def __init__(self, fail_at, number, *, stay=False, after=False):
        self.fail_at, self.number, self.stay, self.after = fail_at, number, stay, after
        self.calls = []
        self.has_failed = False

    def __getattr__(self, method):
        def call(*arguments):
            self.calls.append(method)
            count = len(self.calls)
            fails = count == self.fail_at or (self.stay and count > self.fail_at)
            if fails and not self.after and method not in _ALWAYS_DONE:
                raise self._error()
            result = getattr(FileOperations(), method)(*arguments)
            if fails:
                if method == "open":
                    os.close(result)
                raise self._error()
            return result

        return call

    def _error(self):
        self.has_failed = True
        return OSError(self.number, os.strerror(self.number))


class RacedOperations(FileOperations):
    """Lets somebody else act just before or after one kind of call, the first time it is made."""

    def __init__(self, *, before=None, after=None):
        self._before, self._after = dict(before or {}), dict(after or {})

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name.startswith("_"):
            return method
        before = self._before.pop(name, None)
        after = self._after.pop(name, None)
        if before is None and after is None:
            return method

        def call(*arguments):
            if before is not None:
                before()
            result = method(*arguments)
            if after is not None:
                after()
            return result

        return call


class MissingOperations(FileOperations):
    """A file system, or a user, that cannot do some of the calls: `{"exchange": errno.EINVAL}`."""

    def __init__(self, missing):
        self._missing = missing

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        number = None if name.startswith("_") else self._missing.get(name)
        if number is None:
            return method

        def call(*_arguments):
            raise OSError(number, os.strerror(number))

        return call
