"""Real workers: woken by the queue, two at once, killed in the middle of a sending, ended by a signal."""

import io
import os
import signal
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from models import Channel, Delivery, DeliveryState, Message, db, exclusive, now
from tests.files import samples as files
from tests.machine.processes import START_SECONDS
from tests.worker.conftest import Start
from tests.worker.deliveries import last_heartbeat, person, state_of, wait_until, write_message
from tests.worker.receivers import Gateway
from uploads import first_look
from uploads.sets import previews, storage

A_LOOK = timedelta(seconds=2)
"""More than it takes when nothing is found."""


def no_heartbeat_during(doing: Callable[[], None]) -> bool:
    """Do it once every look is over, and say whether none has begun since: then it was the queue that woke a worker."""
    wait_until(lambda: (before := last_heartbeat()) and now() - before > A_LOOK)
    before = last_heartbeat()
    doing()
    return last_heartbeat() == before


def test_two_workers_send_each_message_once_and_lose_none_when_killed(
    worker_app: Flask, start: Start, gateway: Gateway
) -> None:
    workers = [start(), start()]
    account = person(email=None)
    messages: list[Message] = []

    def tell() -> None:
        messages.extend(write_message(account, f"{n:06d}") for n in range(20))
        wait_until(lambda: len(gateway.received) >= len(messages))

    assert any(no_heartbeat_during(tell) for _ in range(5)), "the queue wakes no worker"
    wait_until(lambda: all(state_of(each) == {Channel.SMS: ("sent", 1, "")} for each in messages))
    assert len(set(gateway.keys())) == len(gateway.received) == len(messages)

    def kill() -> None:
        for worker in workers:
            os.kill(worker.process.pid, signal.SIGKILL)

    gateway.before = kill
    lost = write_message(account, "777777")
    wait_until(lambda: len(gateway.received) == len(messages) + 1)
    for worker in workers:
        worker.process.wait(START_SECONDS)
    gateway.before = lambda: None
    assert state_of(lost) == {Channel.SMS: ("sending", 1, "")}

    with exclusive():
        claimed = db.session.query(Delivery).filter_by(state=DeliveryState.SENDING).one()
        claimed.next_try = now() - timedelta(seconds=1)  # the lease has run out
    scan = storage().store(io.BytesIO(files.jpg())).name
    with exclusive():
        first_look.draw_later(scan, "jpg")
    third = start()
    wait_until(lambda: previews().get(scan, 1, 900) is not None)
    wait_until(lambda: state_of(lost) == {Channel.SMS: ("sent", 2, "")})
    assert len(gateway.received) == len(messages) + 2
    assert gateway.keys()[-2] == gateway.keys()[-1], "the gateway can tell that it is the same one"
    assert "777777" not in "".join(each.log_text() for each in (*workers, third))

    third.process.send_signal(signal.SIGINT)
    assert third.process.wait(START_SECONDS) == 0
    assert "sent" in third.log_text()
    assert "Traceback" not in third.log_text()
