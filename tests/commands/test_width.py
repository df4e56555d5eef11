"""On a terminal of 80 columns every table fits, however long names and reasons are."""

import re

from click.testing import CliRunner
from rich.cells import cell_len

from spacecast.cli.main import main

COLUMNS = 80


def lines_on_a_terminal(world, *words):
    environment = {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    shown = CliRunner(env=environment).invoke(main, [*words, "--config", str(world.config_path)])
    assert shown.exception is None or isinstance(shown.exception, SystemExit), shown.output
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.output).splitlines()


def test_tables_fit(world):
    name = "a-very-long-name-" * 8
    world.drop("short")
    world.drop(name, b"a: b: c\n")
    assert world.command("scan").returncode == 1
    for words in (["status"], ["stats"], ["scan", "--dry-run"], ["withdraw", "short", "--dry-run"]):
        lines = lines_on_a_terminal(world, *words)
        # Sentences are one line, which the terminal goes on with in the next.
        table = [line for line in lines if not re.search(r"^ {2}the |^For each|^What stays", line)]
        assert max(map(cell_len, table)) <= COLUMNS, words
