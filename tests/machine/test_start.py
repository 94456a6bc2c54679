"""The modules that the site loads at its start: all that pages need, and none that only commands, the worker or rare pages need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from config import ROOT
from tests.machine.databases import Databases
from tests.machine.secrets import environment

NOT_FOR_PAGES = {
    "PIL", "alembic", "email_validator", "flask_migrate", "huey", "mako", "obstore", "pygal", "pygments", "pypdfium2", "pypinyin",
    "python_calamine", "redis", "rich", "segno", "typst", "unittest", "xlsxwriter", "zxingcpp",
}  # fmt: skip
"""Modules of a command, the worker, the decoder process or a rare page."""

IN_S3 = {"STORAGE_URL": "s3://papers/site", "S3_ACCESS_KEY": "site", "S3_SECRET_KEY": "hidden"}
"""The threads of obstore would not survive the fork of gunicorn: it is loaded by the process that uses it."""

MOST_CALLS = 1_390_000
"""Function calls of a start on SQLite, as cProfile counts them: 1,342,000 on 29 November 2026, and 1,409,000 before Pillow and the
bases of DeclarativeBase were taken out."""

LOADED = """
import cProfile, json, runpy, sys
from gunicorn.util import import_app
runpy.run_path("gunicorn.conf.py")
profile = cProfile.Profile()
site = profile.runcall(import_app, "app:create_app()")
calls = sum(function.callcount for function in profile.getstats())
before = {name for name, module in sys.modules.items() if module}
answers = [site.test_client().get(page).status_code for page in ("/healthz", "/", "/login/staff", "/login/personal")]
print(json.dumps([sorted(before), sorted({name for name, module in sys.modules.items() if module} - before), answers, calls]))
"""


class Start(NamedTuple):
    """What the start has loaded, what the first pages have added, and the number of function calls of the start."""

    loaded: set[str]
    added: set[str]
    calls: int


@pytest.fixture(scope="module")
def start(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """The start of a site as gunicorn loads it, and its first pages."""
    url = databases.fresh("sqlite")
    told = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={**os.environ, **environment(tmp_path_factory.mktemp("start"), url, **IN_S3)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    before, added, answers, calls = json.loads(told)
    assert set(answers) == {200}
    databases.drop(url)
    return Start(set(before), set(added), calls)


def test_the_start_loads_nothing_that_no_page_needs(start: Start) -> None:
    assert {name.partition(".")[0] for name in start.loaded} & NOT_FOR_PAGES == set()
    assert {name for name in start.loaded if name.startswith("commands.")} == set()


def test_the_first_pages_load_nothing_more(start: Start) -> None:
    assert start.added == set()


def test_the_start_on_postgresql_loads_no_dialect_of_sqlite(tmp_path: Path) -> None:
    nobody_there = "postgresql+psycopg://app@127.0.0.1:1/app"  # a start does not connect
    told = subprocess.run(
        [sys.executable, "-c", "import sys, app; app.create_app(); print(*sys.modules)"],
        cwd=ROOT,
        env={**os.environ, **environment(tmp_path, nobody_there)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "sqlalchemy.dialects.postgresql" in told.split()
    assert "sqlalchemy.dialects.sqlite" not in told.split()


def test_the_start_makes_few_calls(start: Start) -> None:
    assert start.calls <= MOST_CALLS


def test_garbage_collection_is_on_in_each_process_after_the_fork() -> None:
    served = """
import gc, runpy
hooks = runpy.run_path("gunicorn.conf.py")
loading = gc.isenabled()
hooks["post_fork"](None, None)
print(loading, gc.isenabled())
"""
    told = subprocess.run(
        [sys.executable, "-c", served], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert told.split() == ["False", "True"]
