"""`restore`: reads a backup into an empty database and the configured storage, after everything in it was checked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import file_digest
from itertools import islice
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from commands import seed
from commands.backups.backup import newest_backup
from commands.backups.databases import database_of, has_tables, revision_of
from commands.backups.manifest import (
    FILE_LIST,
    FILES_DIRECTORY,
    MANIFEST,
    BackupError,
    Manifest,
    listed_files,
    read_manifest,
    sha256_of,
    wrong_keys,
)
from commands.backups.progress import Progress, described, megabytes, require_free_bytes
from commands.doctor import command as doctor
from commands.doctor.configuration import attachment_storage
from commands.doctor.findings import UNSAFE
from common.system_events import RESTORE, record_event
from config import ROOT
from models import EventOutcome, LoginSession, db, exclusive
from uploads.errors import UploadError
from uploads.sets import storage
from uploads.storage import Storage
from uploads.storage_locations import configured_location

EXIT_INCOMPLETE = 3
"""Restored without some files, which are listed."""

MOST_LISTED = 20
STORING_THREADS = 8
"""Each file waits for the disk or the S3 store; together they wait once."""

FILES_AT_A_TIME = 200


@click.command("restore")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace a database that is not empty. Stop the site first.")
@click.option(
    "--skip-damaged", is_flag=True, help="Restore the rest when files of the backup are damaged or missing."
)
@with_appcontext
def restore_backup(directory: Path, overwrite: bool, skip_damaged: bool) -> None:
    """Restore the backup in DIRECTORY (or the newest one in it) into an empty database and the configured storage.

    Nothing is changed before manifest, keys and all hashes were checked. Can be run again. Exit status: 0 done, 1 not done,
    3 done without some files.
    """
    folder = directory if (directory / MANIFEST).is_file() else newest_backup(directory)
    if folder is None:
        raise BackupError(f"{directory} 里没有完整的备份 / there is no whole backup in {directory}")
    manifest = read_manifest(folder)
    click.echo(f"· {folder}（{manifest.made_at}）")
    _require_fit(manifest)
    _require_empty(overwrite)
    if isinstance(place := configured_location(current_app.config), Path):
        require_free_bytes(place, manifest.files["bytes"])
    else:
        _require_bucket()
    faults = dict(_check(folder, manifest))
    if faults and not skip_damaged:
        raise BackupError(
            "\n".join(
                [
                    f"备份有 {len(faults)} 处损坏，什么都没有改动 / {len(faults)} faults; nothing was changed:",
                    *_shortened(list(faults.values())),
                    "请用另一份备份，或加 --skip-damaged 恢复其余的 / use another backup, or restore the rest with --skip-damaged",
                ]
            )
        )
    try:
        _store_files(folder, set(faults))
        _restore_database(folder, manifest)
    except (OSError, UploadError, SQLAlchemyError) as error:
        raise BackupError(f"{described(error)}；之后可以再执行一次 / afterwards run it again") from error
    lost = [*manifest.missing, *manifest.damaged, *faults]
    record_event(
        RESTORE,
        EventOutcome.FAILED if lost else EventOutcome.SUCCEEDED,
        path=str(folder),
        made_at=manifest.made_at,
        files=manifest.files["count"] - len(faults),
    )
    click.echo("· 体检 / doctor")
    for finding in doctor.findings():
        doctor.show(finding)
    click.echo(
        f"已恢复 / restored: {manifest.files['count'] - len(faults)} 个文件 / files，数据库 / database "
        f"{megabytes(manifest.database['bytes'])}；所有人要重新登录 / everybody has to log in again"
    )
    if lost:
        click.echo(f"缺 {len(lost)} 个文件 / {len(lost)} files are missing:", err=True)
        click.echo("\n".join(_shortened(lost)), err=True)
        raise click.exceptions.Exit(EXIT_INCOMPLETE)


def _require_fit(manifest: Manifest) -> None:
    """Raise BackupError for a backup that this code, database or set of keys cannot take."""
    if wrong := wrong_keys(manifest, current_app.config):
        raise BackupError(
            f"密钥与备份时的不同：{'、'.join(wrong)}。请用备份时的密钥；什么都没有改动"
            f" / these keys differ from those of the backup: {', '.join(wrong)}; nothing was changed"
        )
    ours = database_of(db.engine).kind
    if manifest.database["kind"] != ours:
        raise BackupError(
            f"备份来自 {manifest.database['kind']}，TALENT_DATABASE_URL 是 {ours}"
            f" / the backup is of {manifest.database['kind']}, the configured database is {ours}"
        )
    known = {script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()}
    if manifest.database["revision"] not in known:
        raise BackupError(
            f"备份由较新的版本（{manifest.database['revision']}）作出，请用那一版或更新的代码恢复"
            " / the backup was made by a newer version: restore it with that code or newer"
        )


def _require_empty(overwrite: bool) -> None:
    if has_tables(db.engine) and not overwrite:
        raise BackupError(
            "数据库里已有数据表，没有改动。请用一个新的空数据库；确要覆盖，先停止网站，再加 --overwrite"
            " / the database is not empty. Use a new one, or stop the site and add --overwrite"
        )


def _require_bucket() -> None:
    """Write, read and delete a file, as `doctor` does. Some S3 servers make a bucket when something is first written into it; until
    then they refuse every question whether a file is there."""
    for finding in attachment_storage(current_app.config):
        if finding.level == UNSAFE:
            raise BackupError(
                f"{finding.what}：{finding.remedy}；没有改动"
                " / the storage of the files cannot be written or read; nothing was changed"
            )


def _check(folder: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield name and description of each damaged or missing file.

    Raises BackupError when the database or the list is, or when this machine cannot read the database's dump.
    """
    click.echo("· 核对备份 / checking the backup")
    for name, digest in (
        (manifest.database["file"], manifest.database["sha256"]),
        (FILE_LIST, manifest.files["sha256"]),
    ):
        if fault := _fault(folder / name, digest):
            raise BackupError(f"{fault}；请用另一份备份 / use another backup; nothing was changed")
    database_of(db.engine).require_readable(folder / manifest.database["file"])
    progress = Progress("核对 / checked")
    for name, digest in listed_files(folder):
        path = folder / FILES_DIRECTORY / name
        if fault := _fault(path, digest):
            yield name, fault
        else:
            progress.step(path.stat().st_size)


