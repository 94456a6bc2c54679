"""`backup`: writes the database and the files to a new folder while the site runs.

The folder has a temporary name until it is whole. The database is dumped first: a file is stored before a row names it, so each
file of the dump exists. What its owner deletes while the files are copied is found, and the dump is made again.
"""

import base64
import fcntl
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from commands.backups.databases import database_of, revision_of
from commands.backups.files import (
    Copied,
    Earlier,
    bytes_to_copy,
    copy_files,
    read_references,
    references,
    sync_folder,
    sync_path,
    write_references,
)
from commands.backups.manifest import (
    FILE_LIST,
    FILES_DIRECTORY,
    KEYS,
    MANIFEST,
    BackupError,
    Manifest,
    fingerprints,
    sha256_of,
)
from commands.backups.progress import Progress, described, megabytes, require_free_bytes
from common.system_events import BACKUP, record_event
from models import EventOutcome, db
from uploads.errors import UploadError
from uploads.sets import storage
from uploads.storage_locations import configured_location
from worker.sweeping import referenced_names

NAME_FORMAT = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"\d{8}T\d{6}Z")
PARTIAL = ".partial-"
MOST_ROUNDS = 5
"""Dumps that one backup makes when files are deleted meanwhile. Each later round only links what the former has copied."""

EXIT_INCOMPLETE = 3
"""The backup was made, and the site itself lacks files or has damaged ones."""


@click.command("backup")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(min=1), help="Delete older backups, but not the newest N.")
@click.option(
    "--keep-days",
    type=click.IntRange(min=1),
    help="Delete backups older than N days, but not the newest --keep.",
)
@click.option(
    "--full", is_flag=True, help="Copy every file again instead of linking those of the last backup."
)
@click.option(
    "--with-keys", is_flag=True, help="Store the secret keys in the backup too. Then encrypt the backup."
)
@with_appcontext
def backup(directory: Path, keep: int | None, keep_days: int | None, full: bool, with_keys: bool) -> None:
    """Back up database and files into a new folder in DIRECTORY, while the site runs.

    Exit status: 0 done, 1 nothing was written, 3 written, but the site itself lacks files.
    """
    begun = time.monotonic()
    try:
        with _terminable(), _locked(directory):
            made = make_backup(directory, full=full, with_keys=with_keys)
            deleted = delete_old(directory, keep, keep_days)
    except (BackupError, OSError, SQLAlchemyError, UploadError) as error:
        sentence = described(error)
        _record(EventOutcome.FAILED, error=sentence, path=str(directory))
        raise BackupError(sentence) from error
    for path in deleted:
        click.echo(f"· 删除旧备份 / deleted: {path.name}")
    incomplete = [*made.manifest.missing, *made.manifest.damaged]
    _record(
        EventOutcome.FAILED if incomplete else EventOutcome.SUCCEEDED,
        path=str(made.path),
        bytes=made.bytes,
        bytes_new=made.bytes_new,
        files=made.manifest.files["count"],
        seconds=round(time.monotonic() - begun, 1),
        **({"error": f"{len(incomplete)} 个文件缺失或损坏 / files missing or damaged"} if incomplete else {}),
    )
    click.echo(
        f"备份完成 / backup written: {made.path}\n  {made.manifest.files['count']} 个文件 / files, {megabytes(made.bytes)}"
        f"（新增 / new {megabytes(made.bytes_new)}）"
    )
    _tell_about_keys(with_keys)
    if incomplete:
        for name in incomplete[:20]:
            click.echo(f"{click.style('✗', 'red')} {name}", err=True)
        click.echo(
            f"网站自己缺少或损坏了 {len(incomplete)} 个文件，备份里也没有 / the site itself lacks or has damaged"
            f" {len(incomplete)} files; python -m tools.restored 逐条列出 / lists them",
            err=True,
        )
        raise click.exceptions.Exit(EXIT_INCOMPLETE)


@dataclass(frozen=True)
class Made:
    """A finished backup and its size on disk; `bytes_new` without what is linked to the one before."""

    path: Path
    manifest: Manifest
    bytes: int
    bytes_new: int


