"""The dossier and the papers of applications: what the account may see, as files made in the background."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from common.errors import NotPermitted, NotVisible
from desk import corrections, marks, notes
from desk.marks import DeskDecision
from documents import application_files, jobs
from documents.application_files import DOSSIER, PAPERS, dossier_title, papers_title
from documents.kinds import FileNotMade
from models import Account, Action, Application, Disclosure, FileJob, FileState, State, db
from tests import factories
from tests.documents.test_decision_notices import ON_SQLITE, text_of
from tests.factories import REASON, World, act, application_at, fresh, materials, submit
from tests.machine.site import Client
from tests.machine.worlds import Person
from uploads import attachments
from uploads.sets import storage
from worker import file_jobs
from workflow import review
from workflow.decision import Decision
from workflow.form import answers

SECRETS = ("identity_number", "bank_account")


@pytest.fixture
def ordos(own_ordos: World) -> World:
    current_app.extensions["wake_file_jobs"] = lambda: None
    return own_ordos


def made(actor: Account, kind: str, parameters: dict[str, Any]) -> FileJob:
    """The job of a file, after the worker has been at it."""
    title = dossier_title("1") if kind == DOSSIER else papers_title(["1"])
    key = jobs.ask(actor, kind, parameters, title).id
    file_jobs.process_due()
    return db.session.get_one(FileJob, key, populate_existing=True)


def content_of(job: FileJob) -> bytes:
    assert job.storage_name, job.error
    with storage().open(job.storage_name) as file:
        return file.read()


def dossier_text(actor: Account, application: Application, *, full: bool = False) -> str:
    found = made(actor, DOSSIER, {"number": application.number, "full": full})
    return text_of(content_of(found)).replace(" ", "")


def zipped(job: FileJob) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content_of(job)))


def upload(application: Application, name: str, content: bytes = b"scan") -> str:
    """Store a file for the first material; returns its storage name."""
    stored = storage().store(io.BytesIO(content))
    factories.upload(
        application,
        materials()[0],
        display_name=name,
        size=stored.size,
        sha256=stored.sha256,
        storage_name=stored.name,
    )
    return stored.name


def with_everything(of: World) -> Application:
    """An application that was returned with a mark, corrected, submitted again, and has a note and a later draft mark."""
    application = factories.complete_application(of.banner.enterprise)
    upload(application, "身份证正面.pdf")
    submit(application)
    act(application, Action.PASS, of.banner.reviewer)
    marks.put(application.number, of.banner.clerk, "field:phone", "号码少一位。")
    review.perform(
        application.id,
        Action.RETURN,
        of.banner.clerk,
        seen_version=fresh(application).version,
        decision=DeskDecision(REASON),
    )
    submit(application)
    act(application, Action.PASS, of.banner.reviewer)
    version = fresh(application).version
    corrections.correct_name(
        application.number, "王晓明", of.banner.clerk, seen_version=version, decision=Decision("以身份证为准")
    )
    notes.add_note(application.number, "内部备注：请核实社保。", of.banner.clerk)
    marks.put(application.number, of.banner.clerk, "field:school", "还没有发出的标记。")
    return fresh(application)


@ON_SQLITE
@pytest.mark.guide("W10")
def test_a_dossier_has_what_the_reviewer_reads_and_no_internal_note(ordos: World) -> None:
    application = with_everything(ordos)
    said = dossier_text(ordos.banner.clerk, application)
    for words in (
        application.number, "王晓明", "（已更正，提交时为“王晓敏”）", "待初审", "年度申报", "内蒙古大学", "2016-09至2020-06",
        "2020-07至今", "材料科学与工程", "身份证正面.pdf", "4B", "第1次提交", "手机号码：号码少一位。", REASON, "以身份证为准",
        "初审回退", "重新提交", ordos.banner.office.name,
    ):  # fmt: skip
        assert words in said
    upload_hash = application_files.visible_papers(application, ordos.banner.clerk)[1].sha256
    assert upload_hash in said
    for secret in ("内部备注", "还没有发出的标记", application.identity_number, application.bank_account):
        assert secret not in said
    assert db.session.scalars(select(Disclosure)).all() == []


@ON_SQLITE
@pytest.mark.guide("W10")
def test_a_dossier_does_not_say_what_the_applicant_has_changed_since_the_last_submission(
    ordos: World,
) -> None:
    application = factories.complete_application(ordos.banner.enterprise)
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)
    before = dossier_text(ordos.banner.reviewer, application)
    with review.editing(application.id, application.applicant) as edited:
        for file in application_files.visible_papers(edited, application.applicant):
            attachments.remove(edited, file.id)
        answers.set_value(edited, "school", "没有提交的大学")
    upload(application, "没有提交.pdf")
    after = dossier_text(ordos.banner.reviewer, application)
    assert after.partition("生成")[2] == before.partition("生成")[2]
    assert "没有提交" in dossier_text(application.applicant, application)


@ON_SQLITE
@pytest.mark.guide("W10")
def test_full_numbers_are_recorded_as_seen(ordos: World) -> None:
    application = with_everything(ordos)
    said = dossier_text(ordos.banner.clerk, application, full=True)
    assert application.identity_number in said
    assert application.bank_account in said
    seen = {row.field: row.account_id for row in db.session.scalars(select(Disclosure))}
    assert seen == dict.fromkeys(SECRETS, ordos.banner.clerk.id)
    with pytest.raises(NotPermitted):
        jobs.ask(
            ordos.administrator, DOSSIER, {"number": application.number, "full": True}, dossier_title("1")
        )
    assert application.identity_number not in dossier_text(ordos.administrator, application)


@ON_SQLITE
@pytest.mark.guide("W10")
def test_nobody_gets_the_files_of_an_application_outside_the_scope(ordos: World) -> None:
    application, other = (application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos) for _ in range(2))
    for stranger in (ordos.elsewhere.clerk, ordos.centre, ordos.park.reviewer, other.applicant):
        for kind, parameters in (
            (DOSSIER, {"number": application.number, "full": False}),
            (PAPERS, {"numbers": [application.number]}),
            (PAPERS, {"numbers": [application.number, other.number]}),
        ):
            with pytest.raises(NotVisible):
                jobs.ask(stranger, kind, parameters, papers_title(["1"]))
    asked = jobs.ask(ordos.banner.clerk, PAPERS, {"numbers": [application.number]}, papers_title(["1"]))
    application.region = ordos.elsewhere.region
    db.session.commit()
    file_jobs.process_due()
    assert db.session.get_one(FileJob, asked.id, populate_existing=True).state is FileState.FAILED


@ON_SQLITE
@pytest.mark.guide("W10")
def test_characters_that_the_font_lacks_are_named_in_the_report(ordos: World) -> None:
    application = factories.complete_application(ordos.banner.enterprise, household="内蒙古\U0002ebf0村")
    submit(application)
    job = made(ordos.banner.reviewer, DOSSIER, {"number": application.number, "full": False})
    assert [words["characters"] for _, words in job.notes] == ["\U0002ebf0 U+2EBF0"]
    assert "〔U+2EBF0〕" in text_of(content_of(job))


@ON_SQLITE
@pytest.mark.guide("W10")
def test_all_papers_come_as_they_were_uploaded_under_readable_names(ordos: World) -> None:
    first, second = (factories.draft(ordos.city.enterprise) for _ in range(2))
    for application in (first, second):
        upload(application, "IMG_0001.jpg", b"as it came")
        factories.upload_everything(application)
        submit(application)
    reviewer = ordos.city.reviewer
    single = zipped(made(reviewer, PAPERS, {"numbers": [first.number]}))
    material = materials()[0].name
    assert single.namelist()[0] == f"{first.number}_王晓敏_{material}_1.pdf"
    assert single.read(single.namelist()[0]) == b"as it came"
    assert "IMG_0001.jpg" in single.read("材料清单.txt").decode("utf-8-sig")

    job = made(reviewer, PAPERS, {"numbers": [first.number, second.number]})
    assert f"{second.number}_王晓敏/{second.number}_王晓敏_{material}_1.pdf" in zipped(job).namelist()
    assert job.file_name is not None
    assert job.file_name.startswith("申请材料_2件_")
    ((wording, words),) = job.notes
    assert (wording, words["count"]) == (application_files.PAPERS_MISSING, "4"), (
        "the factory's rows have no file"
    )


@ON_SQLITE
@pytest.mark.guide("W10")
def test_a_paper_that_changed_on_the_disk_is_named(ordos: World) -> None:
    application = factories.draft(ordos.city.enterprise)
    name = upload(application, "a.pdf")
    Path(storage().path(name)).write_bytes(b"other")  # type: ignore[attr-defined]
    job = made(application.applicant, PAPERS, {"numbers": [application.number]})
    assert [wording for wording, _ in job.notes] == [application_files.PAPERS_CHANGED]


@ON_SQLITE
@pytest.mark.guide("W10")
def test_no_paper_and_too_many_of_them_are_said_clearly(ordos: World) -> None:
    application = factories.empty_application()
    job = made(application.applicant, PAPERS, {"numbers": [application.number]})
    assert (job.state, job.error) == (FileState.FAILED, [application_files.NO_PAPERS.text, {}])
    with pytest.raises(FileNotMade):
        application_files.refuse_too_large(application_files.MOST_BYTES + 1)
    for numbers in ([], [str(number) for number in range(1001)]):
        with pytest.raises(NotPermitted):
            jobs.ask(application.applicant, PAPERS, {"numbers": numbers}, papers_title(["1"]))


@ON_SQLITE
@pytest.mark.guide("W10")
def test_the_pages_ask_for_the_files(app: Flask, prepared: World, person: Person) -> None:
    app.extensions["wake_file_jobs"] = lambda: None
    with app.app_context():
        numbers = [
            application_at(State.PRELIMINARY_REVIEW, prepared.banner, prepared).number for _ in range(2)
        ]
    browser = person(prepared.banner.clerk)
    page = browser.get(f"/office/{numbers[0]}/").text
    assert f'action="/office/documents/{numbers[0]}/"' in page
    for asked in ("dossier", "full", "papers"):
        assert f'value="{asked}"' in page
    listed = browser.get("/office/").text
    assert 'formaction="/office/documents/chosen/' in listed
    expected: Sequence[tuple[str, dict[str, Any], str, dict[str, Any]]] = (
        (f"{numbers[0]}/", {"make": "dossier"}, DOSSIER, {"number": numbers[0], "full": False}),
        (f"{numbers[0]}/", {"make": "full"}, DOSSIER, {"number": numbers[0], "full": True}),
        ("chosen/", {"row": numbers}, PAPERS, {"numbers": numbers}),
        ("chosen/", {"all": "1"}, PAPERS, {"numbers": numbers}),
    )
    for path, sent, kind, parameters in expected:
        answer = browser.send(f"/office/documents/{path}", sent)
        assert answer.location.startswith("/files/")
        with app.app_context():
            job = db.session.scalars(select(FileJob).order_by(FileJob.id.desc())).first()
            assert job is not None
            found = {**job.parameters}
            if "numbers" in found:
                found["numbers"] = sorted(found["numbers"])
            assert (job.kind, found) == (kind, parameters)
            db.session.delete(job)
            db.session.commit()
    assert_not_asked(browser, numbers[0])


def assert_not_asked(browser: Client, number: str) -> None:
    assert browser.send(f"/office/documents/{number}/", {"make": "everything"}).status_code == 404
    assert browser.send("/office/documents/2026-999999/", {"make": "papers"}).status_code == 404
    assert browser.send("/office/documents/chosen/", {"row": [number, "2026-999999"]}).status_code == 404
    answer = browser.send("/office/documents/chosen/", follow_redirects=True)
    assert "还没有选择申请" in answer.text
