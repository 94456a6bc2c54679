"""The site as it runs on deadline day: one host, or two behind the nginx of deploy/ with Redis and S3. All on this machine."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.servers import SampleDatabase, Site, site_with_worker
from tests.machine.processes import Server, free_port
from tests.machine.s3 import S3Server
from tests.machine.test_deploy import DEPLOY, written

UNLIMITED = {"TALENT_RATE_LIMITS": "no"}
"""All the clients have one address."""


@contextmanager
def one_host(sample: SampleDatabase) -> Iterator[tuple[str, dict[str, str]]]:
    """Start the site of a build with its worker. Yields its address and its environment."""
    with site_with_worker(sample, UNLIMITED) as site:
        yield f"http://127.0.0.1:{site.port}", {**sample.environment, **UNLIMITED}


@contextmanager
def two_hosts(sample: SampleDatabase) -> Iterator[tuple[str, dict[str, str]]]:
    """Start two hosts that share PostgreSQL, Redis and S3, and nginx before them."""
    home = Path(tempfile.mkdtemp(prefix="deadline-day-"))
    home.chmod(0o755)
    with ExitStack() as running:
        running.callback(shutil.rmtree, home, ignore_errors=True)
        s3 = S3Server()
        running.callback(s3.stop)
        port = free_port()
        _server(
            running,
            home,
            "redis",
            f"redis-server --save --appendonly no --bind 127.0.0.1 --port {port}",
            port,
        )
        shared = {
            **sample.environment, **UNLIMITED,
            **{f"TALENT_{name}": value for name, value in s3.variables(s3.url()).items()},
            **{f"TALENT_{name}": value for name, value in sample.keys().items()},
            "TALENT_REDIS_URL": f"redis://127.0.0.1:{port}/0", "TALENT_PROXIES": "1",
        }  # fmt: skip
        sites = []
        for name in ("first", "second"):
            (home / name).mkdir()
            own = {**shared, "TALENT_INSTANCE": str(home / name), "TALENT_WORKER": "beside"}
            sites.append(Site("app:create_app()", "/healthz", own))
            running.callback(sites[-1].stop)
        upstream = re.sub(r"# (server 10\.)", r"\1", (DEPLOY / "nginx/upstream.conf").read_text())
        first, second = (f"127.0.0.1:{each.port}" for each in sites)
        front = free_port()
        made = written(
            home / "nginx", upstream, {"127.0.0.1:5000": first, "10.0.0.12:5000": second}, free_port(), front
        )
        _without_tls(home / "nginx" / "talent.conf", front)
        _server(running, home, "nginx", f"/usr/sbin/nginx -c {made}", front)
        yield f"http://127.0.0.1:{front}", {**shared, "TALENT_INSTANCE": str(home / "first")}


def _without_tls(configuration: Path, port: int) -> None:
    """Take out what costs the clients, not the hosts: TLS, and the limits of one address, from which all of them come here."""
    text = configuration.read_text()
    text = re.sub(r"server \{\s*listen 127\.0\.0\.1:\d+ ssl default_server;.*?\n\}\n", "", text, flags=re.S)
    text = text.replace(f"listen 127.0.0.1:{port} ssl http2;", f"listen 127.0.0.1:{port};")
    text = re.sub(r" *(ssl_|limit_conn |limit_req )[^;]*;.*\n", "", text)
    configuration.write_text(text.replace("server_name rc.example.cn", "server_name 127.0.0.1"))


def _server(running: ExitStack, home: Path, name: str, command: str, port: int) -> Server:
    def answers() -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return True
        return False

    server = Server(command.split(), home / f"{name}.log", answers)
    running.callback(server.stop)
    return server