def make_backup(directory: Path, *, full: bool = False, with_keys: bool = False) -> Made:
    """Write one backup, or leave nothing. The caller holds the lock of the directory. Raises BackupError, OSError."""
    database = database_of(db.engine)
    db.session.remove()  # this connection would wait idle
    at = datetime.now(UTC)
    target = directory / at.strftime(NAME_FORMAT)
    partial = directory / f"{PARTIAL}{target.name}"
    require_free_bytes(directory, database.estimated_bytes())
    for leftover in directory.glob(f"{PARTIAL}*"):  # of one that was killed: the lock is ours
        shutil.rmtree(leftover)
    if target.exists():
        raise BackupError(f"{target} 已存在 / exists: 一秒后再试 / try again in a second")
    partial.mkdir(mode=0o700)
    try:
        former = None if full else newest_backup(directory)
        dump = partial / database.file_name
        revision, copied = _dump_and_copy(partial, dump, former)
        if with_keys:
            _write_keys(partial / KEYS, current_app.config)
        manifest = Manifest(
            made_at=at.isoformat(timespec="seconds"),
            database={
                "kind": database.kind,
                "file": dump.name,
                "sha256": sha256_of(dump),
                "bytes": dump.stat().st_size,
                "revision": revision,
            },
            files={"sha256": sha256_of(partial / FILE_LIST), "count": copied.count, "bytes": copied.bytes},
            keys={**fingerprints(current_app.config), "included": with_keys},
            missing=copied.absent,
            damaged=copied.damaged,
        )
        manifest.write(partial)
        sync_folder(partial, copied.count)
        partial.rename(target)
        sync_path(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    size = manifest.database["bytes"]
    return Made(target, manifest, size + copied.bytes, size + copied.bytes_new)


def _dump_and_copy(partial: Path, dump: Path, former: Path | None) -> tuple[str, Copied]:
    """Dump the database and copy the files that the dump names, again while some are deleted in between. Raises BackupError."""
    for round_ in range(1, MOST_ROUNDS + 1):
        dump.unlink(missing_ok=True)
        earlier = [path for path in (former, partial / f"{round_ - 1}") if path and path.exists()]
        revision, copied = _one_round(dump, partial / f"{round_}", earlier)
        present = referenced_names(copied.absent) if copied.absent else set()
        gone = [name for name in copied.absent if name not in present]
        if not gone:
            break
        click.echo(
            f"· {len(gone)} 个文件刚被本人删除，重新导出 / files were deleted meanwhile: dumping again"
        )
    else:
        raise BackupError("备份期间不断有文件被删除，请稍后再试 / files keep being deleted; try again later")
    for name in (FILE_LIST, FILES_DIRECTORY):
        (partial / f"{round_}" / name).rename(partial / name)
    for number in range(1, round_ + 1):
        shutil.rmtree(partial / f"{number}")
    return revision, copied


def _one_round(dump: Path, folder: Path, earlier: list[Path]) -> tuple[str, Copied]:
    """Dump the database, then copy the files that it names."""
    folder.mkdir()
    (folder / FILES_DIRECTORY).mkdir()
    click.echo("· 导出数据库 / dumping the database")
    listed = folder / "references"
    with database_of(db.engine).dump(dump) as connection:
        revision = revision_of(connection)
        write_references(references(connection), listed)
    dump.chmod(0o600)
    click.echo(f"  {megabytes(dump.stat().st_size)}")
    require_free_bytes(folder, bytes_to_copy(read_references(listed), [Earlier(path) for path in earlier]))
    click.echo("· 复制附件 / copying the files")
    with (folder / FILE_LIST).open("w", encoding="utf-8") as out:
        copied = copy_files(
            read_references(listed),
            [Earlier(path) for path in earlier],
            storage(),
            folder / FILES_DIRECTORY,
            out,
            Progress("附件 / files"),
        )
    return revision, copied


def backups(directory: Path) -> list[Path]:
    """Return the whole backups in a directory, oldest first."""
    if not directory.is_dir():
        return []
    return sorted(
        path for path in directory.iterdir() if NAME.fullmatch(path.name) and (path / MANIFEST).is_file()
    )


def newest_backup(directory: Path) -> Path | None:
    """Return the newest whole backup; None if there is none."""
    found = backups(directory)
    return found[-1] if found else None


def delete_old(directory: Path, keep: int | None, keep_days: int | None) -> list[Path]:
    """Delete the backups that neither option keeps; return them. The newest one always stays."""
    if keep is None and keep_days is None:
        return []
    latest = datetime.now(UTC) - timedelta(days=keep_days or 0)
    candidates = backups(directory)[: -(keep or 1)]
    old = [path for path in candidates if not keep_days or _made_at(path) < latest]
    for path in old:
        # Renamed first: what is left of an interrupted deletion is no backup.
        path = path.rename(directory / f"{PARTIAL}{path.name}")
        shutil.rmtree(path)
    return old


def _made_at(path: Path) -> datetime:
    return datetime.strptime(path.name, NAME_FORMAT).replace(tzinfo=UTC)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the directory against a second backup; everything made in it is for its owner alone."""
    files = configured_location(current_app.config)
    if isinstance(files, Path) and directory.resolve().is_relative_to(files.resolve()):
        raise BackupError(
            f"{directory} 在附件目录里 / lies in the directory of the files: 请换一处 / choose another"
        )
    mask = os.umask(0o077)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(f"{directory} 里已有备份在进行 / another backup is running there") from None
            yield
    finally:
        os.umask(mask)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that nothing half done stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _record(outcome: EventOutcome, **detail: Any) -> None:
    try:
        record_event(BACKUP, outcome, **detail)
    except (SQLAlchemyError, OSError) as error:
        click.echo(f"结果没有记入数据库 / the result was not recorded: {type(error).__name__}", err=True)


def _write_keys(path: Path, config: Mapping[str, Any]) -> None:
    def encoded(key: bytes) -> str:
        return base64.b64encode(key).decode()

    named = ",".join(f"{name}:{encoded(key)}" for name, key in config["ENCRYPTION_KEYS"].items())
    path.write_text(
        f"TALENT_SECRET_KEY={config['SECRET_KEY']}\nTALENT_ENCRYPTION_KEYS={named}\n"
        f"TALENT_DIGEST_KEY={encoded(config['DIGEST_KEY'])}\nTALENT_CIPHER_SUITE={config['CIPHER_SUITE']}\n"
    )


def _tell_about_keys(with_keys: bool) -> None:
    if with_keys:
        click.echo(
            f"  ！密钥在备份的 {KEYS} 里：整个备份必须加密保存 / the keys are in {KEYS}: encrypt the whole backup"
        )
    else:
        click.echo(
            "  密钥不在备份里：TALENT_ENCRYPTION_KEYS、TALENT_DIGEST_KEY、TALENT_CIPHER_SUITE 要另存一处；没有它们，备份里的号码谁也读不出，也没人能登录"
            "\n  the keys are not in the backup: keep them apart from it; without them nobody can read its numbers or log in"
        )
