"""A submitted file stays in the storage after removal, decisions and the daily sweep."""

from __future__ import annotations

import io
import os
import time

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from common.errors import NotVisible
from desk.withdrawals import MOST_WITHDRAWALS, WITHIN
from models import Account, Action, Application, Attachment, Review, State, db, now
from tests import factories
from tests.factories import REASON
from tests.files import samples as files
from tests.machine.site import Client
from uploads import attachments
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

    def send_file(self, name: str) -> TestResponse:
        """Upload a file through the page."""
        path = f"/personal/application/{self.number}/attachments/"
        given = {f"material-{self._material}": (io.BytesIO(files.png()), name)}
        return self._client.send(path, given, content_type="multipart/form-data")

    def upload(self, name: str) -> str:
        """Upload a file through the page. Returns its storage name."""
        assert self.send_file(name).status_code == 302
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

    def withdraw(self) -> str:
        """Withdraw through the page. Returns the page that follows."""
        with self._app.app_context():
            version = db.session.get_one(Application, self._id).version
        path = f"/personal/application/{self.number}/withdraw/"
        return self._client.send(path, {"version": str(version)}, follow_redirects=True).text

    def state(self) -> State:
        with self._app.app_context():
            return db.session.get_one(Application, self._id).state

    def stored_bytes(self) -> int:
        with self._app.app_context():
            return db.session.scalars(select(func.sum(Attachment.size))).one()

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


@pytest.mark.guide("A11")
def test_files_that_were_submitted_and_removed_take_room_too(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.upload(SUBMITTED)
    case.act(Action.SUBMIT)
    case.act(Action.WITHDRAW)
    case.remove(SUBMITTED)
    stored = case.stored_bytes()
    monkeypatch.setattr(attachments, "MOST_STORED_BYTES", stored + 1)
    case.upload(REPLACEMENT)
    monkeypatch.setattr(attachments, "MOST_STORED_BYTES", case.stored_bytes())
    refused = case.send_file("又一份.png")
    assert (refused.status_code, "先后上传的文件太多" in refused.text) == (422, True)
    case.remove(REPLACEMENT)
    case.upload("又一份.png")


@pytest.mark.guide("A11")
def test_nothing_is_attached_to_a_material_that_is_no_longer_asked_for(app: Flask) -> None:
    with app.app_context():
        application, material = factories.complete_application(), factories.materials()[0]
        attachments.require_room(application, material.id)
        material.active = False
        db.session.commit()
        with pytest.raises(NotVisible):
            attachments.require_room(application, material.id)


@pytest.mark.guide("A15")
def test_submitting_and_withdrawing_in_turn_has_an_end(case: Case, app: Flask) -> None:
    for _ in range(MOST_WITHDRAWALS):
        case.act(Action.SUBMIT)
        assert "已撤回" in case.withdraw()
    case.act(Action.SUBMIT)
    assert f"一天内最多撤回 {MOST_WITHDRAWALS} 次" in case.withdraw()
    assert case.state() is State.ENTERPRISE_REVIEW
    with app.app_context():
        db.session.execute(update(Review).values(at=now() - WITHIN))
        db.session.commit()
    assert "已撤回" in case.withdraw()
