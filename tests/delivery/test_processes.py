"""Real workers: woken by the queue, two at once, killed in the middle of a sending, ended by a signal."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Delivery, DeliveryState, Way, db, exclusive, now
from tests.delivery.conftest import Gateway, person, state_of, told, until
from tests.machine.processes import Server
from tests.machine.secrets import environment
from workflow import heartbeats

Start = Callable[[], Server]


@pytest.fixture
def start(house: Flask, database_url: str, tmp_path: Path, sending: dict[str, str]) -> Iterator[Start]:
    """Start a worker on the same database, which answers once it has looked after the outbox."""
    workers: list[Server] = []

    def begin() -> Server:
        since = now()

        def beats() -> bool:
            beat = heartbeats.last(heartbeats.WORKER)
            db.session.rollback()  # SQLite lets nobody write who has read what a worker has changed since
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


def test_two_workers_send_each_message_once_at_once_and_none_is_lost_when_they_are_killed(
    house: Flask, start: Start, gateway: Gateway
) -> None:
    workers = [start(), start()]
    account = person(email=None)
    messages = [told(account, f"{n:06d}") for n in range(20)]
    until(lambda: len(gateway.received) >= 20, 15)  # by the queue: they look by themselves once a minute
    until(lambda: all(state_of(each) == {Way.SMS: ("sent", 1, "")} for each in messages))
    assert len(set(gateway.keys())) == len(gateway.received) == 20

    def kill() -> None:
        for worker in workers:
            os.kill(worker.process.pid, signal.SIGKILL)

    gateway.before = kill
    lost = told(account, "777777")
    until(lambda: len(gateway.received) == 21)
    for worker in workers:
        worker.process.wait(10)
    gateway.before = lambda: None
    assert state_of(lost) == {Way.SMS: ("sending", 1, "")}

    with exclusive():
        claimed = db.session.query(Delivery).filter_by(state=DeliveryState.SENDING).one()
        claimed.next_try = now() - timedelta(seconds=1)  # the lease has run out
    third = start()
    until(lambda: state_of(lost) == {Way.SMS: ("sent", 2, "")})
    assert len(gateway.received) == 22
    assert gateway.keys()[20] == gateway.keys()[21], "the gateway can tell that it is the same one"
    assert "777777" not in "".join(each.log_text() for each in (*workers, third))

    third.process.send_signal(signal.SIGINT)
    assert third.process.wait(10) == 0
    assert "sent" in third.log_text()
    assert "Traceback" not in third.log_text()
