"""Every line that the daemon may write is in the log reference, and nothing else is."""

import ast

from spacecast.log_events import EVENTS

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
# The embedded services are no part of the daemon, and log by themselves.
OTHERS = ("sandbox",)


def is_log_call(node):
    """Say whether this is `log.info(…)`, or the same with a logger that `log.bind` gave."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id == "say"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in LEVELS:
        return False
    base = ast.unparse(node.func.value)
    return base in ("log", "say") or "_tell(" in base


def said(tree):
    """Give every log call of the daemon with its place."""
    rooms = tree / "daemon/spacecast"
    for path in sorted(rooms.rglob("*.py")):
        if path.relative_to(rooms).parts[0] not in OTHERS and "get_logger()" in (text := path.read_text()):
            for node in filter(is_log_call, ast.walk(ast.parse(text))):
                yield node, f"{path.relative_to(tree)}:{node.lineno}"


def test_every_line_is_a_constant_that_is_documented(tree):
    told = {}
    for node, place in said(tree):
        assert isinstance(node.args[0], ast.Constant), f"{place}: put what varies into a key"
        told[node.args[0].value] = place
    unknown = {event: place for event, place in told.items() if event not in EVENTS}
    assert unknown == {}, "add them to spacecast/log_events.py, then python -m spacecast.config.generate"
    assert set(EVENTS) - set(told) == set(), "nobody says these any more"


def test_lines_about_datasets_use_the_keys_that_all_have(tree):
    for node, place in said(tree):
        names = {keyword.arg for keyword in node.keywords}
        assert not names & {"name", "error", "message", "duration", "path", "note", "next_try_seconds"}, place
