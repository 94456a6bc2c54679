"""`backup` and `restore`: what was backed up while people wrote is there again on an empty machine, and no damage passes unseen."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app import create_app
from commands.backups import backup as backup_command
from commands.backups import databases as databases_of_backups
from commands.backups import manifest as manifests
from commands.backups.backup import backups, delete_old
from commands.backups.databases import has_tables, revision_of
from common.system_events import BACKUP, RESTORE, last_event
from config import new_secrets, settings
from models import Account, Application, Attachment, EventOutcome, LoginSession, db
from models.secrets import vault
from tests import factories
from tests.files import samples
from tests.machine.databases import Databases
from tests.machine.s3 import S3Server
from tests.machine.secrets import environment
from tests.machine.site import Client
from uploads import attachments
from uploads.receive import discard_file, receive
from workflow.review import editing

pytestmark = pytest.mark.guide("S3")
LINK = re.compile(r'href="(/[^"#?]*)')
VOLATILE = re.compile(r'name="(csrf_token|tab)"[^>]*>|csrf-token[^>]*>')
LEFT_ASIDE = ("/logout", "/language", "/static", "/assets")
MOST_PAGES = 60
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@dataclass
class Source:
    """A site with one applicant who has attachments of real files."""

    app: Flask
    applicant_id: int
    number: str
    hashes: dict[int, str]

    def run(self, *args: str) -> Result:
        return self.app.test_cli_runner().invoke(args=list(args))


def attach(application: Application, content: bytes) -> Attachment:
    received = receive(FileStorage(io.BytesIO(content), filename="合同.pdf"))
    with editing(application.id, application.applicant) as held:
        return attachments.attach(held, factories.materials()[0].id, received)


@pytest.fixture
def source(app: Flask) -> Source:
    with app.app_context():
        factories.once_in_the_city()
        application = factories.draft(factories.enterprise())
        for count in (1, 2, 3):
            attach(application, samples.pdf(count))
        rows = db.session.scalars(select(Attachment)).all()
        return Source(app, application.applicant_id, application.number, {row.id: row.sha256 for row in rows})


@pytest.fixture
def own_keys() -> Iterator[None]:
    """Each application sets the keys of the process; afterwards those of the tests are there again."""
    kept = dict(vars(vault))
    yield
    vars(vault).update(kept)


Machine = Callable[..., Flask]


@pytest.fixture
def machine(source: Source, databases: Databases, tmp_path: Path, own_keys: None) -> Iterator[Machine]:
    """`machine()` is an application on an empty machine: a new folder, a new database of the same kind."""
    made: list[tuple[Flask, str]] = []

    def make(**variables: str) -> Flask:
        kind = source.app.config["SQLALCHEMY_DATABASE_URI"].partition(":")[0].partition("+")[0]
        url = databases.bare(kind)
        app = create_app(
            {**settings(environment(tmp_path / f"machine-{len(made)}", url, **variables)), "TESTING": True}
        )
        app.test_client_class = Client
        made.append((app, url))
        return app

    yield make
    for app, url in made:
        with app.app_context():
            db.engine.dispose()
        databases.drop(url)


def restore(app: Flask, folder: Path, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["restore", str(folder), *options])


def pages(app: Flask, account_id: int) -> dict[str, Any]:
    """Everything that the links of the applicant's pages lead to: status and content, without what changes each time."""
    client = app.test_client()
    with app.app_context():
        session = factories.session_of(db.session.get_one(Account, account_id))
    with client.session_transaction() as stored:
        stored.update(session)
    found: dict[str, Any] = {}
    to_visit = ["/personal/"]
    while to_visit and len(found) < MOST_PAGES:
        path = to_visit.pop(0)
        answer = client.get(path)
        body = answer.get_data()
        if answer.mimetype == "text/html":
            body = VOLATILE.sub("", answer.text).encode()
            links = LINK.findall(answer.text)
            to_visit += [
                link
                for link in dict.fromkeys(links)
                if link not in found and link not in to_visit and not link.startswith(LEFT_ASIDE)
            ]
        found[path] = (answer.status_code, body)
    return found


