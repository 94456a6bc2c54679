"""Two application hosts behind the nginx of deploy/, with one PostgreSQL, Redis and S3 between them, as docs/production.md has them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app import create_app
from config import ROOT, settings
from tests.machine.processes import START_SECONDS, Server, free_port
from tests.machine.test_deploy import DEPLOY, HOST, let_nginx_reach, written
from tests.personal.wire import PATIENCE, Answer, Visitor

NOT_VERIFIED = ssl.create_default_context()
NOT_VERIFIED.check_hostname, NOT_VERIFIED.verify_mode = False, ssl.CERT_NONE


class ApplicationHost:
    """gunicorn and a worker on a folder of their own. Hosts share nothing but the servers that `variables` name."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        home.mkdir()
        self.port = free_port()
        environment = {**variables, "TALENT_INSTANCE": str(home / "instance"), "PORT": str(self.port)}
        commands = {"site": "gunicorn app:create_app()", "worker": "flask --app app worker"}
        self.site, self.worker = (
            Server(
                [sys.executable, "-m", *command.split()],
                home / f"{name}.log",
                self._answers if name == "site" else lambda: True,
                environment=environment,
            )
            for name, command in commands.items()
        )

    def kill(self) -> None:
        """End all its processes at once, as a power failure does."""
        self.site.process.send_signal(signal.SIGSTOP)  # otherwise it would replace its workers
        children = Path(f"/proc/{self.site.process.pid}/task/{self.site.process.pid}/children").read_text()
        for pid in (*map(int, children.split()), self.site.process.pid, self.worker.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.site.process.wait()
        self.worker.process.wait()

    def stop(self) -> None:
        for each in (self.site, self.worker):
            each.stop()

    def _answers(self) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=START_SECONDS).close()
            return True
        return False


class TwoHosts:
    """The whole. `app` is an application in this process on the same servers, for factories and assertions."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.variables = {**variables, "TALENT_HTTPS": "yes", "TALENT_PROXIES": "1"}
        own = {**self.variables, "TALENT_INSTANCE": str(home / "prepared")}
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "prepare"],
            cwd=ROOT, check=True, capture_output=True, env={**os.environ, **own},
        )  # fmt: skip
        self.app = create_app(settings(own))
        self.hosts = [ApplicationHost(home / name, self.variables) for name in ("first", "second")]
        self.plain, self.port = free_port(), free_port()
        self.nginx = self._nginx(home / "nginx" / "conf")

    def _nginx(self, folder: Path) -> Server:
        """Start nginx with the configuration of deploy/, whose second host is commented out there."""
        folder.parent.mkdir()
        let_nginx_reach(folder)
        upstream = (DEPLOY / "nginx/upstream.conf").read_text()
        upstream = re.sub(r"# (server 10\.)", r"\1", upstream)
        first, second = (f"127.0.0.1:{each.port}" for each in self.hosts)
        made = written(
            folder, upstream, {"127.0.0.1:5000": first, "10.0.0.12:5000": second}, self.plain, self.port
        )
        command = ["/usr/sbin/nginx", "-c", str(made)]
        return Server(command, folder / "log", self._answers)

    def _answers(self) -> bool:
        with suppress(OSError):
            return Client(self).get("/healthz").status == 200
        return False

    def log_text(self) -> str:
        return "".join(one.log_text(100_000) for each in self.hosts for one in (each.site, each.worker))

    def stop(self) -> None:
        self.nginx.stop()
        for each in self.hosts:
            each.stop()


class Client(Visitor):
    """Somebody at the site by https. Each request has a connection of its own, hence any of the hosts."""

    def __init__(self, site: TwoHosts) -> None:
        self.port = site.port
        self.cookies = {}

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=NOT_VERIFIED, timeout=PATIENCE
        )
        browser = {"Host": HOST, "Referer": f"https://{HOST}/", "Sec-Fetch-Site": "same-origin"}
        given = {**browser, "Cookie": self.cookie, **(headers or {})}
        try:
            connection.request(method, path, body, given)
            return self._taken(connection.getresponse())
        finally:
            connection.close()
