"""The dashboard and the alert rules ask for metrics that there are, with labels and values that they have."""

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from spacecast.ledger import State
from spacecast.publish.observing import OUTCOMES, REQUEST_OUTCOMES
from support.tree import TREE

# Made by Prometheus itself when it collects.
ITS_OWN_LABELS = {"job", "instance", "le"}
ITS_OWN_METRICS = {"up": set()}
VALUES = {
    "state": {state.value for state in State},
    "outcome": {*OUTCOMES, *REQUEST_OUTCOMES},
    "situation": {"due", "later", "working", "waiting"},
    "lane": {"link", "bulk"},
}
_METRIC = re.compile(r"\b(up|(?:spacecast|process)_\w+)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_BY = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")


def expressions():
    rules = yaml.safe_load((TREE / "config/monitoring/alerts.yaml").read_text())
    for group in rules["groups"]:
        yield from (pytest.param(rule["expr"], id=rule["alert"]) for rule in group["rules"])
    board = json.loads((TREE / "config/monitoring/dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")


@pytest.fixture(scope="module")
def metrics(running):
    """Give the labels of every metric that the daemon tells, histograms by their parts."""
    _, asker = running
    found = dict(ITS_OWN_METRICS)
    for family in text_string_to_metric_families(asker.ask("/metrics").text):
        # What has no value yet has its name all the same.
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    # No token in the tests has an end.
    found["spacecast_token_expiry_timestamp_seconds"] = {"service"}
    found["spacecast_certificate_expiry_timestamp_seconds"] = {"service"}
    return found


@pytest.mark.parametrize("expression", list(expressions()))
def test_an_expression_names_what_there_is(expression, metrics):
    asked = _METRIC.findall(expression)
    assert asked
    known = set().union(ITS_OWN_LABELS, *(metrics.get(name, set()) for name, _ in asked))
    for name, selector in asked:
        assert name in metrics
        for label, comparison, value in _MATCHER.findall(selector):
            assert label in metrics[name] | ITS_OWN_LABELS, f"{label} of {name}"
            if label in VALUES:
                values = value.split("|") if comparison in ("=~", "!~") else [value]
                assert set(values) <= VALUES[label]
    for labels in _BY.findall(expression):
        assert {label.strip() for label in labels.split(",")} <= known


def test_parentheses_and_braces_are_closed():
    for expression in expressions():
        (text,) = expression.values
        for opening, closing in ("()", "{}", "[]"):
            assert text.count(opening) == text.count(closing), text


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    rules = yaml.safe_load((TREE / "config/monitoring/alerts.yaml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_every_metric_of_ours_is_told_to_operators(metrics):
    told = (TREE / "docs/operators.md").read_text()
    ours = {
        re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in metrics if name.startswith("spacecast_")
    }
    assert {name for name in ours if name not in told} == set()


def test_panels_do_not_overlap_and_have_titles():
    panels = json.loads((TREE / "config/monitoring/dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
