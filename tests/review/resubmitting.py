"""Returning, mending and resubmitting an application, for tests of what the desk then reads."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from desk import marks
from desk.marks import DeskDecision
from models import Account, Action, Application, Attachment, Experience, Material, Review, State, db
from tests import factories
from tests.factories import World
from workflow import review
from workflow.form import answers


class Waiting(NamedTuple):
    """An application that waits for the enterprise of a banner. `row` and `paper` are what can be marked: a row, a material."""

    world: World
    at: factories.Place
    application: Application
    row: str
    paper: str


def waiting() -> Waiting:
    everywhere = factories.world()
    found = factories.application_at(State.ENTERPRISE_REVIEW, everywhere.banner, everywhere)
    row = marks.row_target(answers.snapshot(found)["experiences"][1])
    return Waiting(everywhere, everywhere.banner, found, row, marks.paper_target(factories.materials()[0].id))


def returns(application: Application, by: Account, noted: dict[str, str], reason: str = "") -> Review | None:
    for target, note in noted.items():
        marks.put(application.number, by, target, note)
    version = factories.fresh(application).version
    return review.perform(
        application.id, Action.RETURN, by, seen_version=version, decision=DeskDecision(reason)
    )


def replaced(application: Application, name: str) -> tuple[Attachment, Attachment]:
    """The file of a material, taken away by its owner, and the one in its place."""
    material = db.session.scalars(select(Material).where(Material.name == name)).one()
    of_material = (Attachment.application_id == application.id, Attachment.material_id == material.id)
    former = db.session.scalars(
        select(Attachment).where(*of_material, Attachment.removed_after.is_(None))
    ).one()
    former.removed_after = application.round
    db.session.commit()
    return former, factories.upload(application, material, display_name=f"新{name}.pdf")


def mended(application: Application) -> None:
    application.phone = "13900001234"
    application.answers = {**application.answers, "position": "主管"}
    study, work = application.experiences
    work.end = date(2023, 1, 1)
    further = Experience(
        position=2, kind=work.kind, start=date(2023, 2, 1), place="后来的公司", subject="主管", witness="李四"
    )
    application.experiences = [study, work, further]
