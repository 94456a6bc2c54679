"""Files made in the background: for whoever asked, once, for a day; nothing is left of those that fail."""

import errno
import io
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import event, select, update

from common import jobs as common_jobs
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible
from common.settings import FILES_AT_ONCE
from common.wording import Sentence
from documents import jobs
from documents.kinds import KINDS, DocumentKind, MadeFile, Making, register_kind
from models import Account, FileJob, FileState, Setting, db, exclusive, now
from tests import factories
from tests.factories import World, deactivate
from tests.machine.site import Client
from tests.machine.worlds import Person
from uploads.sets import storage
from worker import file_jobs, sweeping

TITLE = Sentence("名单")
permitted: set[str] = set()
"""The names of the accounts that may have a file of the kind that these tests register."""
faults: list[BaseException] = []
"""What the next makings raise, in this order."""


def make(making: Making) -> MadeFile:
    making.path.write_text(f"{making.actor.name} {making.parameters['what']}")
    making.progress(1, 2)
    if faults:
        raise faults.pop(0)
    return MadeFile("名单.txt", "text/plain", (Sentence("少了一个字"),), 2)


def check(actor: Account, _parameters: Mapping[str, Any]) -> None:
    if actor.name not in permitted:
        raise NotPermitted


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    register_kind(DocumentKind("test", "名单", make, check))
    monkeypatch.setattr(file_jobs, "REPORT_EVERY", 0)
    yield
    del KINDS["test"]
    permitted.clear()
    faults.clear()


@pytest.fixture(autouse=True)
def nobody_is_woken(request: pytest.FixtureRequest) -> None:
    for name in ("ordos", "app_context"):
        if name in request.fixturenames:
            request.getfixturevalue(name)
            current_app.extensions["wake_file_jobs"] = lambda: None


def asked(actor: Account, what: str = "全部") -> FileJob:
    permitted.add(actor.name)
    return jobs.ask(actor, "test", {"what": what}, TITLE)


def fresh(job: FileJob) -> FileJob:
    db.session.rollback()
    return db.session.get_one(FileJob, job.id, populate_existing=True)


def stored_files() -> list[Path]:
    root = storage().root  # type: ignore[attr-defined]
    making = Path(current_app.config["INSTANCE"]) / "making"
    return [path for each in (root, making) for path in each.rglob("*") if path.is_file()]


@pytest.mark.guide("W9")
def test_a_file_is_made_for_whoever_asked_and_deleted_after_a_day(app_context: Flask) -> None:
    clerk = factories.world().banner.clerk
    job = asked(clerk)
    file_jobs.process_due()
    made = fresh(job)
    assert (made.state, made.done, made.notes) == (FileState.READY, 2, [["少了一个字", {}]])
    with storage().open(made.storage_name or "") as content:
        assert content.read().decode() == f"{clerk.name} 全部"
    assert made.expires_at is not None
    assert abs(made.expires_at - now() - timedelta(days=1)) < timedelta(minutes=1)
    assert jobs.note_download(clerk, job.id).downloaded_at is not None

    with exclusive():
        fresh_row = db.session.get_one(FileJob, job.id)
        fresh_row.expires_at = now() - timedelta(seconds=1)
    with pytest.raises(ChangedMeanwhile):
        jobs.note_download(clerk, job.id)
    file_jobs.delete_files_over()
    assert (fresh(job).state, fresh(job).storage_name) == (FileState.EXPIRED, None)
    assert stored_files() == []
    sweeping.sweep()
    with exclusive():
        db.session.get_one(FileJob, job.id).finished_at = now() - timedelta(days=91)
    jobs.delete_expired()
    assert db.session.scalars(select(FileJob)).all() == []


@pytest.mark.guide("W9")
def test_another_account_and_another_desk_do_not_see_the_file(ordos: World) -> None:
    clerk = ordos.banner.clerk
    job = asked(clerk)
    colleague = factories.clerk(ordos.banner.office, "何欣")
    for act in (jobs.cancel_file, jobs.note_download):
        with pytest.raises(NotVisible):
            act(colleague, job.id)
    clerk.office_id = ordos.park.office.id
    db.session.commit()
    with pytest.raises(NotVisible):
        jobs.cancel_file(clerk, job.id)
    file_jobs.process_due()
    assert fresh(job).error == jobs.ACTOR_MOVED.as_json()


