"""A mail server, an SMS gateway and a Redis that keep what they are given."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.machine.processes import START_SECONDS, Server, free_port


class MailSink:
    """`answers` are given to the next receivers in their order, "250 OK" once they are used up."""

    def __init__(self, **given: Any) -> None:
        self.received: list[EmailMessage] = []
        self.answers: list[str] = []
        self._controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), ready_timeout=START_SECONDS, **given
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
    """What opens both channels."""
    return {
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
        "MAIL_FROM": "人才公共服务大厅 <talent@ordos.example>",
        "SMS_URL": gateway.url,
        "SITE_URL": "https://talent.ordos.example/",
    }
