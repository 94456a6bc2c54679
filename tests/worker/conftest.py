"""An application that sends by the test's own mail server and gateway, and real workers on its database."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from common import jobs
from config import settings
from models import db, now
from tests.machine.processes import Server
from tests.machine.secrets import environment
from tests.worker.deliveries import last_heartbeat
from worker import delivery

Start = Callable[[], Server]


@pytest.fixture
def worker_app(database_url: str, tmp_path: Path, sending: dict[str, str]) -> Iterator[Flask]:
    """The application with both channels open, its context pushed. On every kind of database."""
    app = create_app(
        {**settings(environment(tmp_path / "instance", database_url, **sending)), "TESTING": True}
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def start(worker_app: Flask, database_url: str, tmp_path: Path, sending: dict[str, str]) -> Iterator[Start]:
    """Start a worker on the same database, which answers once it has looked after the outbox."""
    workers: list[Server] = []

    def begin() -> Server:
        since = now()

        def beats() -> bool:
            beat = last_heartbeat()
            return beat is not None and beat > since

        workers.append(
            Server(
                [sys.executable, "-m", "flask", "--app", "app", "worker"],
                tmp_path / f"worker{len(workers)}.log",
                beats,
                environment=environment(tmp_path / "instance", database_url, **sending),
            )
        )
        return workers[-1]

    yield begin
    for worker in workers:
        worker.stop()


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`advance_clock(5)`: five more minutes have gone by."""
    passed, database_time = [timedelta()], jobs.database_time
    monkeypatch.setattr(delivery, "now", lambda: now() + passed[0])
    monkeypatch.setattr(jobs, "database_time", lambda after=timedelta(): database_time(after + passed[0]))

    def pass_by(minutes: float) -> None:
        passed[0] += timedelta(minutes=minutes, seconds=0.5)

    return pass_by