@pytest.mark.guide("W9")
def test_two_at_once_for_one_person_or_as_many_as_the_setting_says(ordos: World) -> None:
    clerk, other = ordos.banner.clerk, ordos.park.clerk
    first = asked(clerk)
    asked(clerk)
    with pytest.raises(jobs.TooManyDocuments) as refused:
        asked(clerk)
    assert refused.value.most == 2
    asked(other)
    jobs.cancel_file(clerk, first.id)
    asked(clerk)
    factories.saved(Setting(key=FILES_AT_ONCE, value="3"))
    asked(clerk)
    db.session.delete(db.session.get_one(Setting, FILES_AT_ONCE))
    db.session.commit()
    file_jobs.process_due()


@pytest.mark.guide("W9")
def test_asking_and_cancelling_in_turn_has_an_end(ordos: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = ordos.banner.clerk
    monkeypatch.setattr(jobs, "MOST_ASKED", 2)
    for _ in range(2):
        jobs.cancel_file(clerk, asked(clerk).id)
    with pytest.raises(jobs.TooManyAskedFor):
        asked(clerk)
    jobs.cancel_file(ordos.park.clerk, asked(ordos.park.clerk).id)
    own = update(FileJob).where(FileJob.asked_by_id == clerk.id)
    db.session.execute(own.values(created_at=now() - jobs.ASKED_WITHIN))
    db.session.commit()
    jobs.cancel_file(clerk, asked(clerk).id)


@pytest.mark.guide("W9")
def test_who_loses_the_right_or_the_account_gets_no_file(ordos: World) -> None:
    clerk = ordos.banner.clerk
    with pytest.raises(NotPermitted):
        jobs.ask(clerk, "test", {"what": ""}, TITLE)
    waiting, ready = asked(clerk), asked(clerk)
    permitted.clear()
    file_jobs.process_due()
    assert fresh(waiting).error == jobs.RIGHT_LOST.as_json()
    assert fresh(ready).state is FileState.FAILED

    ready = asked(clerk)
    file_jobs.process_due()
    assert fresh(ready).state is FileState.READY
    permitted.clear()
    with pytest.raises(NotPermitted):
        jobs.note_download(clerk, ready.id)

    gone = asked(clerk)
    deactivate(clerk)
    file_jobs.process_due()
    assert fresh(gone).error == jobs.ACTOR_GONE.as_json()


@pytest.mark.guide("W9", "S2")
def test_a_file_is_downloaded_while_the_database_takes_no_writes(ordos: World) -> None:
    clerk = ordos.banner.clerk
    job = asked(clerk)
    file_jobs.process_due()
    postgresql = db.engine.dialect.name == "postgresql"
    db.session.rollback()
    db.engine.dispose()

    @event.listens_for(db.engine, "connect")
    def read_only(connection: Any, _record: Any) -> None:
        connection.execute(
            "SET default_transaction_read_only = on" if postgresql else "PRAGMA query_only = on"
        )
        connection.commit()

    found = jobs.note_download(clerk, job.id)
    assert (found.file_name, found.downloaded_at) == ("名单.txt", None)
    event.remove(db.engine, "connect", read_only)
    db.session.rollback()
    db.engine.dispose()


@pytest.mark.guide("W9")
def test_the_oldest_files_of_a_person_end_when_all_together_are_too_large(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_KEPT_BYTES", 1)
    clerk, other = ordos.banner.clerk, ordos.park.clerk
    first, of_other = asked(clerk), asked(other)
    file_jobs.process_due()
    assert jobs.note_download(clerk, first.id).downloaded_at is not None, "one alone may be larger"
    second = asked(clerk)
    file_jobs.process_due()
    with pytest.raises(ChangedMeanwhile):
        jobs.note_download(clerk, first.id)
    file_jobs.delete_files_over()
    assert [fresh(each).state.name for each in (first, second, of_other)] == ["EXPIRED", "READY", "READY"]
    for actor, kept in ((clerk, second), (other, of_other)):
        with storage().open(jobs.note_download(actor, kept.id).storage_name or "") as content:
            assert actor.name in content.read().decode()


@pytest.mark.guide("W9")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError(OSError(errno.EDQUOT, "Disk quota exceeded")),
    ],
    ids=["full", "quota, wrapped by a library"],
)
def test_a_full_disk_ends_the_job_with_a_clear_message_and_leaves_nothing(
    app_context: Flask, fault: BaseException
) -> None:
    clerk = factories.world().banner.clerk
    job = asked(clerk)
    faults.append(fault)
    file_jobs.process_due()
    assert (fresh(job).state, fresh(job).error) == (
        FileState.FAILED,
        jobs.DISK_FULL.as_json(),
    )
    assert stored_files() == []


