"""Prometheus figures; none names a person, an address or a page with a token in it."""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

REQUESTS = Counter("site_requests_total", "Requests answered.", ["method", "status"])
SECONDS = Histogram(
    "site_request_seconds",
    "Time to answer, by route.",
    ["route"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2.5),
)
CHOICES = Counter("consent_choices_total", "Choices recorded.", ["event", "source"])
FAILURES = Counter(
    "consent_record_failures_total", "Choices whose record was not written.", ["event"]
)
CSP_REPORTS = Counter("csp_reports_total", "Policy violations reported.", ["directive"])

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_children: dict[tuple[str, int], Counter] = {}
_histograms: dict[str, Histogram] = {}


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    method = method if method in _METHODS else "OTHER"
    counter = _children.get((method, status))
    if counter is None:
        counter = _children[method, status] = REQUESTS.labels(method, str(status))
    counter.inc()
    histogram = _histograms.get(route)
    if histogram is None:
        histogram = _histograms[route] = SECONDS.labels(route)
    histogram.observe(seconds)


def render() -> bytes:
    """The exposition text; of all web processes where PROMETHEUS_MULTIPROC_DIR is set."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest()
