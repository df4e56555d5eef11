"""The documents name only what exists: pages, commands, options, config keys, make targets, messages."""

import re
import shlex

import pytest
import yaml

from spacecast.cli.main import main
from spacecast.config import load
from spacecast.config.keys import all_paths
from spacecast.config.notify_section import ALL_KINDS
from spacecast.ledger import State
from support.markdown import anchors, blocks, code_spans, headings, links, table_rows

FIRST_SCREEN_LINES = 40
_COMMAND = re.compile(r"(?:^|[\s/])spacecast ([a-z][^#|;&)]*)")
_KEYS = {tuple(part for part in path if isinstance(part, str)) for path in all_paths()}
_SECTIONS = {path[0] for path in _KEYS if any(other[: len(path)] == path and other != path for other in _KEYS)}
_DOTTED_KEY = re.compile(rf"({'|'.join(_SECTIONS)})(\.[a-z_]+)+")
# An operator writes these names himself: their keys are paths, or the block in a metadata file.
_FREE = {("onedata", "mount_points"), ("tiled", "mount_points")}


def commands_in(page):
    """Give the words of each `spacecast …` in a page's code."""
    shell = [line for block in blocks(page, "sh") + blocks(page, "console") for line in block.splitlines()]
    for text in [*code_spans(page), *shell]:
        # `-u spacecast` names the user.
        for found in _COMMAND.findall(text.replace("-u spacecast ", "")):
            yield shlex.split(found)


def config_snippets(page):
    """Give the YAML blocks that are pieces of a config and not of a metadata file."""
    for text in blocks(page, "yaml"):
        values = yaml.safe_load(text)
        if set(values) - {"Onedata", "Tiled"}:
            yield values


def key_paths(values, above=()):
    """Give the path of each key in a piece of a config; what a secret or a mapping of paths holds is passed over."""
    for value in values if isinstance(values, list) else [values]:
        if not isinstance(value, dict) or above in _FREE or set(value) & {"file", "env", "credential"}:
            continue
        for key, inner in value.items():
            yield (*above, key)
            yield from key_paths(inner, (*above, key))


def test_every_link_between_pages_leads_somewhere(page):
    for target in links(page):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def test_every_command_and_option_in_a_page_exists(page):
    for words in commands_in(page):
        assert words[0] in main.commands, words
        options = {option for parameter in main.commands[words[0]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_every_command_that_a_message_names_exists(tree):
    source = "\n".join(path.read_text() for path in sorted((tree / "daemon").rglob("*.py")))
    named = set(re.findall(r"`spacecast ([a-z]+)", source))
    assert {"status", "retry", "publish"} <= named
    assert named <= set(main.commands)
    # By the function that writes the dataset's name into them.
    assert set(re.findall(r"""command\(["']([a-z]+)["'], """, source)) <= set(main.commands)


def test_every_command_is_told_to_operators(tree):
    told = {words[0] for name in ("README.md", "docs/operators.md") for words in commands_in(tree / name)}
    assert set(main.commands) - {"run"} <= told
    assert "spacecast run" in (tree / "CHANGELOG.md").read_text()


def test_every_kind_of_notice_is_told_to_operators(tree):
    assert set(ALL_KINDS) <= set(code_spans(tree / "docs/operators.md"))


def test_every_config_key_in_a_page_exists(page):
    named = [tuple(span.split(".")) for span in code_spans(page) if _DOTTED_KEY.fullmatch(span)]
    written = [path for values in config_snippets(page) for path in key_paths(values)]
    assert {path for path in named + written if path not in _KEYS} == set()


def test_the_first_config_of_the_readme_is_whole(tree, tmp_path):
    (snippet,) = list(config_snippets(tree / "README.md"))
    path = tmp_path / "spacecast.yaml"
    path.write_text(yaml.safe_dump(snippet))
    config = load(path, check_machine=False)
    assert config.metadata.quiet == 5.0, "the README says so"


def test_every_make_target_in_a_page_exists(page, tree):
    targets = set(re.findall(r"^([a-z]+):", (tree / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join([*code_spans(page), *blocks(page, "sh"), *blocks(page, "console")])
    assert set(re.findall(r"^(?:\$ )?make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_the_readme_begins_with_the_two_commands(tree):
    first_screen = "\n".join((tree / "README.md").read_text().splitlines()[:FIRST_SCREEN_LINES])
    assert re.search(r"^\$ make demo\b", first_screen, re.MULTILINE)
    assert re.search(r"^\$ make test\b", first_screen, re.MULTILINE)


def test_the_readme_explains_every_state_that_a_command_can_lead_to(tree):
    explained = {row[0].strip("`") for row in table_rows(tree / "README.md")}
    assert {state.value for state in State} <= explained


def test_every_message_that_a_symptom_quotes_is_said_somewhere(tree):
    source = "\n".join(path.read_text() for path in sorted((tree / "daemon").rglob("*.py")))
    # Literals over several lines are one text; what is filled in stands as … in the pages.
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    rows = [row for name in ("README.md", "docs/operators.md") for row in table_rows(tree / name)]
    quoted = [text for row in rows for text in re.findall(r'"([^"]+)"', row[0])]
    pieces = {piece.strip(" ,:") for text in quoted for piece in text.split("…")} - {""}
    assert len(pieces) > 20
    assert {piece for piece in pieces if piece not in source} == set()


def test_every_decision_has_its_four_parts_and_is_listed(tree):
    folder = tree / "docs" / "decisions"
    decisions = sorted(folder.glob("0*.md"))
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        title, *parts = headings(page)
        assert title.startswith(f"{int(page.name[:4])}. "), page.name
        assert parts == ["Status", "Context", "Decision", "Consequences"], page.name
    assert links(folder / "README.md") == [page.name for page in decisions]


@pytest.mark.parametrize("name", ["README.md", "docs/operators.md", "docs/scientists.md", "docs/developers.md"])
def test_no_line_of_prose_is_longer_than_a_screen_is_wide(tree, name):
    lines = (tree / name).read_text().splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