def _fault(path: Path, digest: str) -> str:
    try:
        return "" if sha256_of(path) == digest else f"{path}: 内容已损坏 / is damaged"
    except FileNotFoundError:
        return f"{path}: 文件不存在 / is missing"
    except OSError as error:
        return f"{path}: 读不出 / cannot be read: {error.strerror}"


def _store_files(folder: Path, faults: set[str]) -> None:
    """Store the files under their names, before the rows that name them. What is there already with this content stays."""
    click.echo("· 恢复附件 / restoring the files")
    progress = Progress("附件 / files")
    store = partial(_store_file, folder / FILES_DIRECTORY, storage())
    listed = (each for each in listed_files(folder) if each[0] not in faults)
    with ThreadPoolExecutor(STORING_THREADS) as pool:
        while batch := list(islice(listed, FILES_AT_A_TIME)):
            for size in pool.map(store, batch):
                progress.step(size)


def _store_file(files: Path, target: Storage, listed: tuple[str, str]) -> int:
    """Store one file, unless it is there; return its size."""
    name, digest = listed
    path = files / name
    if _stored_hash(target, name) != digest:
        with path.open("rb") as source:
            stored = target.store(source, name)
        if stored.sha256 != digest:
            target.remove(name)
            raise BackupError(f"{path}: 读出的内容变了 / changed while it was read")
    return path.stat().st_size


def _stored_hash(target: Storage, name: str) -> str:
    try:
        with target.open(name) as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _restore_database(folder: Path, manifest: Manifest) -> None:
    click.echo("· 恢复数据库 / restoring the database")
    db.session.remove()
    database = database_of(db.engine)
    if has_tables(db.engine):
        database.empty()
    database.restore(folder / manifest.database["file"])
    with db.engine.connect() as connection:
        older = revision_of(connection) not in ScriptDirectory(str(ROOT / "migrations")).get_heads()
    if older:
        click.echo("· 备份的版本较旧，迁移 / migrating from an older version")
        seed.migrate()
        seed.fill()
    with exclusive():  # a session that was ended after the backup must not live again
        db.session.execute(delete(LoginSession))


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], *([f"…（还有 {more} 处 / and {more} more）"] if more > 0 else [])]
