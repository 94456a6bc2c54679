"""The site: in the test's own process (`app`, `client`), or served by gunicorn in two processes (`live_server`)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.wsgi import HEADER_VALUE_RE as SENDABLE
from itsdangerous import URLSafeTimedSerializer
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

import worker
from app import create_app
from config import ROOT, settings
from models import db
from models.secrets import vault
from tests.machine.databases import Databases
from tests.machine.processes import START_SECONDS, Server, free_port
from tests.machine.secrets import environment
from tools.glossary import ROOMS

# Many applications are made; compiling the templates anew for each would take long.
COMPILED_TEMPLATES = FileSystemBytecodeCache()


class Client(FlaskClient):
    """An HTTP test client for one person. CSRF protection is on: `send` posts with the person's token."""

    def csrf_token(self) -> str:
        with self.session_transaction() as session:
            seed = session.setdefault("csrf_token", hashlib.sha256(os.urandom(64)).hexdigest())
        token: str = URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(seed)
        return token

    def open(self, *given: Any, **more: Any) -> TestResponse:
        """Return the answer, which gunicorn sends only when it can send each header: Chinese in one is a 500 there."""
        answer = super().open(*given, **more)
        assert [name for name, value in answer.headers if not SENDABLE.fullmatch(value)] == []
        return answer

    def send(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.post(path, data={"csrf_token": self.csrf_token(), **(data or {})}, **more)


class Site:
    """The real site, prepared by its own command and served by gunicorn, on a database of its own."""

    def __init__(self, home: Path, database_url: str, **variables: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.instance = home / "instance"
        self.database_url = database_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment(self.instance, database_url, **variables)
        self._prepare()
        self._server = Server(
            [sys.executable, "-m", "gunicorn", "app:create_app()"],
            home / "site.log",
            self._answers,
            environment={**self._environment, "PORT": str(self.port)},
        )
        self.app = create_app(settings(self._environment))
        with self.app.app_context():
            # A transaction that reads and then writes fails in SQLite when the site has written in between.
            db.engine.update_execution_options(immediate=True)

    @property
    def accounts(self) -> list[dict[str, str]]:
        """The sample accounts: role, login, password, region."""
        accounts: list[dict[str, str]] = json.loads(
            (self.instance / "sample-accounts.json").read_text(encoding="utf-8")
        )
        return accounts

    @contextmanager
    def app_context(self) -> Iterator[Flask]:
        """An application in this process on the site's database and files, for factories and assertions."""
        with self.app.app_context():
            yield self.app

    def log_text(self) -> str:
        return self._server.log_text()

    def stop(self) -> None:
        self._server.stop()
        with self.app.app_context():
            db.engine.dispose()

    def _prepare(self) -> None:
        prepared = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "prepare"],
            cwd=ROOT,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
        )
        if prepared.returncode:
            raise RuntimeError(f"flask prepare failed:\n{prepared.stdout}{prepared.stderr}")

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=START_SECONDS).close()
        except urllib.error.HTTPError:
            raise  # it is up, and broken
        except OSError:
            return False
        return True


class Applications:
    """One application for each database, used by one test after another: making one is a quarter of most tests' time.

    Between two tests it gets back its configuration and extensions, and forgets what it has read from the database.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._made: dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]] = {}

    def on(self, url: str) -> Flask:
        if url not in self._made:
            instance = self._home / f"instance-{len(self._made)}"
            app = create_app({**settings(environment(instance, url)), "TESTING": True})
            app.test_client_class = Client
            app.jinja_env.bytecode_cache = COMPILED_TEMPLATES
            self._made[url] = app, dict(app.config), dict(app.extensions)
            return app
        app, config, extensions = self._made[url]
        for mine, begun in ((app.config, config), (app.extensions, extensions)):
            mine.clear()
            mine.update(begun)
        vault.configure(config["ENCRYPTION_KEYS"], config["DIGEST_KEY"], config["CIPHER_SUITE"])
        worker.register(app)
        return app

    @staticmethod
    def leave(app: Flask) -> None:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            for module in [one for name, one in sys.modules.items() if name.partition(".")[0] in ROOMS]:
                for kept in vars(module).values():
                    if isinstance(kept, WeakKeyDictionary):
                        kept.pop(db.engine, None)
        for path in Path(app.config["INSTANCE"]).rglob("*"):
            if not path.is_dir():
                path.unlink()


@pytest.fixture(scope="session")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Applications:
    return Applications(tmp_path_factory.mktemp("applications"))


@pytest.fixture
def app(database_url: str, applications: Applications) -> Iterator[Flask]:
    """The application on a migrated, empty database; no context is pushed. Runs on every kind of database."""
    app = applications.on(database_url)
    yield app
    applications.leave(app)


@pytest.fixture
def own_app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The same, made for this test alone, which may add to it."""
    app = create_app({**settings(environment(tmp_path / "instance", database_url)), "TESTING": True})
    app.test_client_class = Client
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app_context(app: Flask) -> Iterator[Flask]:
    """For tests below the views. Do not use it with `client`: the content of Flask's `g` would outlive a request."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> Client:
    """The test client of one person; `app.test_client()` creates one for another person."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture(scope="session")
def start_site(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Site]]:
    """`start_site("postgresql", RATE_LIMITS="yes")`: a site on this kind of database, with further TALENT_ variables."""
    sites: list[Site] = []

    def start(kind: str = "sqlite", **variables: str) -> Site:
        sites.append(Site(tmp_path_factory.mktemp("site"), databases.bare(kind), **variables))
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


@pytest.fixture(scope="module")
def live_server(request: pytest.FixtureRequest, start_site: Callable[..., Site]) -> Iterator[Site]:
    """A site for the tests of a module, on SQLite unless they say
    `@pytest.mark.parametrize("live_server", ["sqlite", "postgresql"], indirect=True, scope="module")`."""
    site = start_site(getattr(request, "param", "sqlite"))
    yield site
    site.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """A failure shows what the site logged."""
    report = yield
    if report.failed:
        for site in getattr(item, "funcargs", {}).values():
            if isinstance(site, Site):
                report.sections.append((f"log of {site.url}", site.log_text()))
    return report
