from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spacecast.sandbox.onedata import OnedataSandbox
from support.contract import check_exchanges
from support.onedata_sandbox import Caller, quick_delays


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[OnedataSandbox]:
    with OnedataSandbox(tmp_path, delays=quick_delays()) as running:
        yield running


@pytest.fixture
def call_as(sandbox: OnedataSandbox) -> Iterator[Callable[[str | None], Caller]]:
    """Makes callers and closes them."""
    made: list[Caller] = []

    def caller(token: str | None) -> Caller:
        made.append(Caller(sandbox, token))
        return made[-1]

    yield caller
    for each in made:
        each.close()


@pytest.fixture
def service(sandbox: OnedataSandbox, call_as) -> Caller:
    """The service user, who may do everything that publishing needs."""
    return call_as(sandbox.token)


@pytest.fixture
def guest(call_as) -> Caller:
    return call_as(None)


@pytest.fixture
def stranger(sandbox: OnedataSandbox, call_as) -> Caller:
    """A user who has nothing to do with anything."""
    return call_as(sandbox.add_user("stranger").token)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small dataset: three files and a directory."""
    made = tmp_path / "data"
    (made / "raw").mkdir(parents=True)
    made.chmod(0o755)
    (made / "SPA.yml").write_text("title: test\n")
    (made / "notes.txt").write_bytes(b"0123456789")
    (made / "raw" / "image.mrc").write_bytes(bytes(range(256)) * 8)
    for path in made.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return made


@pytest.fixture
def answers_are_described(sandbox: OnedataSandbox) -> Iterator[None]:
    """At the end everything asked and answered must be in the description."""
    yield
    assert check_exchanges(sandbox.log) == []
