"""What is counted while it happens: requests, passes over stages, times to a link. Labels are words of ours only."""

import threading
from collections.abc import Iterable
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from spacecast import __version__
from spacecast.publish.observing import OUTCOMES, REQUEST_OUTCOMES, PassEnded

# A dataset's first link: seconds where all is well, hours where something was in the way.
_LINK_BUCKETS_SECONDS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400)
_PASS_BUCKETS_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)
_REQUEST_BUCKETS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class Figures:
    """Counters and histograms, in a registry of their own; an Observer of passes and requests."""

    def __init__(self, stages: Iterable[str] = (), services: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        threads = Gauge("spacecast_threads", "Threads of the daemon.", registry=self.registry)
        threads.set_function(threading.active_count)
        about = "Always 1; the release is the label."
        version = Gauge("spacecast_build_info", about, ["version"], registry=self.registry)
        version.labels(__version__).set(1)
        self._links = Histogram(
            "spacecast_time_to_link_seconds",
            "From when a dataset was first seen, until its link was in its metadata file.",
            buckets=_LINK_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._passes = Counter(
            "spacecast_stage_outcomes",
            "Passes over a stage of a dataset, by how they ended: done, waiting, retrying, blocked.",
            ["stage", "outcome"],
            registry=self.registry,
        )
        self._pass_seconds = Histogram(
            "spacecast_stage_seconds",
            "How long those passes took.",
            ["stage"],
            buckets=_PASS_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "spacecast_requests",
            "Requests to a service, by outcome: ok, refused (4xx), failed (5xx), no-answer, unclear.",
            ["service", "outcome"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "spacecast_request_seconds",
            "How long requests to a service took.",
            ["service"],
            buckets=_REQUEST_BUCKETS_SECONDS,
            registry=self.registry,
        )

        # What has not happened yet counts as 0, so that its first time is a change.
        for stage, outcome in product(stages, OUTCOMES):
            self._passes.labels(stage, outcome)
        for service, outcome in product(services, REQUEST_OUTCOMES):
            self._requests.labels(service, outcome)

    def pass_ended(self, ended: PassEnded) -> None:
        """Count a pass over a stage, and the time to a first link."""
        self._passes.labels(ended.stage, ended.outcome).inc()
        self._pass_seconds.labels(ended.stage).observe(ended.seconds)
        if ended.first_link_seconds is not None:
            self._links.observe(max(0.0, ended.first_link_seconds))

    def request_ended(self, service: str, outcome: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(service, outcome).inc()
        self._request_seconds.labels(service).observe(seconds)
