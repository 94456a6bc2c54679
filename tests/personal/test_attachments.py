"""「上传附件」 as plain multipart to the real site: cut off, too big, misnamed, several at once; no script has a part in it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from models import Application, Attachment, Material, db
from tests import factories
from tests.files import samples as files
from tests.machine.site import Site
from tests.personal.wire import BOUNDARY, Part, Visitor, multipart, reset
from tests.site.forms import forms
from uploads.limits import MAX_BYTES, MAX_FORM_BYTES
from uploads.names import display_name
from uploads.storage import NAME

pytestmark = [
    pytest.mark.guide("A11"),
    pytest.mark.parametrize("live_server", ["sqlite", "postgresql"], indirect=True, scope="module"),
]
SETTLED = 0.4
"""Seconds for which nothing may have stayed of a request that was cut off."""
PATIENCE = 20
"""Seconds within which even a busy site has let it go."""


@dataclass
class Desk:
    """An applicant at the page 「上传附件」."""

    visitor: Visitor
    site: Site
    number: str
    slots: list[str]
    """The names of the file inputs, as they stand on the page."""

    @property
    def path(self) -> str:
        return f"/personal/application/{self.number}/attachments/"

    def parts(self, *files_of_slots: Part) -> list[Part]:
        return [Part("csrf_token", self.visitor.token(self.path).encode()), *files_of_slots]

    def rows(self) -> list[Attachment]:
        with self.site.app_context():
            of_mine = Attachment.application_id.in_(
                select(Application.id).where(Application.number == self.number)
            )
            found = list(db.session.scalars(select(Attachment).where(of_mine).order_by(Attachment.id)))
            db.session.expunge_all()
            db.session.rollback()
            return found

    def application(self) -> dict[str, Any]:
        """The row of the application, as it is stored."""
        with self.site.app_context():
            statement = text("SELECT * FROM applications WHERE number = :number")
            row = db.session.execute(statement, {"number": self.number}).mappings().one()
            db.session.rollback()
            return dict(row)

    def stored(self) -> set[Path]:
        """Every file of the storage, also one that is arriving; our own pictures of them apart."""
        room = self.site.instance / "attachments"
        return {path for path in room.rglob("*") if path.is_file() and "previews" not in path.parts}

    def remove_all(self) -> None:
        for row in self.rows():
            token = self.visitor.token(self.path).encode()
            self.visitor.send(f"{self.path}{row.id}/remove/", [Part("csrf_token", token)])
        assert self.rows() == []


@pytest.fixture
def desk(live_server: Site) -> Iterator[Desk]:
    with live_server.app_context():
        person = factories.applicant()
        application = factories.draft(factories.enterprise(), person)
        login, number = person.identity_number, application.number
        names = [f"material-{one}" for one in db.session.scalars(select(Material.id).where(Material.active))]
        db.session.rollback()
    visitor = Visitor(live_server)
    visitor.log_in("personal", login or "", factories.PASSWORD)
    page = visitor.get(f"/personal/application/{number}/attachments/")
    (form,) = (form for form in forms(page.text) if form.multipart)
    slots = [name for name, kind in form.blank.items() if kind == "file"]
    assert set(slots) == set(names)
    assert len(slots) >= 3
    desk = Desk(visitor, live_server, number, slots)
    yield desk
    desk.remove_all()


def settled(desk: Desk, before: set[Path]) -> bool:
    """Whether nothing of a request has stayed once the site has let it go, and a moment later; no row ever has."""
    end, quiet = time.monotonic() + PATIENCE, 0
    while quiet < 4:
        time.sleep(SETTLED / 4)
        if desk.rows() or time.monotonic() > end:
            return False
        quiet = quiet + 1 if desk.stored() == before else 0
    return True


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closed", "reset"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_an_upload_that_breaks_off_leaves_no_file_and_no_row(
    desk: Desk, share: float, leave: Callable[[socket.socket], None]
) -> None:
    before = desk.stored()
    body = multipart(
        desk.parts(
            Part(desk.slots[0], files.jpg(), "身份证.jpg"),  # this one has arrived whole when the line breaks
            Part(desk.slots[1], files.pdf_of(3_000_000), "合同.pdf"),
        )
    )
    connection = desk.visitor.raw(desk.path, body[: int(len(body) * share)], announced=len(body))
    time.sleep(0.05)
    leave(connection)
    assert settled(desk, before)
    assert desk.visitor.get(desk.path).status == 200, "the site is none the worse"


def test_a_body_cut_within_its_last_boundary_leaves_nothing(desk: Desk) -> None:
    before = desk.stored()
    body = multipart(desk.parts(Part(desk.slots[0], files.jpg(), "身份证.jpg")))
    with desk.visitor.raw(desk.path, body[:-6], announced=len(body)) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert desk.visitor.answered(connection).status == 400
    assert settled(desk, before)


def test_a_body_whose_end_is_missing_though_its_length_is_right_keeps_only_what_is_whole(desk: Desk) -> None:
    before = desk.stored()
    body = multipart(desk.parts(Part(desk.slots[0], files.pdf_of(200_000), "合同.pdf")))
    cut = body[: len(body) // 2]
    with desk.visitor.raw(desk.path, cut, announced=len(cut)) as connection:
        assert desk.visitor.answered(connection).status == 400
    assert settled(desk, before)


@pytest.mark.guide("S5")
def test_more_slow_uploads_than_threads_keep_nobody_out(desk: Desk) -> None:
    """Eight threads are there for pages, four for uploads."""
    before = desk.stored()
    body = multipart(desk.parts(Part(desk.slots[0], files.pdf_of(2_000_000), "合同.pdf")))
    slow = [desk.visitor.raw(desk.path, body[:150_000], announced=len(body)) for _ in range(30)]
    begun = time.monotonic()
    assert desk.visitor.get(desk.path).status == 200
    assert desk.visitor.send(desk.path, desk.parts()).status == 302
    assert time.monotonic() - begun < PATIENCE
    slow[0].sendall(body[150_000:])
    assert desk.visitor.answered(slow[0]).status == 302
    assert [row.size for row in desk.rows()] == [2_000_000]
    desk.remove_all()
    for connection in slow:
        connection.close()
    assert settled(desk, before)


def test_an_upload_in_chunks_that_breaks_off_leaves_nothing(desk: Desk) -> None:
    before = desk.stored()
    body = multipart(desk.parts(Part(desk.slots[0], files.pdf_of(300_000), "合同.pdf")))
    half = body[: len(body) // 2]
    connection = desk.visitor.raw(
        desk.path, f"{len(half):x}\r\n".encode() + half + b"\r\n", announced=0, chunked=True
    )
    time.sleep(0.05)
    connection.close()
    assert settled(desk, before)


def test_exactly_20_mib_is_kept_and_one_byte_more_refused_while_the_rest_of_the_request_is_kept(
    desk: Desk,
) -> None:
    first, second, third = desk.slots[:3]
    answer = desk.visitor.send(
        desk.path,
        desk.parts(
            Part(first, files.jpg_of(MAX_BYTES), "正好.jpg"),
            Part(second, files.pdf_of(MAX_BYTES + 1), "多一个字节.pdf"),
            Part(third, files.png(), "第二个文件.png"),
        ),
    )
    assert answer.status == 422
    assert "文件“多一个字节.pdf”超过 20 MB" in answer.text
    assert answer.text.count("超过 20 MB") == 1
    slot = answer.text.partition(f'id="slot-{second.removeprefix("material-")}-error"')[2]
    assert "多一个字节.pdf" in slot.partition("</div>")[0], "the sentence stands beside its field"
    rows = desk.rows()
    assert [(row.display_name, row.size) for row in rows] == [
        ("正好.jpg", MAX_BYTES),
        ("第二个文件.png", len(files.png())),
    ]
    assert {desk.site.instance / "attachments" / row.storage_name for row in rows} <= desk.stored()


def test_one_that_is_not_what_it_says_keeps_no_other_from_being_kept(desk: Desk) -> None:
    first, second, third = desk.slots[:3]
    answer = desk.visitor.send(
        desk.path,
        desk.parts(
            Part(first, files.program(), "身份证.jpg"),
            Part(first, files.jpg(), "身份证 正面.jpg"),
            Part(second, b"", "空.pdf"),
            Part(second, files.truncated(files.pdf()), "合同.pdf"),
            Part(third, files.excel(), "名单.xlsx"),
            Part(third, b"", ""),
        ),
    )
    assert answer.status == 422
    for sentence in ("文件“身份证.jpg”", "文件“空.pdf”是空的", "文件“合同.pdf”"):
        assert sentence in answer.text
    assert [row.display_name for row in desk.rows()] == ["身份证 正面.jpg", "名单.xlsx"]


HOSTILE_NAMES = {
    "path": "../../../../tmp/上一级.jpg",
    "windows path": "C:\\Users\\王\\桌面\\照片.jpg",
    "absolute": "/etc/cron.d/x.jpg",
    "markup": "<script>alert(1)</script>.jpg",
    "line ends": "a%0D%0ASet-Cookie: x=1%0D%0A.jpg",
    "turned": "照片\u202egpj.exe.jpg",
    "device": "CON.jpg",
    "only an extension": ".jpg",
    "long": "很" * 300 + ".jpg",
    "template": "{{ config }}${7*7}%(name)s.jpg",
    "quotes": "a%22; filename=%22b.jpg",
    "no utf-8": b"\xff\xfe\x00.jpg",
    "spaces": "   .   .jpg",
}


@pytest.mark.parametrize("kind", HOSTILE_NAMES)
def test_a_hostile_name_harms_nobody(desk: Desk, kind: str) -> None:
    before = desk.stored()
    answer = desk.visitor.send(desk.path, desk.parts(Part(desk.slots[0], files.jpg(), HOSTILE_NAMES[kind])))
    assert answer.status in {302, 400, 422}, answer.text
    fresh = desk.stored() - before
    room = desk.site.instance / "attachments"
    assert all(NAME.fullmatch(path.relative_to(room).as_posix()) for path in fresh)
    assert len(fresh) == len(desk.rows())
    for row in desk.rows():
        assert row.display_name == display_name(row.display_name), "it is clean already"
        assert "/" not in row.display_name
        assert "\\" not in row.display_name
        page = desk.visitor.get(desk.path)
        assert "<script>alert" not in page.text
        sent = desk.visitor.get(f"/personal/application/{desk.number}/papers/{row.id}/")
        assert sent.status == 200
        assert sent.content == files.jpg()
        assert sent.headers.get_all("Content-Disposition") == [sent.headers["Content-Disposition"]]
        assert sent.headers["Content-Disposition"].startswith('attachment; filename="')
        assert "x=1" not in (sent.headers["Set-Cookie"] or "")


def test_no_name_makes_a_program_out_of_a_picture(desk: Desk) -> None:
    for name in ("照片.jpg.exe", "照片.exe", "照片.jpg\u202e.exe", "照片.svg", "照片.html"):
        answer = desk.visitor.send(desk.path, desk.parts(Part(desk.slots[0], files.jpg(), name)))
        assert answer.status == 422, name
    assert desk.rows() == []


def test_a_field_that_is_no_slot_takes_no_file(desk: Desk) -> None:
    before = desk.stored()
    for field in ("material-999999", "material-", "file", "csrf_token"):
        desk.visitor.send(desk.path, desk.parts(Part(field, files.jpg(), "照片.jpg")))
    assert settled(desk, before)


def test_without_the_token_or_the_login_nothing_is_stored(desk: Desk) -> None:
    before = desk.stored()
    chosen = Part(desk.slots[0], files.jpg(), "照片.jpg")
    expired = desk.visitor.send(desk.path, [chosen])
    assert expired.status == 419
    assert "照片.jpg" in expired.text
    stranger = Visitor(desk.site)
    token = stranger.token("/login/personal").encode()
    assert stranger.send(desk.path, [Part("csrf_token", token), chosen]).status == 302
    assert settled(desk, before)


def test_more_than_any_form_may_bring_is_refused_also_in_chunks(desk: Desk) -> None:
    body = multipart([Part("login", b"x" * (MAX_FORM_BYTES + 1))])
    whole = desk.visitor.request("POST", "/login/personal", body, {"Content-Type": desk.visitor.kind})
    assert whole.status == 413
    assert "文件太大" in whole.text
    pieces = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with desk.visitor.raw("/login/personal", pieces, announced=0, chunked=True) as connection:
        assert desk.visitor.answered(connection).status == 413


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_form_that_breaks_off_changes_nothing(desk: Desk, share: float) -> None:
    """A plain form's first half is a form too: what it lacks would be taken for emptied."""
    page = f"/personal/application/{desk.number}/"
    form = next(one for one in forms(desk.visitor.get(page).text) if "enterprise_id" in one.names)
    body = urlencode({**form.fields, "position": "高级工程师" * 10}, doseq=True).encode()
    before = desk.application()
    kind = "application/x-www-form-urlencoded"
    connection = desk.visitor.raw(page, body[: int(len(body) * share)], announced=len(body), kind=kind)
    with connection:
        connection.shutdown(socket.SHUT_WR)
        answer = desk.visitor.answered(connection)
    assert desk.application() == before
    assert answer.status == 400
    assert "没有保存任何内容" in answer.text


def test_a_form_in_chunks_that_breaks_off_changes_nothing(desk: Desk) -> None:
    before = desk.application()
    page = f"/personal/application/{desk.number}/"
    token = desk.visitor.token(page)
    half = urlencode({"csrf_token": token, "version": "1", "position": "工程师"}).encode()
    pieces = f"{len(half):x}\r\n".encode() + half + b"\r\n"
    kind = "application/x-www-form-urlencoded"
    with desk.visitor.raw(page, pieces, announced=0, chunked=True, kind=kind) as connection:
        connection.shutdown(socket.SHUT_WR)
        time.sleep(SETTLED)
    assert desk.application() == before


def test_what_is_no_multipart_at_all_is_answered(desk: Desk) -> None:
    before = desk.stored()
    token = desk.visitor.token(desk.path)
    for body in (b"", b"\0" * 1000, f"--{BOUNDARY}".encode(), f"--{BOUNDARY}\r\n\r\n".encode()):
        answer = desk.visitor.request(
            "POST", desk.path, body, {"Content-Type": desk.visitor.kind, "X-CSRFToken": token}
        )
        assert answer.status < 500
    assert settled(desk, before)
