"""Follow docs/operators.md on a fresh Debian 12 with a real systemd: `make machine`, as root; five minutes, 1.5 GB."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from machine.booted import PROGRAMS, Machine, machine
from support.markdown import blocks, table_rows
from support.tree import TREE

_PAGE = TREE / "docs" / "operators.md"
_WATCHED = "/srv/trial/datasets"
_CONFIG = "/srv/trial/spacecast.yaml"
_STATUS = "systemctl status spacecast --no-pager"


def main() -> int:
    """Go through it and print what holds; 1 where something does not."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        sys.stderr.write(f"This needs root and {', '.join(PROGRAMS)}: apt install debootstrap systemd-container\n")
        return 2
    with machine(packages_told()) as fresh:
        failed = [name for name, statement in statements() if not holds(fresh, name, statement)]
    return 1 if failed else 0


def holds(fresh: Machine, name: str, statement: Callable[[Machine], None]) -> bool:
    """Say whether a statement about the machine is true, and print that."""
    began = time.monotonic()
    try:
        statement(fresh)
    except AssertionError as failure:
        sys.stdout.write(f"NO   {name}\n{failure}\n")
        return False
    sys.stdout.write(f"yes  {name}   ({time.monotonic() - began:.0f} s)\n")
    sys.stdout.flush()
    return True


def statements() -> Iterator[tuple[str, Callable[[Machine], None]]]:
    """Yield what is tried in its order; the first two are the words of the document."""
    yield "the wheel is made and installed as the document says", installed
    yield "the trial of the service goes as the document says", tried
    yield "the link stands in a file of somebody else, who keeps it", links_a_file_of_somebody_else
    yield "a wrong config is refused, and the status says why", refuses_a_wrong_config
    yield "a daemon that was killed is started again", comes_back(signal="KILL", seconds=60)
    yield "a daemon that hangs is ended by the watchdog and started again", comes_back(signal="STOP", seconds=240)
    yield "after a restart of the machine the enabled service serves, and has published nothing again", outlives_a_boot
    yield "systemd has nothing to say about the unit", is_verified
    yield "the service stops at once", stops


def packages_told() -> tuple[str, ...]:
    """Return the packages that the document has the operator install."""
    (line,) = re.findall(r"`apt install ([^`]+)`", _PAGE.read_text())
    return tuple(line.split())


def installation_told() -> str:
    """Return the command by which the document installs the wheel into an environment of its own."""
    (command,) = [row[1].strip("`") for row in table_rows(_PAGE) if row[0] == "a virtual environment"]
    return command


def trial_told() -> list[str]:
    """Return what the document has the operator type to try the service."""
    (block,) = [text for text in blocks(_PAGE, "sh") if "spacecast sandbox --folder" in text]
    lines = (line.partition("   #")[0].strip() for line in block.splitlines())
    return [line for line in lines if line]


def installed(fresh: Machine) -> None:
    """Make the wheel in a checkout and install it with the sandbox."""
    checkout = fresh.folder / "root" / "checkout"
    checkout.mkdir()
    archive = subprocess.run(["git", "-C", str(TREE), "archive", "HEAD"], check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "x", "-C", str(checkout)], check=True, input=archive.stdout)
    fresh.run("cd checkout && python3 -m pip wheel --quiet --no-deps .")
    (wheel,) = checkout.glob("*.whl")
    fresh.run(installation_told().replace("FILE.whl", f'"$HOME/checkout/{wheel.name}[sandbox]"'))


def tried(fresh: Machine) -> None:
    """Type the trial, line by line; what goes on for ever goes on in the background, or is left out."""
    for line in trial_told():
        if line.startswith("spacecast sandbox"):
            fresh.begin(line, "$HOME/sandbox.log")
            fresh.await_words("cat $HOME/sandbox.log", "Ctrl-C")
        elif line.startswith("journalctl"):
            fresh.await_words(f"cat {_WATCHED}/run1/SPA.yml", "Ref:")
        else:
            said = fresh.run(line)
            assert "spacecast check" not in line or "all is well" in said, said
    assert "stage done" in fresh.run("journalctl -u spacecast --no-pager")
    fresh.await_words(_STATUS, "1 ready")


def links_a_file_of_somebody_else(fresh: Machine) -> None:
    """Let a user without any right but over the folder write a metadata file with an access list."""
    folder, file = f"{_WATCHED}/theirs", f"{_WATCHED}/theirs/SPA.yml"
    fresh.run(f"useradd alice; mkdir -m 700 {folder}; chown alice: {folder}")
    fresh.run(f"su alice -c 'umask 077; echo Project: trial > {file}; setfacl -m u:games:r {file}'")
    fresh.await_words(f"cat {file}", "Ref:")
    assert "alice alice 640" in fresh.run(f"stat -c '%U %G %a' {file}")
    assert "user:games:r--" in fresh.run(f"getfacl -p {file}")


def refuses_a_wrong_config(fresh: Machine) -> None:
    """Misspell a key, and mend it."""
    fresh.run(f"cp -p {_CONFIG} $HOME/good.yaml; echo 'facilty: typo' >> {_CONFIG}; systemctl reload spacecast")
    fresh.await_words(_STATUS, "did you mean `facility`?")
    fresh.run(f"cp -p $HOME/good.yaml {_CONFIG}; systemctl reload spacecast")
    fresh.await_words("journalctl -u spacecast --no-pager -n 20", "looking again")


def comes_back(*, signal: str, seconds: float) -> Callable[[Machine], None]:
    """Return a statement: after this signal to the daemon, another one serves within a time."""

    def statement(fresh: Machine) -> None:
        before = fresh.run("systemctl show -p MainPID --value spacecast").strip()
        fresh.run(f"kill -{signal} {before}")
        present = "p=$(systemctl show -p MainPID --value spacecast)"
        fresh.await_words(f"{present}; [ $p != 0 ] && [ $p != {before} ] && echo another", "another", seconds)
        fresh.await_words(_STATUS, "2 ready", seconds)

    return statement


def outlives_a_boot(fresh: Machine) -> None:
    """Enable the service, shut the machine down and boot it again; the services it publishes to stay away."""
    files = f"cat {_WATCHED}/*/SPA.yml; stat -c '%n %i %Y' {_WATCHED}/*/SPA.yml"
    fresh.run("systemctl enable spacecast")
    before = fresh.run(files)
    fresh.shut_down()
    fresh.boot()
    fresh.await_words(_STATUS, "2 ready")
    assert fresh.run(files) == before


def is_verified(fresh: Machine) -> None:
    """Ask the systemd that runs it."""
    assert fresh.run("systemd-analyze verify spacecast.service") == ""
    assert "1.8 OK" in fresh.run("systemd-analyze security spacecast.service --no-pager | tail -1")


def stops(fresh: Machine) -> None:
    """Stop it; a stop that lasts ends in a kill, which is told."""
    fresh.run("systemctl stop spacecast")
    assert "Deactivated successfully" in fresh.run("journalctl -u spacecast --no-pager -n 5")


if __name__ == "__main__":
    sys.exit(main())