@contextmanager
def somebody_writing(source: Source) -> Iterator[None]:
    """Somebody who adds and removes attachments of a draft the whole time."""
    done, errors, rounds = threading.Event(), [], []

    def write() -> None:
        try:
            with source.app.app_context():
                application = factories.draft(factories.enterprise())
                while not done.is_set():
                    added = attach(application, samples.pdf(1))
                    with editing(application.id, application.applicant) as held:
                        names = attachments.remove(held, added.id)
                    for name in names:
                        discard_file(name)
                    rounds.append(1)
        except BaseException as error:
            errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()
    assert errors == []
    assert rounds


def test_the_drill_a_backup_made_while_somebody_writes_is_whole_on_an_empty_machine(
    source: Source, machine: Machine, tmp_path: Path
) -> None:
    before = pages(source.app, source.applicant_id)
    with somebody_writing(source):
        result = source.run("backup", str(tmp_path / "backups"))
    assert result.exit_code == 0, result.output
    (folder,) = backups(tmp_path / "backups")
    with source.app.app_context():
        event = last_event(BACKUP, EventOutcome.SUCCEEDED)
        assert event.detail["path"] == str(folder)
        assert event.detail["bytes"] > 1000
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}
    assert "TALENT_ENCRYPTION_KEYS" in result.output  # what to keep apart is said
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert source.app.config["ENCRYPTION_KEYS"]["k1"] not in everything
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "files.sha256"], cwd=folder)
    assert checked.returncode == 0

    new = machine()
    restored = restore(new, tmp_path / "backups")
    assert restored.exit_code == 0, restored.output
    assert "后台进程" in restored.output  # doctor's findings
    with new.app_context():
        assert db.session.scalar(select(LoginSession).limit(1)) is None
        assert last_event(RESTORE).outcome is EventOutcome.SUCCEEDED
        for row in db.session.scalars(select(Attachment)):  # those of the writer too
            with new.extensions["attachments"].open(row.storage_name) as file:
                assert sha256(file.read()).hexdigest() == row.sha256
            source.hashes.pop(row.id, None)
        assert source.hashes == {}
    after = pages(new, source.applicant_id)
    assert len(before) > 10
    assert after == before


