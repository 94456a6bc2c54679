"""The measured servers: PostgreSQL with sample data of each size, and the two sites, run as in production."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy as copy_of
from pathlib import Path

import psycopg
from flask import Flask

from app import create_app
from config import ROOT, settings
from models import db
from tests.machine.processes import Server, free_port

HOME = ROOT / "build" / "bench"
WORKERS = 2
SETTINGS = (
    "shared_buffers=1GB", "effective_cache_size=4GB", "work_mem=16MB", "maintenance_work_mem=512MB",
    "max_wal_size=8GB", "random_page_cost=1.1",
)  # fmt: skip
"""Settings for a million rows on a solid-state disk; commits are durable."""


PAPERS = (
    "INSERT INTO attachments (application_id, material_id, display_name, extension, content_type, size, sha256,"
    " storage_name, uploaded_at, submitted_round)"
    " SELECT a.id, m.id, '材料.jpg', 'jpg', 'image/jpeg', 400000, encode(sha256(each.key::bytea), 'hex'),"
    " md5(each.key) || '.jpg', a.submitted_at, 1"
    " FROM applications a, materials m, LATERAL (SELECT a.id || '-' || m.id AS key) each"
    " WHERE a.submitted_at IS NOT NULL AND m.required"
    " AND NOT EXISTS (SELECT FROM attachments WHERE application_id = a.id)"
)
"""Gives each submitted application a file of its own for each required material: the rows alone. Without them PostgreSQL expects
of all applications what it finds with the few that have files."""

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A start that compiles every changed module again is not the start that an office sees."""


