"""`storage move`: everything arrives and is compared, while the site goes on; what is missing or damaged is named."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from models import Attachment, db
from tests import factories
from tests.machine.processes import free_port
from tests.machine.s3 import S3Server
from tests.uploads.sites import use
from uploads import moving
from uploads.sets import parts, storage
from uploads.storage import StoredFile
from uploads.storage_locations import FilePlaces, S3Location, places_at

pytestmark = [
    pytest.mark.guide("S1"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
TOKEN = "0123456789abcdef" * 2


@dataclass
class Site:
    """A site with three papers of rows, a file of a form that is not saved yet, and an unfinished upload; all on disk."""

    app: Flask
    disk: Path
    bucket: S3Location
    papers: list[str]
    loose: str

    @property
    def target(self) -> FilePlaces:
        return places_at(self.bucket)

    def move(self, *more: str, to: str = "") -> Result:
        return self.app.test_cli_runner().invoke(args=["storage", "move", to or str(self.bucket), *more])

    def names(self) -> list[str]:
        return [name for name, _ in self.target.files.listing()]


def attach(content: bytes) -> str:
    """Store a paper with its row."""
    stored = storage().store(io.BytesIO(content))
    application = factories.draft()
    factories.upload(
        application,
        factories.materials()[0],
        storage_name=stored.name,
        sha256=stored.sha256,
        size=stored.size,
    )
    return stored.name


@pytest.fixture
def site(app: Flask, s3_server: S3Server) -> Iterator[Site]:
    bucket = s3_server.location()
    app.config["S3"] = s3_server.access()
    with app.app_context():
        papers = [attach(f"paper {number}".encode() * 1000) for number in range(3)]
        loose = storage().store(io.BytesIO(b"licence")).name
        parts().append(TOKEN, 0, b"begun")
        yield Site(app, Path(app.config["ATTACHMENTS_DIR"]), bucket, papers, loose)


def test_everything_is_copied_compared_and_found_again_after_the_switch(
    site: Site, s3_server: S3Server
) -> None:
    first = site.move()

    assert first.exit_code == 0, first.output
    assert f"4 个文件，{3 * 7000 + 7} 字节" in first.output
    assert site.names() == sorted([*site.papers, site.loose])
    assert site.target.parts.open(TOKEN).read() == b"begun"
    assert all((site.disk / name).exists() for name in site.papers)
    assert "复制 0 个" in site.move().output
    for secret in (s3_server.secret_key, s3_server.access_key):
        assert secret not in first.output

    late = attach(b"uploaded before the restart")
    use(site.app, site.bucket)  # restarted with the new URL
    site.app.config["STORAGE_URL"] = str(site.bucket)
    with pytest.raises(FileNotFoundError):
        storage().open(late)
    caught = site.app.test_cli_runner().invoke(
        args=["storage", "move", "--from", str(site.disk), "--new-only"]
    )
    assert caught.exit_code == 0, caught.output
    assert "复制 1 个" in caught.output
    for row in db.session.scalars(select(Attachment)):
        assert hashlib.sha256(storage().open(row.storage_name).read()).hexdigest() == row.sha256

    gone = site.app.test_cli_runner().invoke(
        args=["storage", "move", "--from", str(site.disk), "--delete-source"]
    )
    assert "已删除来源处 5 个文件" in gone.output
    assert not [path for path in site.disk.rglob("*") if path.is_file() and "parts" not in path.parts]


def test_what_is_uploaded_during_the_move_arrives_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "WINDOW", 1)
    written: list[str] = []
    ended = threading.Event()

    def people() -> None:
        with site.app.app_context():
            while not ended.is_set() and len(written) < 40:
                written.append(attach(f"{len(written)}".encode()))

    writer = threading.Thread(target=people)
    writer.start()
    try:
        during = site.move()
    finally:
        ended.set()
        writer.join()
    after = site.move("--new-only")
    assert (during.exit_code, after.exit_code) == (0, 0), during.output + after.output
    assert site.names() == sorted([*site.papers, site.loose, *written])


def test_a_move_that_was_stopped_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "WINDOW", 1)
    reports = []

    def stop(self: object, outcome: object) -> None:
        reports.append(outcome)
        if len(reports) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(moving.Moved, "add", stop)
        assert site.move().exit_code == 1
    assert 0 < len(site.names()) < 4
    again = site.move()
    assert again.exit_code == 0
    assert site.names() == sorted([*site.papers, site.loose])


def test_missing_and_damaged_files_are_named_and_the_rest_is_copied(site: Site) -> None:
    assert site.move().exit_code == 0
    lost, altered, bad_copy = site.papers
    (site.disk / lost).unlink()
    site.target.files.remove(lost)
    (site.disk / altered).write_bytes(b"altered")
    site.target.files.store(io.BytesIO(b"x" * 7000), bad_copy)

    found = site.move()

    assert found.exit_code == 1
    faults = [line for line in found.output.splitlines() if line.startswith("✗")]
    assert len(faults) == 2
    assert lost in faults[0]
    assert "missing" in faults[0]
    assert altered in faults[1]
    assert "damaged" in faults[1]
    assert site.target.files.open(bad_copy).read() == (site.disk / bad_copy).read_bytes()


def test_a_copy_that_does_not_hold_what_was_sent_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(site.target.files)
    store, altered = kind.store, site.papers[1]

    def keep_something_else(self: Any, stream: Any, name: str) -> StoredFile:
        stored = store(self, stream, name)
        if name == altered:
            store(self, io.BytesIO(b"x" * stored.size), name)
        return stored

    monkeypatch.setattr(kind, "store", keep_something_else)
    found = site.move()
    assert found.exit_code == 1
    [fault] = [line for line in found.output.splitlines() if line.startswith("✗")]
    assert altered in fault
    assert "unequal" in fault


def test_back_to_disk(site: Site, tmp_path: Path) -> None:
    assert site.move().exit_code == 0
    other = tmp_path / "restored"
    back = site.move("--from", str(site.bucket), to=other.as_uri())
    assert back.exit_code == 0, back.output
    for name in (*site.papers, site.loose):
        assert (other / name).read_bytes() == (site.disk / name).read_bytes()
    assert (other / "parts" / TOKEN).read_bytes() == b"begun"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--delete-source"], "the site uses this place"),
        (["--from", "s3://name:hidden@papers/site"], "without keys"),
        (["--from", "here"], "same place"),
    ],
)
def test_an_unsafe_move_is_refused(site: Site, more: list[str], words: str) -> None:
    refused = site.move(*[str(site.bucket) if each == "here" else each for each in more])
    assert refused.exit_code == 1
    assert words in refused.output
    assert "hidden" not in refused.output
    assert site.names() == []


def test_a_server_that_is_down_ends_the_move_with_a_sentence(site: Site) -> None:
    site.app.config["S3"]["ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    refused = site.move()
    assert refused.exit_code == 1
    assert "run it again" in refused.output
