"""Uploads in parts over the wire, by tus 1.0: resumed, refused, of another, at once, with the server killed in the middle (A21)."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from models import Application, Attachment, Material, PartialUpload, State, db, exclusive, now
from tests import factories
from tests.files import samples as files
from tests.machine.site import Site
from tests.personal.wire import Answer, Visitor, reset
from uploads.limits import MAX_BYTES
from uploads.partial import LIFETIME, MOST_AT_ONCE
from worker import sweeping

pytestmark = [
    pytest.mark.guide("A21"),
    pytest.mark.parametrize("live_server", ["sqlite", "postgresql"], indirect=True, scope="module"),
]
PART = 1024 * 1024
PATIENCE = 20


@dataclass
class Uploader:
    """An applicant whose browser uploads in parts."""

    visitor: Visitor
    site: Site
    number: str
    material: int
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.path = f"/personal/application/{self.number}/uploads/"
        self.page = f"/personal/application/{self.number}/attachments/"
        self.token = self.visitor.token(self.page)

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        fixed = {"X-CSRFToken": self.token, "Tus-Resumable": "1.0.0"}
        return self.visitor.request(method, path, body, {**fixed, **given})

    def create(self, size: int, name: str = "合同.pdf", sha256: str = "") -> Answer:
        values = {"filename": name, "material": str(self.material), "sha256": sha256}
        metadata = ",".join(f"{key} {base64.b64encode(one.encode()).decode()}" for key, one in values.items())
        return self.send("POST", self.path, Upload_Length=str(size), Upload_Metadata=metadata)

    def begin(self, content: bytes, name: str = "合同.pdf", sha256: str = "") -> str:
        answer = self.create(len(content), name, sha256)
        assert answer.status == 201, answer.text
        return answer.headers["Location"]

    def part(self, url: str, content: bytes, offset: int) -> Answer:
        kind = "application/offset+octet-stream"
        return self.send("PATCH", url, content, Upload_Offset=str(offset), Content_Type=kind)

    def offset(self, url: str) -> int:
        answer = self.send("HEAD", url)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])

    def rest(self, url: str, content: bytes) -> None:
        at = self.offset(url)
        while at < len(content):
            answer = self.part(url, content[at : at + PART], at)
            assert answer.status == 204, answer.text
            at = int(answer.headers["Upload-Offset"])

    def finish(self, url: str) -> Answer:
        return self.send("POST", f"{url}finish/")

    def digests(self) -> list[str]:
        """SHA-256 of what the storage has for the rows of this application, from the bytes that lie there."""
        with self.site.app_context():
            mine = select(Application.id).where(Application.number == self.number)
            rows = db.session.scalars(select(Attachment).where(Attachment.application_id.in_(mine)))
            room = self.site.instance / "attachments"
            found = [hashlib.sha256((room / row.storage_name).read_bytes()).hexdigest() for row in rows]
            db.session.rollback()
            return found

    def parts(self) -> set[Path]:
        return set((self.site.instance / "attachments" / "parts").glob("*"))


def uploader(site: Site) -> Uploader:
    with site.app_context():
        person = factories.applicant()
        application = factories.draft(factories.enterprise(), person)
        login, number = person.identity_number, application.number
        material = db.session.scalars(select(Material.id).where(Material.active).limit(1)).one()
        db.session.rollback()
    visitor = Visitor(site)
    visitor.log_in("personal", login or "", factories.PASSWORD)
    return Uploader(visitor, site, number, material)


@pytest.fixture
def own(live_server: Site) -> Iterator[Uploader]:
    return uploader(live_server)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_in_parts_is_inspected_and_attached_once_however_often_it_is_asked_for(own: Uploader) -> None:
    content = files.pdf_of(PART * 2 + 1000)
    url = own.begin(content, "合同 第一份.pdf", sha256(content))
    assert own.finish(url).status == 409, "it is not complete"
    own.rest(url, content)
    assert own.digests() == []
    answer = own.finish(url)
    assert (answer.status, answer.text.strip()) == (200, '{"errors":[],"files":1}')
    with ThreadPoolExecutor() as pool:
        assert {one.status for one in pool.map(own.finish, [url] * 3)} == {200}
    assert own.digests() == [sha256(content)]
    assert own.offset(url) == len(content), "who lost the answer is told again"
    page = own.visitor.get(own.page).text
    assert "合同 第一份.pdf" in page
    assert "data-unfinished" not in page


def test_two_requests_that_finish_the_same_upload_attach_it_once(own: Uploader) -> None:
    content = files.jpg()
    url = own.begin(content, "照片.jpg")
    own.rest(url, content)
    with ThreadPoolExecutor() as pool:
        assert {one.status for one in pool.map(own.finish, [url] * 4)} == {200}
    assert own.digests() == [sha256(content)]


def test_a_part_out_of_order_or_too_long_is_refused_and_changes_nothing(own: Uploader) -> None:
    content = files.pdf_of(3 * PART)
    url = own.begin(content)
    assert own.part(url, content[:PART], 0).status == 204
    for offset in (0, PART - 1, 2 * PART):
        answer = own.part(url, content[PART : 2 * PART], offset)
        assert (answer.status, answer.headers["Upload-Offset"]) == (409, str(PART))
    assert own.part(url, content[PART : 2 * PART], PART).status == 204
    assert own.part(url, content[2 * PART :][: PART - 1] + b"xx", 2 * PART).status == 413
    assert own.part(url, b"x" * (PART + 1), 2 * PART).status == 413, "more than a part"
    wrong_kind = own.send("PATCH", url, b"x", Upload_Offset=str(2 * PART), Content_Type="text/plain")
    assert wrong_kind.status == 415
    assert own.send("PATCH", url, b"x", Tus_Resumable="0.2.2").status == 412
    own.rest(url, content)
    assert own.finish(url).status == 200
    assert own.digests() == [sha256(content)]


def test_a_firewall_that_lets_only_post_through_is_no_obstacle(own: Uploader) -> None:
    content = files.jpg()
    url = own.begin(content, "照片.jpg")
    posted = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    assert own.send("POST", url, content, **posted).status == 400, "it does not say what it means"
    answer = own.send("POST", url, content, X_HTTP_Method_Override="PATCH", **posted)
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(content)))
    assert own.send("POST", url, X_HTTP_Method_Override="DELETE").status == 204
    assert own.send("HEAD", url).status == 404


def test_of_equal_parts_at_once_one_is_taken(own: Uploader) -> None:
    content = files.pdf_of(2 * PART)
    url = own.begin(content, sha256=sha256(content))
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: own.part(url, content[:PART], 0).status, range(6)))
    assert sorted(answers) == [204, 409, 409, 409, 409, 409]
    own.rest(url, content)
    assert own.finish(url).status == 200
    assert own.digests() == [sha256(content)]


def test_two_uploads_at_once_do_not_mix(own: Uploader) -> None:
    contents = [files.pdf_of(3 * PART + number) for number in (1, 2)]

    def upload(content: bytes) -> int:
        url = own.begin(content, sha256=sha256(content))
        own.rest(url, content)
        return own.finish(url).status

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(upload, contents)) == [200, 200]
    assert sorted(own.digests()) == sorted(map(sha256, contents))


def test_another_persons_upload_does_not_exist(own: Uploader, live_server: Site) -> None:
    content = files.jpg()
    url = own.begin(content, "照片.jpg")
    other = uploader(live_server)
    under_own_number = other.path + url.rstrip("/").rpartition("/")[2] + "/"
    for path in (url, under_own_number):
        assert other.send("HEAD", path).status == 404
        assert other.part(path, content, 0).status == 404
        assert other.finish(path).status == 404
        assert other.send("POST", f"{path}discard/").status == 404
        assert other.send("DELETE", path).status == 404
    assert other.send("POST", own.path, Upload_Length="1", Upload_Metadata="").status == 404
    assert own.offset(url) == 0
    own.token = "forged"
    assert own.part(url, content, 0).status == 419
    assert own.offset(url) == 0


def arrived(site: Site) -> int:
    """How many bytes lie in the storage: what a broken connection still held is lost."""
    room = site.instance / "attachments"
    return sum(path.stat().st_size for path in room.rglob("*") if path.is_file())


def test_a_part_that_breaks_off_keeps_what_came_and_goes_on_there(own: Uploader) -> None:
    content = files.pdf_of(PART + PART // 2)
    url = own.begin(content, sha256=sha256(content))
    head = (
        f"PATCH {url} HTTP/1.1\r\nHost: {urlsplit(own.site.url).netloc}\r\nCookie: {own.visitor.cookie}\r\n"
        f"X-CSRFToken: {own.token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {PART}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", own.site.port), PATIENCE)
    before = arrived(own.site)
    connection.sendall(head.encode() + content[: PART // 2])
    end = time.monotonic() + PATIENCE
    while arrived(own.site) == before and time.monotonic() < end:
        time.sleep(0.02)
    reset(connection)
    end = time.monotonic() + PATIENCE
    while not own.offset(url) and time.monotonic() < end:
        time.sleep(0.05)
    assert 0 < own.offset(url) <= PART // 2
    own.rest(url, content)
    assert own.finish(url).status == 200
    assert own.digests() == [sha256(content)]


def test_a_server_killed_in_the_middle_loses_nothing_that_it_has_confirmed(own: Uploader) -> None:
    content = files.pdf_of(3 * PART)
    url = own.begin(content, sha256=sha256(content))
    assert own.part(url, content[:PART], 0).status == 204
    with ThreadPoolExecutor() as pool:
        running = pool.submit(lambda: own.part(url, content[PART : 2 * PART], PART))
        master = own.site._server.process.pid
        workers = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout.split()
        assert workers
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        running.exception()
    end = time.monotonic() + PATIENCE
    while True:
        try:
            at = own.offset(url)
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
    assert at in (PART, 2 * PART)
    own.rest(url, content)
    assert own.finish(url).status == 200
    assert own.digests() == [sha256(content)]


def test_what_was_recorded_and_is_not_on_the_disk_is_asked_for_again(own: Uploader) -> None:
    content = files.pdf_of(2 * PART)
    url = own.begin(content, sha256=sha256(content))
    before = own.parts()
    assert own.part(url, content[:PART], 0).status == 204
    for path in own.parts() - before:
        path.write_bytes(b"")  # a restored database is newer than the files
    assert own.part(url, content[PART:], PART).headers["Upload-Offset"] == "0"
    own.rest(url, content)
    assert own.finish(url).status == 200
    assert own.digests() == [sha256(content)]


def test_a_file_that_is_refused_says_what_the_plain_form_says_and_keeps_nothing(own: Uploader) -> None:
    for content, name, sentence in (
        (files.program(), "合同.pdf", "文件“合同.pdf”"),
        (files.truncated(files.pdf()), "合同.pdf", "已损坏或不完整"),
        (b"", "空.pdf", "文件“空.pdf”是空的"),
    ):
        url = own.begin(content, name)
        own.rest(url, content)
        answer = own.finish(url)
        assert answer.status == 422
        assert sentence in answer.text.encode().decode("unicode_escape")
        assert own.send("DELETE", url).status == 204
        assert own.send("HEAD", url).status == 404
    altered = own.begin(files.jpg(), "照片.jpg", sha256(b"something else"))
    own.rest(altered, files.jpg())
    assert own.finish(altered).status == 422
    too_big = own.create(MAX_BYTES + 1)
    assert too_big.status == 413
    assert "20,971,521" in too_big.text
    assert too_big.headers["Tus-Max-Size"] == str(MAX_BYTES)
    assert own.create(1, "").status == 400
    assert own.digests() == []


def test_an_application_submitted_meanwhile_takes_no_more_files(own: Uploader) -> None:
    content = files.jpg()
    url = own.begin(content, "照片.jpg")
    own.rest(url, content)
    stored = {path for path in (own.site.instance / "attachments").rglob("*") if path.is_file()}
    with own.site.app_context(), exclusive():
        db.session.execute(
            update(Application)
            .where(Application.number == own.number)
            .values(state=State.ENTERPRISE_REVIEW, round=1)
        )
    for answer in (own.finish(url), own.create(10)):
        assert answer.status == 422
        assert "申请已提交，不能再更改附件。" in answer.text.encode().decode("unicode_escape")
    assert {path for path in (own.site.instance / "attachments").rglob("*") if path.is_file()} == stored
    assert own.digests() == []


def test_abandoned_uploads_are_bounded_shown_and_swept(own: Uploader) -> None:
    content = files.pdf_of(PART + 1)
    before = own.parts()
    urls = [own.begin(content, f"第{number}份.pdf") for number in range(MOST_AT_ONCE + 2)]
    assert [own.send("HEAD", url).status for url in urls].count(404) == 2
    mine = [url for url in urls if own.send("HEAD", url).status == 200]
    for url in mine[:2]:
        assert own.part(url, content[:PART], 0).status == 204
    page = own.visitor.get(own.page).text
    assert page.count("data-unfinished=") == 2
    assert "传到 99%，请再选同一个文件继续。" in page
    assert own.send("POST", f"{mine[0]}discard/").status == 302
    assert len(own.parts() - before) == 1
    (path,) = own.parts() - before
    long_ago = now() - LIFETIME - timedelta(minutes=1)
    os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    with own.site.app_context():
        with exclusive():
            db.session.execute(
                update(PartialUpload).where(PartialUpload.token == path.name).values(updated_at=long_ago)
            )
        assert own.send("HEAD", mine[1]).status == 404, "an expired one is gone before the sweep"
        sweeping.delete_expired()
        sweeping.sweep()
        assert db.session.get(PartialUpload, path.name) is None
        assert db.session.get(PartialUpload, mine[2].rstrip("/").rpartition("/")[2]) is not None
    assert not path.exists()