def test_a_file_that_is_deleted_after_the_dump_makes_the_dump_be_made_again(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_references = backup_command.write_references

    def and_the_owner_deletes_one(found: Any, target: Path) -> None:
        write_references(found, target)
        with source.app.app_context():
            row = db.session.scalars(select(Attachment).order_by(Attachment.id)).first()
            if len(source.hashes) > 2:
                del source.hashes[row.id]
                with editing(row.application_id, db.session.get_one(Account, source.applicant_id)) as held:
                    names = attachments.remove(held, row.id)
                discard_file(*names)

    monkeypatch.setattr(backup_command, "write_references", and_the_owner_deletes_one)
    result = source.run("backup", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "dumping again" in result.output
    manifest = manifests.read_manifest(backups(tmp_path)[0])
    assert (manifest.files["count"], manifest.missing) == (2, [])


@ON_SQLITE
def test_unchanged_files_are_linked_and_old_backups_deleted(source: Source, tmp_path: Path) -> None:
    assert source.run("backup", str(tmp_path)).exit_code == 0
    (first,) = backups(tmp_path)
    first = first.rename(tmp_path / "20260101T000000Z")
    (tmp_path / ".partial-20260102T000000Z").mkdir()  # of a backup that was killed
    result = source.run("backup", str(tmp_path), "--keep", "2", "--keep-days", "30")
    assert result.exit_code == 0, result.output
    second = backups(tmp_path)[1]
    assert [path.name for path in backups(tmp_path)] == [first.name, second.name]
    assert list(tmp_path.glob(".partial*")) == []
    inodes = [
        {path.stat().st_ino for path in (folder / "files").rglob("*") if path.is_file()}
        for folder in (first, second)
    ]
    assert inodes[0] == inodes[1]
    assert len(inodes[0]) == 3
    assert delete_old(tmp_path, None, 30) == [first]
    assert backups(tmp_path) == [second]
    assert manifests.read_manifest(second).files["count"] == 3


def test_every_fault_is_named_before_anything_is_changed(
    source: Source, machine: Machine, tmp_path: Path
) -> None:
    assert source.run("backup", str(tmp_path / "backups")).exit_code == 0
    (whole,) = backups(tmp_path / "backups")

    def copy(change: Callable[[Path], Any]) -> Path:
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        change(folder)
        return folder

    def of_files(folder: Path) -> list[Path]:
        return sorted(path for path in (folder / "files").rglob("*") if path.is_file())

    def newer(folder: Path) -> None:
        content = json.loads((folder / "manifest.json").read_text())
        for key in ("format", "sha256"):
            del content[key]
        content["database"]["revision"] = "9999"
        manifests.Manifest(**content).write(folder)

    new = machine()
    for change, expected in (
        (lambda folder: of_files(folder)[0].write_bytes(b"other"), "内容已损坏"),
        (lambda folder: of_files(folder)[0].unlink(), "文件不存在"),
        (lambda folder: (folder / "files.sha256").write_text(""), "files.sha256: 内容已损坏"),
        (lambda folder: next(folder.glob("database.*")).write_bytes(b""), "内容已损坏"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "已损坏"),
        (lambda folder: (folder / "manifest.json").unlink(), "没有完整的备份"),
        (newer, "较新的版本"),
    ):
        result = restore(new, copy(change))
        assert result.exit_code == 1
        assert expected in result.output
        assert len(result.output) < 1500
    with new.app_context():
        assert not db.inspect(db.engine).get_table_names()
    assert not list(Path(new.config["ATTACHMENTS_DIR"]).rglob("??/??/*"))

    # The rest of a damaged backup can be had on request, and says so.
    result = restore(new, copy(lambda folder: of_files(folder)[0].unlink()), "--skip-damaged")
    assert result.exit_code == 3
    assert "缺 1 个文件" in result.output
    # Another one goes into a database that is not empty only when told, and completes the files.
    refused = restore(new, whole)
    assert (refused.exit_code, "--overwrite" in refused.output) == (1, True)
    result = restore(new, whole, "--overwrite")
    assert result.exit_code == 0, result.output
    with new.app_context():
        assert not list(
            new.extensions["attachments"].missing(db.session.scalars(select(Attachment.storage_name)))
        )


@ON_SQLITE
@pytest.mark.guide("S1")
def test_other_keys_are_refused_at_once_and_files_go_to_an_s3_store_and_back(
    source: Source, machine: Machine, tmp_path: Path, s3_server: S3Server
) -> None:
    assert source.run("backup", str(tmp_path / "backups"), "--with-keys").exit_code == 0
    (folder,) = backups(tmp_path / "backups")
    result = restore(machine(DIGEST_KEY=new_secrets()["DIGEST_KEY"]), folder)
    assert (result.exit_code, "TALENT_DIGEST_KEY" in result.output) == (1, True)
    lost = new_secrets()["ENCRYPTION_KEYS"].replace("k1:", "k2:")
    result = restore(machine(ENCRYPTION_KEYS=lost), folder)
    assert (result.exit_code, "TALENT_ENCRYPTION_KEYS（k1）" in result.output) == (1, True)

    # The keys that were asked for are those with which the restore works.
    stored = dict(line.split("=", 1) for line in (folder / "keys.env").read_text().splitlines())
    given = {name.removeprefix("TALENT_"): value for name, value in stored.items()}
    new_bucket = s3_server.url().replace(
        "papers", "new-bucket"
    )  # the server makes it when something is written
    new = machine(**given, **s3_server.variables(new_bucket))
    assert restore(new, folder).exit_code == 0
    result = new.test_cli_runner().invoke(args=["backup", str(tmp_path / "from-s3")])
    assert result.exit_code == 0, result.output
    (of_s3,) = backups(tmp_path / "from-s3")
    assert (of_s3 / "files.sha256").read_text() == (folder / "files.sha256").read_text()

    result = restore(
        machine(**{**given, **s3_server.variables(s3_server.url()), "S3_SECRET_KEY": "no"}), folder
    )
    assert (result.exit_code, "不能写入或读取" in result.output) == (1, True)


@ON_SQLITE
def test_a_full_disk_leaves_nothing_and_says_so(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        result = source.run("backup", str(disk))
        assert result.exit_code == 1
        assert "所在磁盘只剩" in result.output
        monkeypatch.setattr(backup_command, "require_free_bytes", lambda *_: None)
        result = source.run("backup", str(disk))
        assert result.exit_code == 1
        assert "磁盘已满" in result.output
        assert [path.name for path in disk.iterdir()] == [".lock"]
    with source.app.app_context():
        assert last_event(BACKUP).outcome is EventOutcome.FAILED
        assert "磁盘" in last_event(BACKUP).detail["error"]


@ON_SQLITE
def test_a_backup_of_an_older_version_is_migrated(
    source: Source, machine: Machine, tmp_path: Path, own_keys: None
) -> None:
    assert source.run("backup", str(tmp_path / "backups")).exit_code == 0
    (folder,) = backups(tmp_path / "backups")
    manifest = manifests.read_manifest(folder)
    dump = folder / "database.sqlite"
    older = create_app(settings(environment(tmp_path / "older", f"sqlite:///{dump}")))
    with older.app_context():
        flask_migrate.downgrade()
        with db.engine.connect() as connection:
            revision = revision_of(connection)
        db.engine.dispose()
    stored = {**manifest.database, "revision": revision, "sha256": manifests.sha256_of(dump)}
    dataclasses.replace(manifest, database=stored).write(folder)

    new = machine()
    result = restore(new, folder)
    assert result.exit_code == 0, result.output
    assert "migrating" in result.output
    with new.app_context(), db.engine.connect() as connection:
        assert revision_of(connection) == manifest.database["revision"] != revision


@ON_POSTGRESQL
def test_a_missing_pg_dump_is_named_with_its_package(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases_of_backups, "DEBIAN_PROGRAMS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = source.run("backup", str(tmp_path / "backups"))
    assert (result.exit_code, "apt-get install postgresql-client-" in result.output) == (1, True)
    assert backups(tmp_path / "backups") == []


@ON_POSTGRESQL
def test_a_newer_pg_dump_is_not_used_since_its_dump_cannot_be_restored(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "programs" / "pg_dump"
    newer.parent.mkdir()
    newer.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 99.1'\n")
    newer.chmod(0o755)
    monkeypatch.setattr(databases_of_backups, "DEBIAN_PROGRAMS", tmp_path)
    monkeypatch.setenv("PATH", f"{newer.parent}:{os.environ['PATH']}")
    result = source.run("backup", str(tmp_path / "backups"))
    assert (result.exit_code, "apt-get install postgresql-client-" in result.output) == (1, True)
    assert backups(tmp_path / "backups") == []


@ON_POSTGRESQL
def test_a_dump_that_cannot_be_read_here_changes_nothing(
    source: Source, machine: Machine, tmp_path: Path
) -> None:
    assert source.run("backup", str(tmp_path / "backups")).exit_code == 0
    (folder,) = backups(tmp_path / "backups")
    manifest = manifests.read_manifest(folder)
    dump = folder / manifest.database["file"]
    content = bytearray(dump.read_bytes())
    content[6] = 99  # the format's minor version, after "PGDMP" and the major one: of some newer server
    dump.write_bytes(content)
    stored = {**manifest.database, "sha256": manifests.sha256_of(dump)}
    dataclasses.replace(manifest, database=stored).write(folder)
    new = machine()
    result = restore(new, folder)
    assert (result.exit_code, "unsupported version" in result.output) == (1, True), result.output
    assert "restoring the files" not in result.output
    with new.app_context():
        assert not has_tables(db.engine)


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
