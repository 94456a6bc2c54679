"""`storage move`: copies all files from one location to another while the site runs (uploads/moving.py)."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.backups.files import read_references, references, write_references
from commands.backups.progress import megabytes
from models import db
from models.streaming import READ_OPTIONS
from uploads import moving
from uploads.errors import StorageFull, StorageUnavailable
from uploads.moving import ExpectedFile, Moved
from uploads.storage_locations import InvalidLocation, Location, configured_location, location_of, places_at

MOST_NAMED = 20
REPORT_SECONDS = 2.0
FAULTS = (
    ("missing", "缺少（有记录，两边都没有） / missing: a row names it, neither side has it"),
    ("damaged", "与上传时不同 / damaged: not what was uploaded"),
    ("unequal", "写入后读出不同 / unequal: the target gives back something else"),
)


@click.group("storage")
def storage_commands() -> None:
    """Files on disk or in S3."""


@storage_commands.command("move")
@click.argument("url", required=False)
@click.option("--from", "source", help="Where the files are. Without it: where the site has them now.")
@click.option("--to", "target", help="The same as URL. Without both: where the site has its files now.")
@click.option("--new-only", is_flag=True, help="Trust what the target has already, by its size.")
@click.option("--delete-source", is_flag=True, help="Afterwards delete at the source what the target has.")
@with_appcontext
def move_files(
    url: str | None, source: str | None, target: str | None, new_only: bool, delete_source: bool
) -> None:
    """Copy all files to URL, compare each by SHA-256, and say what is missing or damaged.

    Run it while the site works on, as often as you like; then restart the site with TALENT_STORAGE_URL=URL, and run it once more
    with --from, which catches what was uploaded in between. Exit status 1 when something is missing or damaged.
    """
    origin, destination = _location(source), _location(url or target)
    if str(origin) == str(destination):
        raise click.ClickException("两边是同一个地方 / source and target are the same place")
    if delete_source and str(origin) == str(configured_location(current_app.config)):
        raise click.ClickException(
            "网站还在用这一处：先换 TALENT_STORAGE_URL 再删 / the site uses this place: change TALENT_STORAGE_URL first"
        )
    if delete_source and new_only:
        raise click.ClickException("--delete-source 要全部核对 / --delete-source compares everything")
    click.echo(f"{origin} → {destination}")
    try:
        moved = _moved(origin, destination, new_only)
        deleted = _delete(origin, destination) if delete_source and moved.is_whole else None
    except StorageUnavailable:
        raise click.ClickException(
            "存储没有响应，可以再次运行 / the storage does not answer; run it again later"
        ) from None
    except StorageFull:
        raise click.ClickException("磁盘已满，可以再次运行 / the disk is full; run it again later") from None
    except PermissionError as refused:
        raise click.ClickException(f"没有权限 / not permitted: {refused.filename}") from None
    _show_faults(moved)
    how = "新的已核对 / new ones" if new_only else "每个已核对 / each"
    click.echo(
        f"{moved.count} 个文件，{moved.bytes} 字节（{megabytes(moved.bytes)}），SHA-256 {how} compared / files and bytes at the target;"
        f" 这次复制 {moved.copied} 个，{moved.copied_bytes} 字节 / copied this time"
    )
    if deleted is not None:
        click.echo(f"已删除来源处 {deleted} 个文件 / files deleted at the source")
    if not moved.is_whole:
        raise click.ClickException("有文件缺少或损坏 / files are missing or damaged")


def _location(url: str | None) -> Location:
    """Return the location of a URL; without one, where the site has its files. Raises ClickException."""
    config = current_app.config
    present = configured_location(config)
    if url is None or url.rstrip("/") == str(present):
        return present
    given = {**config["S3"], **config["OTHER_S3"]}
    try:
        return location_of(url, given)
    except InvalidLocation as fault:
        raise click.ClickException(str(fault)) from None


def _moved(origin: Location, destination: Location, new_only: bool) -> Moved:
    source, target = places_at(origin), places_at(destination)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows"

        def expected() -> Iterator[ExpectedFile]:
            _write_rows(rows)
            return (ExpectedFile(each.name, each.sha256) for each in read_references(rows))

        moved = moving.copy_everything(source, target, expected, _reporter(), new_only=new_only)
        moved.missing = moving.still_missing(moved.missing, expected(), target.files)
    return moved


def _write_rows(path: Path) -> None:
    """Write down what rows name now: no transaction stays open while files are copied."""
    with db.engine.connect().execution_options(**READ_OPTIONS[db.engine.dialect.name]) as connection:
        write_references(references(connection), path)


def _reporter() -> Callable[[Moved], None]:
    """Return what prints how far the move is, at most once in REPORT_SECONDS."""
    last = time.monotonic()

    def report(moved: Moved) -> None:
        nonlocal last
        if time.monotonic() - last < REPORT_SECONDS:
            return
        last = time.monotonic()
        click.echo(
            f"  第 {moved.passes} 遍 / pass {moved.passes}: {moved.count}, {megabytes(moved.bytes)};"
            f" 复制 / copied {moved.copied}, {megabytes(moved.copied_bytes)}"
        )

    return report


def _delete(origin: Location, destination: Location) -> int:
    return moving.delete_copied(places_at(origin).files, places_at(destination).files)


def _show_faults(moved: Moved) -> None:
    for kind, words in FAULTS:
        names = getattr(moved, kind)
        for name in names[:MOST_NAMED]:
            click.echo(f"{click.style('✗', 'red')} {name} {words}")
        if len(names) > MOST_NAMED:
            click.echo(f"{click.style('✗', 'red')} …… {len(names)} {words}")
