"""A mail server and an SMS gateway that keep what they are given, and an application that sends by them."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask
from sqlalchemy import inspect

from app import create_app
from common import messages
from config import settings
from models import Account, Delivery, Message, Way, db, exclusive, now
from tests import factories
from tests.machine.processes import PATIENCE, Server, free_port
from tests.machine.secrets import environment
from tests.workflow.conftest import cheap_passwords
from worker import delivery, heartbeats, outbox

__all__ = ["cheap_passwords"]

Start = Callable[[], Server]
PHONE, EMAIL = "13847710000", "wang@example.com"


class MailSink:
    """`answers` are given to the next receivers in their order, "250 OK" once they are used up."""

    def __init__(self, **given: Any) -> None:
        self.received: list[EmailMessage] = []
        self.answers: list[str] = []
        self._controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), ready_timeout=PATIENCE, **given
        )
        self._controller.start()
        self.port = self._controller.port

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"

    def stop(self) -> None:
        self._controller.stop()


class Gateway:
    """`answers` are (status, text), in their order; 200 "OK" once they are used up. `before` is called with each request."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: list[tuple[int, str]] = []
        self.before: Callable[[], None] = lambda: None
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                gateway.received.append({"path": self.path, "headers": self.headers, "body": body})
                gateway.before()
                status, text = gateway.answers.pop(0) if gateway.answers else (200, "OK")
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_given: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/send"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def texts(self) -> list[str]:
        return [json.loads(each["body"])["text"] for each in self.received]

    def keys(self) -> list[str]:
        return [each["headers"]["Idempotency-Key"] for each in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def mail() -> Iterator[MailSink]:
    sink = MailSink()
    yield sink
    sink.stop()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()

    def answers() -> bool:
        with suppress(redis.ConnectionError):
            return bool(redis.Redis(port=port).ping())
        return False

    command = f"redis-server --port {port} --bind 127.0.0.1 --save --appendonly no".split()
    server = Server(command, tmp_path_factory.mktemp("redis") / "log", answers)
    yield f"redis://127.0.0.1:{port}/0"
    server.stop()


@pytest.fixture
def sending(mail: MailSink, gateway: Gateway) -> dict[str, str]:
    """What opens both ways."""
    return {
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
        "MAIL_FROM": "人才公共服务大厅 <talent@ordos.example>",
        "SMS_URL": gateway.url,
        "SITE_URL": "https://talent.ordos.example/",
    }


@pytest.fixture
def house(database_url: str, tmp_path: Path, sending: dict[str, str]) -> Iterator[Flask]:
    """The application with both ways open, its context pushed. On every kind of database."""
    app = create_app(
        {**settings(environment(tmp_path / "instance", database_url, **sending)), "TESTING": True}
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def start(house: Flask, database_url: str, tmp_path: Path, sending: dict[str, str]) -> Iterator[Start]:
    """Start a worker on the same database, which answers once it has looked after the outbox."""
    workers: list[Server] = []

    def begin() -> Server:
        since = now()

        def beats() -> bool:
            beat = last_look()
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


def last_look() -> datetime | None:
    """When a worker has last begun to look by itself for what a lost wake-up has left, as each does every minute."""
    beat = heartbeats.last(heartbeats.WORKER)
    db.session.rollback()  # SQLite lets nobody write who has read what a worker has changed since
    return beat


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`later(5)`: five more minutes have gone by."""
    passed = [timedelta()]
    monkeypatch.setattr(delivery, "now", lambda: now() + passed[0])

    def pass_by(minutes: float) -> None:
        passed[0] += timedelta(minutes=minutes, seconds=0.5)

    return pass_by


def person(**further: Any) -> Account:
    account = factories.applicant()
    for name, value in ({"phone": PHONE, "email": EMAIL, "wants_mail": True} | further).items():
        setattr(account, name, value)
    return factories.saved(account)


def told(account: Account, code: str = "204518", urgent: bool = False) -> Message:
    """A message to one person, as the event would write it."""
    with exclusive():
        return messages.write_message(account, "password_reset", {"code": code}, urgent)


def state_of(message: Message) -> dict[Way, tuple[str, int, str]]:
    """What became of a message: by way its state, attempts and error."""
    db.session.rollback()
    rows = db.session.query(Delivery).filter_by(message_id=inspect(message).identity[0]).populate_existing()
    return {row.way: (row.state.value, row.attempts, row.error) for row in rows}


def send_all() -> None:
    outbox.process_due()


def until(question: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for it. Raises AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not (found := question()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found
