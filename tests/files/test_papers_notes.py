"""Reviewers read beside a file what its preview cannot show."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from models import Attachment, State, db
from tests import factories
from tests.machine.site import Client
from uploads.notes import WORDS, Note

DESKS = {State.ENTERPRISE_REVIEW: "enterprise", State.PRELIMINARY_REVIEW: "office", State.CITY_REVIEW: "city"}


@pytest.mark.parametrize("state", DESKS)
def test_each_desk_reads_the_notes_of_a_file_and_older_files_have_none(
    app: Flask, client: Client, state: State
) -> None:
    with app.app_context():
        everywhere = factories.world()
        application = factories.application_at(state, everywhere.banner, everywhere)
        person = factories.desk_person(application, everywhere.banner, everywhere)
        of_it = select(Attachment).where(Attachment.application_id == application.id).order_by(Attachment.id)
        first, *others = db.session.scalars(of_it)
        assert all(other.notes == [] for other in others)
        first.notes = [Note.PORTFOLIO, Note.XFA_FORM]
        db.session.commit()
        address, session = f"/{DESKS[state]}/{application.number}/", factories.session_of(person)
    with client.session_transaction() as own:
        own.update(session)
    page = client.get(address).text
    with app.test_request_context():
        for note in Note:
            assert page.count(str(WORDS[note].to_reviewer)) == (note in (Note.PORTFOLIO, Note.XFA_FORM))