@pytest.mark.guide("W9")
def test_a_fault_is_tried_again_and_a_cancelled_file_is_not_made(app_context: Flask) -> None:
    clerk = factories.world().banner.clerk
    job = asked(clerk)
    faults.append(RuntimeError("once"))
    file_jobs.process_due()
    assert (fresh(job).state, fresh(job).attempts) == (FileState.MAKING, 1)
    with exclusive():
        db.session.get_one(FileJob, job.id).next_try = now()
    file_jobs.process_due()
    assert fresh(job).state is FileState.READY

    class Cancelling(Exception):
        pass

    later = asked(clerk)
    claimed = jobs.claim()
    assert claimed is not None
    jobs.cancel_file(clerk, later.id)
    with pytest.raises(common_jobs.ClaimLost):
        jobs.report_progress(claimed, 1, 2)
    stored = storage().store(io.BytesIO(b"late"))
    with pytest.raises(common_jobs.ClaimLost):
        jobs.finish_file(claimed, MadeFile("a", "b"), stored.name, 1, "")
    assert fresh(later).state is FileState.CANCELLED


@pytest.mark.guide("W9")
def test_another_worker_makes_the_file_of_one_that_was_killed(app_context: Flask) -> None:
    """The folder that the first left behind is deleted; the file is there once."""
    clerk = factories.world().banner.clerk
    job = asked(clerk)
    killed = jobs.claim()
    assert killed is not None
    left = Path(current_app.config["INSTANCE"]) / "making" / f"{job.id}-{killed.attempts}" / "file"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    assert jobs.claim() is None
    with exclusive():
        db.session.get_one(FileJob, job.id).next_try = now()  # the lease has run out
    file_jobs.process_due()
    assert (fresh(job).state, fresh(job).attempts) == (FileState.READY, 2)
    assert len(stored_files()) == 1
    with pytest.raises(common_jobs.ClaimLost):
        jobs.fail_file(killed, jobs.INTERRUPTED)


@pytest.mark.guide("W9")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_shows_progress_download_and_what_became_of_it(
    app: Flask, prepared: World, person: Person
) -> None:
    app.extensions["wake_file_jobs"] = lambda: None
    clerk = prepared.banner.clerk
    browser: Client = person(clerk)
    with app.app_context():
        key = asked(clerk).id
        with exclusive():
            row = db.session.get_one(FileJob, key)
            row.done, row.total = 30, 70
    page = browser.get(f"/files/{key}/").text
    assert "30 / 70" in page
    assert 'http-equiv="refresh"' in page
    assert browser.get(f"/files/{key}/download").status_code == 303
    with app.app_context():
        file_jobs.process_due()
    page = browser.get(f"/files/{key}/").text
    assert "保留至" in page
    assert "少了一个字" in page
    sent = browser.get(f"/files/{key}/download")
    assert sent.text == f"{clerk.name} 全部"
    assert "filename*=UTF-8''%E5%90%8D%E5%8D%95.txt" in sent.headers["Content-Disposition"]
    assert "上次下载" in browser.get(f"/files/{key}/").text
    with app.app_context(), exclusive():
        db.session.get_one(FileJob, key).expires_at = now()
    assert "已过期并删除" in browser.get(f"/files/{key}/").text
    assert "已过期" in browser.get("/files/").text
    assert person(prepared.park.clerk).get(f"/files/{key}/").status_code == 404
