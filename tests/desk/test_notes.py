"""Internal notes: who reads them. That no page and no message tells an applicant is held by tests/site/test_every_route.py."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text

from common.errors import NotPermitted, NotVisible, Unacceptable
from desk import notes
from desk.page_context import page_context
from models import Account, Application, State, db, exclusive
from models.desk_work import NOTE_LIMIT
from tests import factories
from tests.factories import fresh
from workflow import review, routing
from workflow.decision import NO_REASON

pytestmark = pytest.mark.guide("W7")


def read_by(application: Application, actor: Account) -> set[str]:
    return {note.text for note in page_context(application, actor).notes}


def test_a_note_is_read_by_its_desk_and_those_above_it_and_by_nobody_else(app_context: Flask) -> None:
    world = factories.world()
    at = world.banner
    application = factories.application_at(State.CITY_REVIEW, at, world)
    for author, words in ((at.reviewer, "企业的"), (at.clerk, "旗区的"), (world.centre, "市里的")):
        notes.add_note(application.number, f" {words}\u200b ", author)
    everything = {"企业的", "旗区的", "市里的"}
    assert read_by(application, at.reviewer) == {"企业的"}
    assert read_by(application, factories.clerk(at.office)) == {"企业的", "旗区的"}
    assert read_by(application, world.centre) == everything
    assert read_by(application, world.administrator) == everything
    for stranger in (application.applicant, world.elsewhere.clerk, world.elsewhere.reviewer):
        assert read_by(application, stranger) == set()
    assert "企业" not in str(db.session.execute(text("SELECT text FROM notes")).all()), "it is encrypted"

    for author, wrong, refused in (
        (at.clerk, " \u200b ", Unacceptable),
        (at.clerk, "长" * (NOTE_LIMIT + 1), Unacceptable),
        (world.elsewhere.clerk, "看看", NotVisible),
        (application.applicant, "看看", NotPermitted),
        (world.administrator, "看看", NotPermitted),
    ):
        with pytest.raises(refused):
            notes.add_note(application.number, wrong, author)
    assert read_by(application, world.centre) == everything


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_a_move_the_new_office_reads_the_enterprises_notes_but_not_the_former_offices(
    app_context: Flask,
) -> None:
    world = factories.world()
    at, new = world.banner, world.elsewhere
    application = factories.application_at(State.PRELIMINARY_REVIEW, at, world)
    notes.add_note(application.number, "企业的", at.reviewer)
    notes.add_note(application.number, "旗区的", at.clerk)
    at.enterprise.region = new.region
    fresh(application)
    former = routing.responsible_for(application)
    db.session.commit()
    with exclusive():
        found = db.session.scalars(select(Application).where(Application.id == application.id)).one()
        review.reroute(found, new.region, former, world.administrator, NO_REASON)
    assert read_by(application, new.clerk) == {"企业的"}
    assert read_by(application, at.clerk) == set(), "it is out of sight"
    assert read_by(application, world.centre) == set(), "it has not reached the city"
