"""The worker draws an uploaded file before a reviewer opens it; a killed worker's file is drawn by another."""

import io
import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from common import jobs
from models import Application, Attachment, PictureJob, State, db, exclusive, now
from tests import factories
from tests.accounts.people import log_in
from tests.factories import World, application_at, world
from tests.files import samples as files
from uploads import attachments, first_look
from uploads.preview import draw_cached
from uploads.receive import discard_file, receive
from uploads.sets import previews, storage
from worker import drawing

WAITING = select(PictureJob.stored_file).order_by(PictureJob.id)


def attach(application: Application, content: bytes, name: str) -> str:
    """Upload a file to the first material; return its name in the storage."""
    received = receive(FileStorage(io.BytesIO(content), filename=name))
    with exclusive():
        attached = attachments.attach(application, factories.materials()[0].id, received)
        attached.submitted_round = application.round
    return received.storage_name


def drawn(name: str) -> bool:
    return all(previews().get(name, *picture) for picture in first_look.FIRST_LOOK)


def test_the_worker_draws_what_the_page_of_a_reviewer_opens_with(app: Flask) -> None:
    with app.app_context():
        ordos: World = world()
        application = application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos, factories.applicant())
        number, reviewer = application.number, ordos.city.reviewer
        names = [
            attach(application, files.jpg(), "身份证.jpg"),
            attach(application, files.pdf(), "合同.pdf"),
            attach(application, files.sample("docx"), "简历.docx"),
        ]
        assert list(db.session.scalars(WAITING)) == names[:2]
        drawing.process_due()
        assert not list(db.session.scalars(WAITING))
        assert [drawn(name) for name in names] == [True, True, False]
        db.session.refresh(reviewer)
        db.session.expunge(reviewer)
    client = app.test_client()
    log_in(client, reviewer)
    page = client.get(f"/enterprise/{number}/").text
    asked = {(int(sheet), int(width)) for sheet, width in re.findall(r' src="[^"]+/(\d+)-(\d+)\.jpg"', page)}
    assert {picture for picture in asked if picture[0] == 1} == set(first_look.FIRST_LOOK)


def test_a_picture_that_somebody_opens_earlier_is_drawn_once(app: Flask) -> None:
    with app.app_context():
        ordos: World = world()
        application = application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos, factories.applicant())
        number, reviewer = application.number, ordos.city.reviewer
        opened, waiting = (attach(application, files.jpg(), f"{each}.jpg") for each in (1, 2))
        key = db.session.scalar(select(Attachment.id).where(Attachment.storage_name == opened))
        db.session.refresh(reviewer)
        db.session.expunge(reviewer)
    client = app.test_client()
    log_in(client, reviewer)
    assert client.get(f"/enterprise/{number}/papers/{key}/1-900.jpg").status_code == 200
    with app.app_context():
        assert list(db.session.scalars(WAITING)) == [waiting]
        assert drawn(opened)


def test_a_file_that_a_killed_worker_had_is_drawn_by_another_one(app_context: Flask) -> None:
    name = storage().store(io.BytesIO(files.jpg())).name
    with exclusive():
        first_look.draw_later(name, "jpg")
    assert first_look.claim() is not None
    drawing.process_due()
    assert not drawn(name), "the lease of the first worker has not run out"
    with exclusive():
        db.session.scalars(select(PictureJob)).one().next_try = now() - timedelta(seconds=1)
    drawing.process_due()
    assert drawn(name)
    assert not list(db.session.scalars(WAITING))


def test_a_file_that_cannot_be_drawn_or_is_gone_is_tried_no_more(app_context: Flask) -> None:
    damaged, removed, fatal = (
        storage().store(io.BytesIO(each)).name for each in (b"no picture", files.jpg(), files.jpg())
    )
    with exclusive():
        for name in (damaged, removed, fatal):
            first_look.draw_later(name, "jpg")
        db.session.scalars(
            select(PictureJob).where(PictureJob.stored_file == fatal)
        ).one().attempts = jobs.MOST_ATTEMPTS
    discard_file(removed)
    drawing.process_due()
    assert not list(db.session.scalars(WAITING))
    assert not any(map(drawn, (damaged, removed, fatal)))
    assert draw_cached(storage(), previews(), fatal, "jpg", 1, 900), "a look draws it all the same"


def test_without_a_worker_an_upload_drops_what_nobody_has_drawn_for_a_day(app_context: Flask) -> None:
    for age in (25, 24, 23):
        db.session.add(
            PictureJob(stored_file=str(age), extension="jpg", next_try=now() - timedelta(hours=age))
        )
    db.session.commit()
    with exclusive():
        first_look.draw_later("new", "jpg")
    assert list(db.session.scalars(WAITING)) == ["23", "new"]
