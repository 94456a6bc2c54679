"""The site with its files in a bucket of an S3 server; and while that server is down: nothing is lost, nothing is a 500."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from documents import jobs
from documents.application_files import PAPERS, papers_title
from models import (
    Account,
    Application,
    Attachment,
    Enterprise,
    FileJob,
    FileState,
    RegionKind,
    db,
    exclusive,
    now,
)
from tests import factories
from tests.accounts.people import company, place, scan, value
from tests.files import samples
from tests.machine.processes import free_port
from tests.machine.s3 import S3Server
from tests.machine.site import Client
from tests.machine.worlds import Person
from tests.uploads.sites import use
from uploads.sets import storage
from uploads.storage_locations import S3Location, location_of
from worker import file_jobs, sweeping

pytestmark = [
    pytest.mark.guide("S1"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
DOWN, SAVED, NOT_SHOWN = "文件存储暂时没有响应", "已填写的内容和已上传的文件都还在", "图片暂时不能显示"


class Uploader:
    """An applicant with a draft, in the browser."""

    def __init__(self, app: Flask, person: Person) -> None:
        with app.app_context():
            account: Account = factories.applicant()
            draft: Application = factories.draft(factories.enterprise(), account)
            self.number, self.account = draft.number, account
            self.material = factories.materials()[0].id
            db.session.expunge_all()
        self.app = app
        self.browser: Client = person(account)
        self.path = f"/personal/application/{self.number}/"

    def upload(self, content: bytes, name: str = "合同.pdf") -> Any:
        given = {f"material-{self.material}": (io.BytesIO(content), name)}
        return self.browser.send(f"{self.path}attachments/", given, content_type="multipart/form-data")

    def begin(self, content: bytes) -> str:
        values = {"filename": "合同.pdf", "material": str(self.material)}
        pairs = (f"{key} {base64.b64encode(one.encode()).decode()}" for key, one in values.items())
        headers = {"Upload-Length": str(len(content)), "Upload-Metadata": ",".join(pairs)}
        return str(self._send("POST", f"{self.path}uploads/", **headers).headers["Location"])

    def part(self, url: str, content: bytes, offset: int) -> Any:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self._send("PATCH", url, content, **headers)

    def finish(self, url: str) -> Any:
        return self._send("POST", f"{url}finish/")

    def _send(self, method: str, url: str, content: bytes = b"", **headers: str) -> Any:
        fixed = {"X-CSRFToken": self.browser.csrf_token(), "Tus-Resumable": "1.0.0"}
        return self.browser.open(url, method=method, data=content, headers={**fixed, **headers})

    def rows(self) -> list[Attachment]:
        with self.app.app_context():
            found = list(db.session.scalars(select(Attachment).order_by(Attachment.id)))
            db.session.expunge_all()
            return found


@pytest.fixture
def own(app: Flask, person: Person) -> Uploader:
    return Uploader(app, person)


@pytest.fixture
def bucket(app: Flask, s3_server: S3Server) -> S3Location:
    location = s3_server.location()
    use(app, location)
    return location


@pytest.fixture
def dead(bucket: S3Location, s3_server: S3Server) -> S3Location:
    """The same bucket where nobody answers."""
    access = s3_server.access(ENDPOINT=f"http://127.0.0.1:{free_port()}")
    found = location_of(str(bucket), access)
    assert isinstance(found, S3Location)
    return found


def test_files_are_uploaded_shown_packed_and_removed(own: Uploader, bucket: S3Location) -> None:
    long, short = samples.jpg_of(6 * 1024 * 1024), samples.pdf()
    assert own.upload(long, "大图.jpg").status_code == 302
    url = own.begin(short)
    assert own.part(url, short[:900], 0).status_code == 204
    use(own.app, bucket)  # the other host has no memory of the first one's
    assert own.part(url, short[900:], 900).status_code == 204
    assert own.finish(url).json == {"errors": [], "files": 1}
    picture, paper = own.rows()

    sent = own.browser.get(f"{own.path}papers/{picture.id}/")
    assert (sent.data, sent.content_length) == (long, len(long))
    for _ in range(2):
        shown = own.browser.get(f"{own.path}papers/{paper.id}/1-160.jpg")
        assert (shown.status_code, shown.mimetype, shown.data[:2]) == (200, "image/jpeg", b"\xff\xd8")

    with own.app.app_context():
        jobs.ask(own.account, PAPERS, {"numbers": [own.number]}, papers_title([own.number]))
        file_jobs.process_due()
        job = db.session.scalars(select(FileJob)).one()
        assert job.state is FileState.READY
        with zipfile.ZipFile(storage().open(job.storage_name or "")) as archive:
            assert sorted(len(archive.read(name)) for name in archive.namelist())[1:] == [
                len(short),
                len(long),
            ]
        assert own.browser.get(f"/files/{job.id}/download").status_code == 200

    own.browser.send(f"{own.path}attachments/{paper.id}/remove/")
    with own.app.app_context():
        assert list(storage().missing([picture.storage_name, paper.storage_name])) == [paper.storage_name]
        assert sweeping.sweep() == 0


def test_an_upload_says_that_the_store_is_down_and_goes_on_afterwards(
    own: Uploader, bucket: S3Location, dead: S3Location
) -> None:
    content = samples.pdf()
    url = own.begin(content)
    assert own.part(url, content[:900], 0).status_code == 204

    use(own.app, dead)
    refused = own.upload(content)
    assert refused.status_code == 422
    assert DOWN in refused.text
    assert SAVED in refused.text
    assert "已上传 0" not in refused.text
    waiting = own.part(url, content[900:], 900)
    assert waiting.status_code == 503
    assert "恢复后自动继续" in waiting.json["errors"][0]

    use(own.app, bucket)
    assert own.part(url, content[900:], 900).status_code == 204
    use(own.app, dead)
    assert own.finish(url).status_code == 503
    use(own.app, bucket)
    assert own.finish(url).json == {"errors": [], "files": 1}
    assert [row.size for row in own.rows()] == [len(content)]


def test_pages_work_and_say_calmly_what_cannot_be_shown(
    own: Uploader, bucket: S3Location, dead: S3Location
) -> None:
    own.upload(samples.pdf())
    (paper,) = own.rows()
    use(own.app, dead)

    page = own.browser.get(f"{own.path}attachments/")
    assert page.status_code == 200
    assert paper.display_name in page.text
    picture = own.browser.get(f"{own.path}papers/{paper.id}/1-900.jpg")
    assert (picture.status_code, picture.mimetype) == (503, "image/svg+xml")
    assert NOT_SHOWN in picture.text
    assert picture.headers["Cache-Control"] == "no-store"
    download = own.browser.get(f"{own.path}papers/{paper.id}/")
    assert download.status_code == 503
    assert download.headers["Retry-After"]
    assert "文件存储没有响应" in download.text
    assert own.browser.get("/healthz").status_code == 200

    own.browser.send(f"{own.path}attachments/{paper.id}/remove/")
    assert own.rows() == []
    with own.app.app_context():
        assert sweeping.sweep() == 0  # and says nothing but a line in the log
    use(own.app, bucket)
    with own.app.app_context():
        assert list(storage().missing([paper.storage_name])) == []  # the next sweep deletes it
        assert storage().sweep(sweeping.referenced_names, timedelta(seconds=-60)) == [paper.storage_name]


def test_a_registration_keeps_what_was_typed_and_uploaded(
    client: Client, app: Flask, bucket: S3Location, dead: S3Location
) -> None:
    with app.app_context():
        region, *_ = place(kind=RegionKind.BANNER)
        db.session.expunge_all()
    kept = client.send("/register/enterprise", company(region, name=""))
    use(app, dead)
    again = client.send(
        "/register/enterprise",
        company(region, licence=scan(samples.pdf(), "新执照.pdf"), licence_kept=value(kept, "licence_kept")),
    )
    assert again.status_code == 422
    assert DOWN in again.text
    assert value(again, "name") == "东胜区示例智能制造有限公司"
    given = company(region, licence=None, licence_kept=value(again, "licence_kept"))
    assert client.send("/register/enterprise", given).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Enterprise.licence_name)).one() == "营业执照.png"


def test_a_file_that_is_made_waits_for_the_store(own: Uploader, bucket: S3Location, dead: S3Location) -> None:
    own.upload(samples.pdf())
    use(own.app, dead)
    with own.app.app_context():
        jobs.ask(own.account, PAPERS, {"numbers": [own.number]}, papers_title([own.number]))
        file_jobs.process_due()
        job = db.session.scalars(select(FileJob)).one()
        assert (job.state, job.attempts) == (FileState.MAKING, 1)
        for _ in range(2):
            with exclusive():
                job.next_try = now()
            file_jobs.process_due()
        assert (job.state, job.error) == (FileState.FAILED, [jobs.STORAGE_DOWN.text, {}])


def test_doctor_stores_reads_and_deletes_a_file(app: Flask, bucket: S3Location, s3_server: S3Server) -> None:
    app.config["STORAGE_URL"] = str(bucket)
    for access, words in (
        (s3_server.access(), f"ok     附件存储 {bucket}"),
        (s3_server.access(SECRET_KEY="another-key"), f"unsafe 附件存储 {bucket} 不能写入或读取"),
    ):
        app.config["S3"] = access
        found = app.test_cli_runner().invoke(args=["doctor"]).output
        assert words in found
        assert access["SECRET_KEY"] not in found
    with app.app_context():
        assert list(storage().listing()) == []
