"""The cost of one dossier: CPU time of the worker and of the compiler that it starts, for two pages with eight papers listed.

`python -m bench.dossier` measures it alone, on a small database of its own.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import flask_migrate
import pypdfium2

from app import create_app
from config import settings
from documents.application_files import print_dossier
from models import Action, Application, State, db
from tests import factories
from workflow import review
from workflow.decision import Decision

MOST = 150
"""Milliseconds."""

PAGES, PAPERS, ROUNDS = 2, 8, 15


def dossier_cpu() -> dict[str, str]:
    """Return the figure for the table."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "TALENT_INSTANCE": folder,
            "TALENT_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite'}",
        }
        app = create_app(settings(environment))
        with app.app_context():
            flask_migrate.upgrade()
            taken, pages = _measured()
            db.session.remove()
            db.engine.dispose()
    print(f"  {'dossier, CPU':40} {taken:7.0f} ms, at most {MOST}, {pages} pages", flush=True)
    if pages != PAGES:
        raise RuntimeError(f"the dossier has {pages} pages")
    return {"dossier of two pages with eight papers, ms of CPU": f"**{taken:.0f}**"}


def _measured() -> tuple[float, int]:
    world = factories.world()
    application = _application(world)
    clerk = world.banner.clerk
    pdf = print_dossier(application, clerk).pdf  # imports and caches
    with pypdfium2.PdfDocument(pdf) as document:
        pages = len(document)
    found = []
    for _ in range(ROUNDS):
        db.session.expire_all()
        before = _cpu()
        print_dossier(application, clerk)
        found.append((_cpu() - before) * 1000)
    return sorted(found)[ROUNDS // 2], pages


def _application(world: factories.World) -> Application:
    """An application that was returned once and submitted again, with eight papers."""
    application = factories.complete_application(world.banner.enterprise)
    for number in range(PAPERS - sum(material.required for material in factories.materials())):
        factories.upload(application, factories.materials()[0], display_name=f"材料第{number}页.jpg")
    factories.submit(application)
    for action, actor, reason in (
        (Action.PASS, world.banner.reviewer, ""),
        (Action.RETURN, world.banner.clerk, factories.REASON),
        (Action.SUBMIT, application.applicant, ""),
        (Action.PASS, world.banner.reviewer, ""),
    ):
        seen = factories.fresh(application).version
        review.perform(application.id, action, actor, seen_version=seen, decision=Decision(reason))
    if factories.fresh(application).state is not State.PRELIMINARY_REVIEW:
        raise RuntimeError(application.state)
    return application


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    dossier_cpu()