class Postgres:
    """A server with its data in build/bench/postgresql, reused by the next run."""

    def __init__(self) -> None:
        self._programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self._user = "postgres" if os.geteuid() == 0 else None
        self.home = HOME / "postgresql"
        if not (self.home / "data").exists():
            self._begin()
        self.port = free_port()
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        self._server = Server(
            [str(self._programs / "postgres"), "-D", str(self.home / "data"), "-k", str(self.home),
             "-p", str(self.port), "-h", "127.0.0.1", *options],
            HOME / "postgresql.log",
            self._answers,
            user=self._user,
            end_by=signal.SIGINT,
        )  # fmt: skip

    def _begin(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        rights: list[str] = []
        if self._user:
            shutil.chown(self.home, self._user, self._user)
            rights = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        subprocess.run(
            [*rights, str(self._programs / "initdb"),
             *f"-D {self.home / 'data'} -U app -A trust -E UTF8 --locale=C.UTF-8 --no-sync".split()],
            cwd="/", check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def address(self, name: str) -> str:
        return f"postgresql://app@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        self._server.stop()


class SampleDatabase:
    """A database with sample data of one size. Created once, migrated before each run. `folder`: the build that fills it."""

    def __init__(self, postgres: Postgres, size: int, folder: Path = ROOT) -> None:
        self.size = size
        self.folder = folder
        self.name = f"bench_{size}" if folder == ROOT else f"bench_{size}_{folder.name}"
        self.address = postgres.address(self.name)
        self.instance = HOME / self.name.removeprefix("bench_")
        self.environment = {"TALENT_INSTANCE": str(self.instance), "TALENT_DATABASE_URL": self.address}
        self._server = postgres.address("postgres")
        with psycopg.connect(self._server, autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone():
                server.execute(f"CREATE DATABASE {self.name}")
        self._flask("prepare", stdout=subprocess.DEVNULL)
        with self.connected() as database:
            if not database.execute("SELECT 1 FROM applications LIMIT 1").fetchone():
                quickly = "?options=-csession_replication_role%3Dreplica%20-csynchronous_commit%3Doff"
                self._flask(
                    "sample-data", "--applications", str(size), TALENT_DATABASE_URL=self.address + quickly
                )
                database.execute(PAPERS)

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.address, autocommit=True) as connection:
            yield connection

    @contextmanager
    def site(self) -> Iterator[Flask]:
        """The site's application on this database, for encrypted values and for the procedure."""
        app = create_app(settings({**os.environ, **self.environment}))
        yield app
        with app.app_context():
            db.engine.dispose()

    def account(self, role: str, region: str = "") -> dict[str, str]:
        return self.accounts(role, region)[0]

    def accounts(self, role: str, region: str = "") -> list[dict[str, str]]:
        accounts = json.loads((self.instance / "sample-accounts.json").read_text())
        return [one for one in accounts if one["role"] == role and region in one["region"]]

    def add_people(self, count: int, password: str) -> list[str]:
        """Add applicants with this password by the build's own code; return their logins."""
        done = subprocess.run(
            [_python(self.folder), "-", str(count), password],
            input=(ROOT / "bench" / "people.py").read_bytes(), cwd=self.folder, check=True,
            stdout=subprocess.PIPE, env={**ENVIRONMENT, **self.environment},
        )  # fmt: skip
        found: list[str] = json.loads(done.stdout)
        return found

    @contextmanager
    def copied(self) -> Iterator[SampleDatabase]:
        """A copy of the database with an empty folder for files; both are deleted afterwards. Nobody may be connected."""
        copy = copy_of(self)
        copy.name = f"{self.name}_copy"
        copy.address = self.address.replace(self.name, copy.name)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            copy.instance = Path(folder)
            for file in self.instance.glob("*.json"):
                shutil.copy(file, folder)
            copy.environment = {"TALENT_INSTANCE": folder, "TALENT_DATABASE_URL": copy.address}
            with psycopg.connect(self._server, autocommit=True) as server:
                server.execute(f"DROP DATABASE IF EXISTS {copy.name}")
                server.execute(f"CREATE DATABASE {copy.name} TEMPLATE {self.name}")
                try:
                    yield copy
                finally:
                    server.execute(f"DROP DATABASE {copy.name} (FORCE)")

    def keys(self) -> dict[str, str]:
        return json.loads((self.instance / "development-keys.json").read_text())

    def _flask(self, *arguments: str, stdout: int | None = None, **more: str) -> None:
        subprocess.run(
            [_python(self.folder), "-m", "flask", "--app", "app", *arguments],
            cwd=self.folder, check=True, stdout=stdout, env={**ENVIRONMENT, **self.environment, **more},
        )  # fmt: skip


@contextmanager
def one_sample(size: int | None = None) -> Iterator[tuple[Postgres, SampleDatabase]]:
    """Yield a server with the sample of one size, for measuring one subject alone. `size`: the first of SIZES by default."""
    HOME.mkdir(parents=True, exist_ok=True)
    postgres = Postgres()
    try:
        yield postgres, SampleDatabase(postgres, size or int(os.environ.get("SIZES", "10000").split(",")[0]))
    finally:
        postgres.stop()


def _python(folder: Path) -> str:
    return sys.executable if folder == ROOT else str(folder / ".venv" / "bin" / "python")


class Site:
    """One of the two under gunicorn, with the settings of gunicorn.conf.py; `seconds` until its first answer."""

    def __init__(
        self, application: str, alive: str, environment: dict[str, str], folder: Path = ROOT
    ) -> None:
        self.port = free_port()
        begun = time.monotonic()
        self._alive = f"http://127.0.0.1:{self.port}{alive}"
        self._process = subprocess.Popen(
            [_python(folder), "-m", "gunicorn", application],
            cwd=folder, stdout=subprocess.DEVNULL,
            env={**ENVIRONMENT, **environment, "PORT": str(self.port), "WEB_CONCURRENCY": str(WORKERS)},
        )  # fmt: skip
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"{application} ended with {self._process.returncode}")
            time.sleep(0.005)
        self.seconds = time.monotonic() - begun

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self._alive, timeout=30).close()  # noqa: S310 - our own
        except OSError:
            return False
        return True

    def memory(self) -> list[tuple[float, float]]:
        """Return PSS and RSS of each worker in MiB."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        found = []
        for child in children:
            lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
            found.append((sizes["Pss"], sizes["Rss"]))
        return found

    def cpu_seconds(self) -> float:
        """Return the CPU time that all threads of the workers have used, which says more than a clock on a busy machine."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        threads = [task for child in children for task in Path(f"/proc/{child}/task").iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads) / 1e9

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def site_with_worker(sample: SampleDatabase, environment: dict[str, str]) -> Iterator[Site]:
    """The site of a build with its worker."""
    site = Site(
        "app:create_app()",
        "/healthz",
        {**sample.environment, **environment, "TALENT_WORKER": "beside"},
        sample.folder,
    )
    try:
        yield site
    finally:
        site.stop()
