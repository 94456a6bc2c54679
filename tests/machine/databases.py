"""A clean database for each test, on SQLite and on PostgreSQL, with the schema that the migrations make.

The migrations run once for each kind; every test gets a copy of what they made, or one that was emptied again.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app
from config import settings
from models import db
from tests.machine.processes import Server, free_port
from tests.machine.secrets import environment
from worker.queue import SCHEMA

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
KINDS = ("sqlite", "postgresql")
LOCK_WITH_A_JOIN = re.compile(r"(?<!OUTER) JOIN .* FOR (NO KEY )?(UPDATE|SHARE)", re.DOTALL)


@event.listens_for(Engine, "before_cursor_execute")
def refuse_lock_with_a_join(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    """Fail the test whose query would not find a row that was exchanged while it waited (`WITHOUT_JOINS`)."""
    assert " FOR " not in statement or not LOCK_WITH_A_JOIN.search(statement), statement


class PostgreSQL:
    """A PostgreSQL server on a free port. It refuses to run as root, so root starts it as the user postgres."""

    def __init__(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not programs:
            raise RuntimeError("PostgreSQL is not installed: tests/machine/install")
        user = "postgres" if os.geteuid() == 0 else None
        self.home = Path(tempfile.mkdtemp(prefix="postgresql-"))
        if user:
            shutil.chown(self.home, user, user)
        rights = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        data = self.home / "data"
        made = subprocess.run(
            [
                *rights,
                programs[-1] / "initdb",
                *f"-D {data} -U app -A trust -E UTF8 --locale=C.UTF-8 --no-sync".split(),
            ],
            cwd="/",
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        self._program, self._user = programs[-1] / "postgres", user
        self.port = free_port()
        self._server = self._start()
        self._connection = psycopg.connect(self.address("postgres"), autocommit=True)

    def _start(self) -> Server:
        return Server(
            [
                str(self._program),
                *f"-D {self.home / 'data'} -k {self.home} -p {self.port} -h 127.0.0.1 -F -N 200".split(),
            ],
            self.home / "log",
            self._answers,
            user=self._user,
            end_by=signal.SIGINT,  # does not wait for those still connected
        )

    def crash(self) -> None:
        """End it as a power failure would: without a farewell to those connected, and without a checkpoint."""
        self._connection.close()
        self._server.process.send_signal(signal.SIGQUIT)
        self._server.process.wait()

    def start_again(self) -> None:
        """Start it on the same port; it recovers by its log."""
        self._server = self._start()
        self._connection = psycopg.connect(self.address("postgres"), autocommit=True)

    def address(self, name: str) -> str:
        return f"postgresql://app@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def emptied(self, name: str) -> bool:
        """Empty the tables of a database, ten times faster than creating one. Returns False when it has unexpected tables."""
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        with psycopg.connect(self.address(name), autocommit=True) as database:
            database.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            tables = [row[0] for row in database.execute(TABLES)]
            if set(tables) != set(db.metadata.tables):
                return False
            filled = " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables
            )
            deletions = [f"DELETE FROM {row[0]}" for row in database.execute(filled)]
            database.execute("SET session_replication_role = replica; " + "; ".join(deletions))
            database.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
        return True

    def stop(self) -> None:
        self._connection.close()
        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


class Databases:
    """Hands out databases; `fresh` is migrated and empty, `bare` has no table yet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._postgresql: PostgreSQL | None = None
        self._fresh: set[str] = set()
        """Migrated databases. Only these are reused: a test may have changed the schema of a bare one."""
        self._emptied: list[str] = []
        self._unused: list[str] = []
        """SQLite's; the same few urls are used again and again (tests/machine/site.py keeps an application for each)."""

    def bare(self, kind: str, options: str = "") -> str:
        name = f"test_{next(self._numbers)}"
        if kind == "sqlite":
            return f"sqlite:///{self._directory / name}.sqlite"
        self._server().run(f"CREATE DATABASE {name} {options}")
        return self._server().address(name)

    def fresh(self, kind: str) -> str:
        template = self._template(kind)
        if kind == "postgresql" and self._emptied:
            return self._emptied.pop()
        if kind == "sqlite":
            url = self._unused.pop() if self._unused else self.bare(kind)
            shutil.copyfile(_file(template), _file(url))
            return url
        name = f"test_{next(self._numbers)}"
        self._server().run(f"CREATE DATABASE {name} TEMPLATE {_name(template)}")
        self._fresh.add(address := self._server().address(name))
        return address

    def drop(self, url: str) -> None:
        if url.startswith("sqlite"):
            for suffix in ("", "-wal", "-shm"):
                Path(f"{_file(url)}{suffix}").unlink(missing_ok=True)
            self._unused.append(url)
        elif url in self._fresh and self._server().emptied(_name(url)):
            self._emptied.append(url)
        else:
            self._server().run(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def stop(self) -> None:
        if self._postgresql:
            self._postgresql.stop()

    def _template(self, kind: str) -> str:
        if kind not in self._templates:
            url = self.bare(kind)
            app = create_app(settings(environment(self._directory / "template", url)))
            with app.app_context():
                flask_migrate.upgrade()
                db.engine.dispose()
            self._templates[kind] = url
        return self._templates[kind]

    def _server(self) -> PostgreSQL:
        if self._postgresql is None:
            self._postgresql = PostgreSQL()
        return self._postgresql


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.stop()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The url of a migrated, empty database. A test that uses it runs on every kind of database."""
    url = databases.fresh(request.param)
    yield url
    databases.drop(url)
