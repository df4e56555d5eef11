"""The Dockerfile names only what there is, and ends as a user without rights."""

import json
import re

import pytest

from spacecast.cli.main import main


@pytest.fixture
def instructions(tree):
    """Give the instructions of the Dockerfile, each on one line, as pairs of word and rest."""
    text = (tree / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in lines]


def values(instructions, word):
    return [rest for name, rest in instructions if name == word]


def test_it_copies_only_what_there_is_and_what_is_let_through(tree, instructions):
    ignored = (tree / ".dockerignore").read_text().splitlines()
    for rest in values(instructions, "COPY"):
        *sources, _ = rest.split()
        for source in sources if not sources[0].startswith("--from") else ():
            assert (tree / source).exists(), source
            assert f"!{source}" in ignored, source


def test_everything_that_the_build_needs_is_copied(tree, instructions):
    copied = " ".join(values(instructions, "COPY"))
    forced = re.findall(r'^"([a-z]+)[/"].*= "spacecast/', (tree / "pyproject.toml").read_text(), re.MULTILINE)
    assert forced
    for name in (*forced, "daemon", "pyproject.toml", "README.md", "LICENSE", "requirements.lock"):
        assert name in copied, name


def test_it_runs_commands_that_exist_as_a_user_without_rights(instructions):
    assert values(instructions, "USER") == ["spacecast"]
    (program,) = json.loads(values(instructions, "ENTRYPOINT")[0])
    health = json.loads(values(instructions, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert health[0] == program
    for words in (json.loads(values(instructions, "CMD")[0]), health[1:]):
        options = {option for parameter in main.commands[words[0]].params for option in parameter.opts}
        assert set(words[1:]) <= options
