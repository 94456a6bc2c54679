"""The cost of files: the page of an application with six scans, and an upload to a draft."""

from __future__ import annotations

import html
import io
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from accounts import logins
from bench.browser import TOKEN, Browser
from bench.measuring import p50
from bench.servers import SampleDatabase, Site
from models import Application, Attachment, Enterprise, Material, Registration, State, db
from tests import factories
from tests.files import samples as files
from uploads.sets import storage

if TYPE_CHECKING:
    from bench.before import Build

SCAN = "扫描件.jpg"
UPLOADED = 20 * 1000 * 1000
TIMES = 5
PICTURE = re.compile(r'src="([^"]+-900\.jpg)"')


def page_with_pictures(sample: SampleDatabase, clerk: Browser) -> dict[str, float]:
    """Return the ms of an application's page with its files, of a preview rendered for the first time, and of a cached one."""
    with sample.site() as app, app.app_context():
        # Not the first that waits, which bench/before.py opens in both builds.
        waiting = select(Application).where(Application.state == State.CITY_REVIEW)
        one = db.session.scalars(waiting.order_by(Application.arrived_at.desc()).limit(1)).one()
        number = one.number
        own = Attachment.application_id == one.id
        if db.session.scalar(select(Attachment.id).where(own, Attachment.display_name == SCAN)) is None:
            db.session.execute(delete(Attachment).where(own))
            photograph = files.photograph(2480, 3508)
            for material in db.session.scalars(select(Material).limit(6)):
                stored = storage().store(io.BytesIO(photograph))
                factories.upload(
                    one, material, storage_name=stored.name, size=stored.size, sha256=stored.sha256,
                    extension="jpg", content_type="image/jpeg", display_name=SCAN, submitted_round=one.round,
                )  # fmt: skip
        previews = Path(app.config["ATTACHMENTS_DIR"]) / "previews"
    for old in previews.rglob("*.jpg"):
        old.unlink()
    page = [clerk.get(f"/city/{number}/") for _ in range(20)]
    pictures = [html.unescape(address) for address in PICTURE.findall(page[0].text)]
    first = [clerk.get(address).seconds for address in pictures]
    again = [clerk.get(address).seconds for _ in range(TIMES) for address in pictures]
    return {
        "page, ms": p50([answer.seconds for answer in page]),
        "a picture, drawn, ms": p50(first),
        "a picture, again, ms": p50(again),
    }


RAW_COPY = "upload of 20 MB beside a raw copy with fsync, ms"


def beside_raw_copy(taken: dict[str, float]) -> dict[str, str]:
    """Return the figure of `upload`."""
    sent, copied = taken["upload of 20 MB, ms"], taken["raw copy, ms"]
    return {RAW_COPY: f"**{sent / copied:.2f} x** ({sent:.1f} : {copied:.1f})"}


def uploads_in_turn(builds: Sequence[Build]) -> dict[str, tuple[float, float]]:
    """Return the p50 in ms of uploading 20 MB to ours and to the earlier build; the rows are deleted."""
    photograph = files.jpg_of(UPLOADED)
    taken: list[list[float]] = [[], []]
    for turn in range(TIMES + 1):
        for seconds, build in zip(taken, builds, strict=True):
            applicant = build.browsers["applicant"]
            own = re.search(r'href="(/personal/application/\d{4}-\d+/)"', applicant.get("/personal/").text)
            if own is None:
                raise RuntimeError("the applicant has no draft")
            slots = f"{own[1]}attachments/"
            page = applicant.get(slots).text
            material = (re.findall(r'name="(material-\d+)"', page) or [""])[0]
            fields = {"csrf_token": html.unescape(TOKEN.findall(page)[0])}
            with build.sample.connected() as database:
                [last] = database.execute("SELECT coalesce(max(id), 0) FROM attachments").fetchone() or [0]
                answer = applicant.send_file(slots, fields, material, photograph)
                if answer.status not in {302, 303}:
                    raise RuntimeError(f"the upload was answered with {answer.status}")
                database.execute("DELETE FROM attachments WHERE id > %s", [last])
            if turn:  # the first round warms up
                seconds.append(answer.seconds)
    return {"upload of 20 MB": (p50(taken[0]), p50(taken[1]))}


def own_application(sample: SampleDatabase) -> str:
    """Return the number of the first sample applicant's application; begin one when there is none."""
    with sample.site() as app, app.app_context():
        person = logins.find("personal", sample.account("applicant")["login"])
        if person is None:
            raise RuntimeError("the first sample applicant has no account")
        newest = (
            select(Application).where(Application.applicant_id == person.id).order_by(Application.id.desc())
        )
        application = db.session.scalars(newest.limit(1)).first()
        if application is None:
            approved = Enterprise.registration == Registration.APPROVED
            employer = db.session.scalars(select(Enterprise).where(approved).limit(1)).one()
            application = factories.draft(employer, person)
        return application.number


def upload(sample: SampleDatabase, site: Site) -> dict[str, float]:
    """Return the ms of uploading a 20 MB photograph, and of writing the same bytes durably to the same disk.

    The copy takes the place of the last one, and thereby its memory in the cache of files. An upload is a new file with new memory,
    which a virtual machine may first have to get from its host. So copies into new files are measured as well.
    """
    given = sample.account("applicant")
    number = own_application(sample)
    with sample.site() as app, app.app_context():
        material = db.session.scalars(select(Material.id).order_by(Material.id)).first()
        target = Path(app.config["ATTACHMENTS_DIR"]) / "bench-copy"
    photograph = files.jpg_of(UPLOADED)
    browser = Browser(site.port)
    browser.log_in("personal", given["login"], given["password"])
    address = f"/personal/application/{number}/attachments/"
    sent, copied = [], []
    for _ in range(TIMES):
        token = html.unescape(TOKEN.findall(browser.get(address).text)[0])
        answer = browser.send_file(address, {"csrf_token": token}, f"material-{material}", photograph)
        if answer.status not in {200, 302, 303}:
            raise RuntimeError(f"the upload was answered with {answer.status}\n{answer.text[:3000]}")
        sent.append(answer.seconds)
        copied.append(_seconds_to_copy(photograph, target))
    target.unlink()
    new_files = [target.with_name(f"{target.name}-{number}") for number in range(TIMES)]
    copied_anew = [_seconds_to_copy(photograph, file) for file in new_files]
    for file in new_files:
        file.unlink()
    with sample.connected() as database:
        database.execute(
            "DELETE FROM attachments WHERE application_id = (SELECT id FROM applications WHERE number = %s)",
            [number],
        )
    return {
        "upload of 20 MB, ms": p50(sent),
        "raw copy, ms": p50(copied),
        "raw copy into new files, ms": p50(copied_anew),
    }


def _seconds_to_copy(content: bytes, target: Path) -> float:
    begun = time.perf_counter()
    with target.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - begun
