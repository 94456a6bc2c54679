"""A submitted file stays in the storage after removal, decisions and the daily sweep."""

from __future__ import annotations

import io
import os
import time

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Action, Application, Attachment, db
from tests import factories
from tests.factories import REASON
from tests.files import samples as files
from tests.machine.site import Client
from uploads.sets import storage
from worker import sweeping

NOT_SUBMITTED, SUBMITTED, REPLACEMENT = (f"{word}.png" for word in ("未提交", "已提交", "替换"))


class Case:
    """One application with real files, its owner's browser and the enterprise's reviewer."""

    def __init__(self, app: Flask, client: Client) -> None:
        self._app, self._client = app, client
        with app.app_context():
            everywhere = factories.world()
            application = factories.complete_application(everywhere.banner.enterprise)
            self._id, self.number = application.id, application.number
            self._owner, self._reviewer = application.applicant_id, everywhere.banner.reviewer.id
            self._material = factories.materials()[0].id
            with client.session_transaction() as session:
                session.update(factories.session_of(application.applicant))

    def upload(self, name: str) -> str:
        """Upload a file through the page. Returns its storage name."""
        path = f"/personal/application/{self.number}/attachments/"
        given = {f"material-{self._material}": (io.BytesIO(files.png()), name)}
        assert self._client.send(path, given, content_type="multipart/form-data").status_code == 302
        with self._app.app_context():
            return db.session.scalars(
                select(Attachment.storage_name).where(Attachment.display_name == name)
            ).one()

    def remove(self, name: str) -> None:
        with self._app.app_context():
            key = db.session.scalars(select(Attachment.id).where(Attachment.display_name == name)).one()
        path = f"/personal/application/{self.number}/attachments/{key}/remove/"
        assert self._client.send(path).status_code == 302

    def act(self, action: Action, by: str = "owner") -> None:
        actor = {"owner": self._owner, "reviewer": self._reviewer}[by]
        reason = REASON if action is Action.RETURN else ""
        with self._app.app_context():
            application = db.session.get_one(Application, self._id)
            factories.act(application, action, db.session.get_one(Account, actor), reason)

    def sweep(self, *names: str) -> None:
        """Run the sweep with these files made old."""
        long_ago = time.time() - 400 * 24 * 3600
        with self._app.app_context():
            for name in names:
                if not self.lost(name):
                    os.utime(storage().path(name), (long_ago, long_ago))  # type: ignore[attr-defined]
            sweeping.sweep()

    def lost(self, *names: str) -> list[str]:
        with self._app.app_context():
            return list(storage().missing(names))


@pytest.fixture
def case(app: Flask, client: Client) -> Case:
    return Case(app, client)


@pytest.mark.guide("A11")
@pytest.mark.parametrize("back", ["returned", "withdrawn"])
def test_a_submitted_file_stays_when_it_is_removed_replaced_and_swept(case: Case, back: str) -> None:
    first = case.upload(SUBMITTED)
    case.act(Action.SUBMIT)
    if back == "returned":
        case.act(Action.RETURN, "reviewer")
    else:
        case.act(Action.WITHDRAW)
    case.remove(SUBMITTED)
    case.sweep(first)
    assert case.lost(first) == []
    second = case.upload(REPLACEMENT)
    case.act(Action.SUBMIT)
    case.act(Action.PASS, "reviewer")
    case.sweep(first, second)
    assert case.lost(first, second) == []


@pytest.mark.guide("A11")
def test_an_unsubmitted_file_is_deleted_when_removed(case: Case) -> None:
    name = case.upload(NOT_SUBMITTED)
    case.remove(NOT_SUBMITTED)
    assert case.lost(name) == [name]
