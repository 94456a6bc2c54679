"""Measurements for Prometheus: requests by their duration, and the state of the operation at the moment of the scrape (S4).

Off unless TALENT_METRICS_TOKEN is set. Each process writes its counts into files of one folder; a scrape adds them up.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operation import state

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

FOLDER = "metrics"
"""In the instance folder; gunicorn.conf.py empties it when the site starts."""

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads it when it is imported."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATEMENTS = (1, 2, 4, 8, 16, 32, 64)


class Requests:
    """The counts of this process's requests, by endpoint and first digit of the status."""

    def __init__(self, instance: str) -> None:
        folder = Path(instance) / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ.setdefault(VARIABLE, str(folder))
        from prometheus_client import CollectorRegistry, Histogram

        registry = CollectorRegistry()
        self._seconds: Histogram = Histogram(
            "talent_request_seconds",
            "Duration of requests",
            ["endpoint", "status"],
            buckets=SECONDS,
            registry=registry,
        )
        self._statements: Histogram = Histogram(
            "talent_request_statements",
            "SQL statements of a request",
            ["endpoint"],
            buckets=STATEMENTS,
            registry=registry,
        )

    def count(self, endpoint: str, status: int, seconds: float, statements: int) -> None:
        """Count one request."""
        self._seconds.labels(endpoint, f"{status // 100}xx").observe(seconds)
        self._statements.labels(endpoint).observe(statements)


def exposition(config: Mapping[str, Any], *, limits_by_fallback: bool) -> bytes:
    """Return all measurements in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Present(config, limits_by_fallback))
    return generate_latest(registry)


class _Present:
    """The state of the operation as gauges."""

    def __init__(self, config: Mapping[str, Any], limits_by_fallback: bool) -> None:
        self._config, self._limits_by_fallback = config, limits_by_fallback

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily

        now = state.current(self._config)
        plain: dict[str, tuple[str, float | None]] = {
            "talent_worker_seen_timestamp_seconds": ("Last heartbeat of the worker", _stamp(now.worker_seen)),
            "talent_database_read_only": ("1 while PostgreSQL takes no writes", int(now.database_read_only)),
            "talent_messages_unsent": ("Messages without deliveries yet", now.unsent_messages),
            "talent_deliveries_failed": ("Mails and SMS that nobody received", now.failed_deliveries),
            "talent_disk_free_bytes": ("Free space beside the files", now.disk.free if now.disk else None),
            "talent_last_sweep_timestamp_seconds": ("Last completed sweep", _stamp(now.last_sweep)),
            "talent_last_backup_timestamp_seconds": (
                "Last backup that succeeded",
                _stamp(now.last_good_backup.at if now.last_good_backup else None),
            ),
            "talent_limits_fallback": ("1 while Redis does not answer", int(self._limits_by_fallback)),
        }
        for name, (text, value) in plain.items():
            if value is not None:
                yield GaugeMetricFamily(name, text, value=value)
        unfinished = GaugeMetricFamily("talent_jobs_unfinished", "Unfinished jobs", labels=["kind"])
        for queue in now.queues:
            unfinished.add_metric([queue.kind], queue.count)
        yield unfinished


def _stamp(at: Any) -> float | None:
    return None if at is None else float(at.timestamp())
