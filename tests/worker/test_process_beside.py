"""`make run` has the worker beside the site: begun anew when it dies, gone when the site ends, however that ends."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.machine.databases import Databases
from tests.machine.processes import START_SECONDS, Server, free_port
from tests.machine.secrets import environment
from tests.worker.deliveries import wait_until

COMMAND = [sys.executable, "-m", "gunicorn", "app:create_app()"]


@pytest.fixture
def start(databases: Databases, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    url, sites = databases.fresh("sqlite"), []

    def begin() -> Server:
        port = free_port()
        variables = environment(tmp_path / "instance", url, WORKER="beside")

        def answers() -> bool:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=START_SECONDS).close()
                return True
            return False

        more = {"PORT": str(port), "WEB_CONCURRENCY": "1"}
        sites.append(Server(COMMAND, tmp_path / f"{len(sites)}.log", answers, environment=variables | more))
        return sites[-1]

    yield begin
    for site in sites:
        site.stop()
    databases.drop(url)


def worker_of(site: Server) -> int | None:
    """The worker that this site has started, once it is one."""
    found = subprocess.run(["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    for line in found.splitlines():
        pid, parent, command = line.split(None, 2)
        if int(parent) == site.process.pid and "worker --beside" in command:
            return int(pid)
    return None


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_worker_starts_and_ends_with_the_site(start: Callable[[], Server]) -> None:
    site = start()
    first = wait_until(lambda: worker_of(site))
    os.kill(first, signal.SIGKILL)
    second = wait_until(lambda: worker_of(site) not in (None, first) and worker_of(site))
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(START_SECONDS) == 0
    assert is_gone(second)
    assert "Traceback" not in site.log_text()

    other = start()
    third = wait_until(lambda: worker_of(other))
    wait_until(lambda: Path(f"/proc/{third}/cmdline").exists())
    os.kill(other.process.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(third))
