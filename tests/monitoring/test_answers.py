"""Health, metrics and the page's documents say what is so, without a secret, and never more than a page."""

import time

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support.asking import await_answer, listening
from support.leaks import leaks
from support.world import wait_for

PATHS = ("/", "/healthz", "/metrics", "/api/overview", "/api/datasets", "/api/datasets/1")


def test_a_daemon_that_works_is_healthy(running):
    _, asker = running
    answer = asker.ask("/healthz")
    assert answer.status == 200
    health = asker.json("/healthz")
    assert health["healthy"]
    assert health["reasons"] == []
    assert health["lanes"]["link lane"]["progress"] > 0
    assert health["scans"]["folders"] == 1


def test_metrics_count_datasets_requests_and_times(running):
    _, asker = running
    assert asker.metric("spacecast_datasets", state="ready") == 3
    assert asker.metric("spacecast_datasets", state="blocked") == 1
    assert asker.metric("spacecast_datasets", state="missing") == 0
    # A pass is counted a moment after the dataset's state tells of it.
    done = {"stage": "link", "outcome": "done"}
    wait_for("the passes", lambda: asker.metric("spacecast_stage_outcomes_total", **done) == 3, 30)
    assert asker.metric("spacecast_time_to_link_seconds_count") == 3
    assert asker.metric("spacecast_stage_outcomes_total", stage="link", outcome="retrying") == 0
    assert asker.metric("spacecast_requests_total", service="zone", outcome="ok") > 6
    assert asker.metric("spacecast_service_available", service="panel") == 1
    assert asker.metric("spacecast_lane_workers", lane="link") == 8
    assert asker.metric("spacecast_event_overflows_total") == 0
    first_end = asker.metric("spacecast_invite_expiry_timestamp_seconds")
    assert 89 * 86_400 < first_end - time.time() < 91 * 86_400
    assert asker.metric("process_open_fds") > 0
    wait_for(
        "the certificate to be looked at",
        lambda: asker.metric("spacecast_certificate_expiry_timestamp_seconds", service="zone"),
        30,
    )


def test_metrics_are_in_prometheus_form_and_no_label_comes_from_a_folder(running):
    world, asker = running
    families = list(text_string_to_metric_families(asker.ask("/metrics").text))
    values = {value for family in families for sample in family.samples for value in sample.labels.values()}
    assert not values & {path.name for path in world.root.iterdir()}
    assert not any(str(world.root) in value for value in values)
    assert len(values) < 100
    assert all(family.documentation for family in families)


def test_openmetrics_is_given_to_who_asks_for_it(running):
    _, asker = running
    answer = asker.ask("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert answer.getheader("Content-Type").startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_a_page_of_datasets_leads_to_the_next_one(running):
    _, asker = running
    first = asker.json("/api/datasets?most=3")
    rest = asker.json(f"/api/datasets?most=3&before={first['next']}")
    assert first["total"] == rest["total"] == 4
    assert rest["next"] is None
    numbers = [dataset["id"] for page in (first, rest) for dataset in page["datasets"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 4


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=blocked", ["---"]),
        ("search=SEC", ["second"]),
        ("search=datasets+fir", ["first"]),
        ("search=%25", []),
        ("state=live", []),
    ],
)
def test_datasets_are_selected_by_state_and_words(running, query, names):
    _, asker = running
    assert [one["name"] for one in asker.json(f"/api/datasets?{query}")["datasets"]] == names


def test_a_dataset_tells_its_link_its_stages_and_its_history(running):
    world, asker = running
    (found,) = asker.json("/api/datasets?search=first")["datasets"]
    assert found["link"] == world.block("first")["PublicURL"]
    assert [(stage["name"], stage["condition"]) for stage in found["stages"]] == [("link", "done"), ("import", "done")]
    steps = {event["step"] for event in asker.json(f"/api/datasets/{found['id']}")["events"]}
    assert {"space", "share", "write-back"} <= steps


def test_a_blocked_dataset_says_why_and_what_to_do(running):
    _, asker = running
    (found,) = asker.json("/api/datasets?state=blocked")["datasets"]
    assert "Rename" in found["reason"]


def test_names_come_without_what_a_terminal_or_browser_obeys(running):
    _, asker = running
    (found,) = asker.json("/api/datasets?search=onerror")["datasets"]
    assert found["name"] == r"<img src=x onerror=alert(1)>\u202egnp"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/datasets/999", 404),
        ("/api/datasets/x", 400),
        ("/api/datasets?state=odd", 400),
        ("/api/datasets?before=-1", 400),
        ("/nothing", 404),
        ("/../etc/passwd", 404),
    ],
)
def test_what_is_not_there_is_said_so(running, target, status):
    _, asker = running
    assert asker.ask(target).status == status


def test_no_secret_is_told_anywhere(running):
    world, asker = running
    tokens = {
        f"invite token of {name}": yaml.safe_load((world.root / name / "SPA.yml").read_text())["Onedata"]["InviteToken"]
        for name in ("first", "second")
    }
    places = [(path, asker.ask(path).text.encode()) for path in (*PATHS, "/api/datasets/2", "/api/datasets?most=100")]
    assert leaks(places, {"access token": world.onedata.token, **tokens}) == []


def test_a_service_that_is_down_shows_and_what_waits_for_it(world):
    asker = listening(world)
    with world.engine():
        await_answer(asker)
        world.onedata.faults.add(FaultRule(Status(503), service="zone", times=None))
        for name in ("one", "two"):
            world.drop(name)
            world.await_state(name, State.RETRYING)
        assert asker.metric("spacecast_service_available", service="zone") == 0
        overview = asker.json("/api/overview")
        (down,) = [service for service in overview["services"] if not service["available"]]
        assert down["name"] == "Onezone"
        assert "is not answering since" in down["reason"]
        assert overview["common_reasons"] == [{"reason": down["reason"], "datasets": 2}]
        assert asker.ask("/healthz").status == 200, "the daemon itself is well"
        wait_for(
            "both to wait", lambda: asker.metric("spacecast_lane_tasks", lane="link", situation="waiting") == 2, 30
        )
        assert asker.metric("spacecast_requests_total", service="zone", outcome="failed") > 0
        world.onedata.faults.clear()
        for name in ("one", "two"):
            world.await_state(name, State.READY)
        assert asker.metric("spacecast_service_available", service="zone") == 1


def test_a_pause_shows(running):
    world, asker = running
    assert world.typed("pause", "first").exit_code == 0
    (found,) = asker.json("/api/datasets?search=first")["datasets"]
    assert found["paused"]
    assert found["reason"] == "paused"
    assert asker.json("/api/overview")["paused_since"] is None
    assert asker.metric("spacecast_paused") == 0
    wait_for("its count", lambda: asker.metric("spacecast_paused_datasets") == 1, 30)
    assert world.typed("resume", "first").exit_code == 0
    assert world.typed("pause").exit_code == 0
    assert asker.json("/api/overview")["paused_since"]
    assert asker.metric("spacecast_paused") == 1
    assert world.typed("resume").exit_code == 0
    assert asker.metric("spacecast_paused") == 0


def test_nothing_listens_unless_it_is_asked_for(world):
    with world.engine():
        world.drop("quiet")
        world.await_state("quiet", State.READY)
    assert '"event": "monitoring' not in world.log_file.read_text()
