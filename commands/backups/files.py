"""The files of a backup: those that rows of the dumped database name. Files are linked to the last backup where it has them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from sqlalchemy import Connection, String, cast, collate, literal_column, null, select, union

from commands.backups.manifest import FILES_DIRECTORY, listed_files
from commands.backups.progress import Progress
from models import Attachment, BankAnswer, Enterprise, FileJob, Import, ObjectionFile, RunFile
from uploads.storage import Storage

FILES: tuple[tuple[Any, Any, Any], ...] = (
    (Attachment.storage_name, Attachment.sha256, Attachment.size),
    (Enterprise.licence_file, Enterprise.licence_sha256, None),
    (Import.storage_name, None, None),
    (FileJob.storage_name, FileJob.sha256, FileJob.size),
    (ObjectionFile.storage_name, ObjectionFile.sha256, ObjectionFile.size),
    (BankAnswer.storage_name, None, None),
    (RunFile.storage_name, RunFile.sha256, RunFile.size),
)
"""Every column that names a file, with those for its hash and size where the table has them."""

UNKNOWN_BYTES = 1024**2
"""Assumed where no row says how long a file is."""

CHUNK_BYTES = 1024**2
MOST_SYNCED_SINGLY = 500


class Reference(NamedTuple):
    """A file that a row names. "" and 0 where the row does not say its hash or size."""

    name: str
    sha256: str
    size: int


def references(connection: Connection) -> Iterator[Reference]:
    """Yield each file that a row names once, ordered by the code points of its name, in constant memory."""
    selects = [
        select(
            name.label("name"),
            (null() if digest is None else digest).label("sha256"),
            (cast(null(), FileJob.size.type) if size is None else cast(size, FileJob.size.type)).label(
                "size"
            ),
        ).where(name.is_not(None))
        for name, digest, size in FILES
    ]
    order = literal_column("name", String)
    if connection.dialect.name == "postgresql":
        order = collate(order, "C")
    every = union(*selects).subquery()
    statement = select(every).order_by(order)
    before = None
    for name, digest, size in connection.execution_options(stream_results=True, yield_per=500).execute(
        statement
    ):
        if name != before:
            yield Reference(name, digest or "", size or 0)
        before = name


def write_references(found: Iterator[Reference], target: Path) -> None:
    """Write them down, so that the database's snapshot need not be held while files are copied."""
    with target.open("w", encoding="utf-8") as out:
        out.writelines(f"{each.name}\t{each.sha256}\t{each.size}\n" for each in found)


def read_references(source: Path) -> Iterator[Reference]:
    """Yield what `write_references` wrote."""
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            name, digest, size = line.rstrip("\n").split("\t")
            yield Reference(name, digest, int(size))


class Earlier:
    """An earlier copy of files with its list, read along with names that come in order."""

    def __init__(self, folder: Path, files: str = FILES_DIRECTORY) -> None:
        self._files = folder / files
        self._listed = listed_files(folder)
        self._next = next(self._listed, None)

    def find(self, wanted: Reference) -> tuple[Path, str] | None:
        """Return the path and hash of this file, if it is there with the content that the row names."""
        while self._next and self._next[0] < wanted.name:
            self._next = next(self._listed, None)
        if self._next is None or self._next[0] != wanted.name or wanted.sha256 not in ("", self._next[1]):
            return None
        path = self._files / wanted.name
        try:
            size = path.stat().st_size
        except OSError:
            return None
        return None if wanted.size and size != wanted.size else (path, self._next[1])


@dataclass
class Copied:
    """The result of copying. `absent` are the names that the storage does not have; `bytes_new` were copied, not linked."""

    count: int = 0
    bytes: int = 0
    bytes_new: int = 0
    absent: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def bytes_to_copy(wanted: Iterator[Reference], earlier: Sequence[Earlier]) -> int:
    """Return about how many bytes copying takes."""
    return sum(each.size or UNKNOWN_BYTES for each in wanted if not any(one.find(each) for one in earlier))


def copy_files(
    wanted: Iterator[Reference],
    earlier: Sequence[Earlier],
    storage: Storage,
    target: Path,
    list_file: TextIO,
    progress: Progress,
) -> Copied:
    """Link or copy the files below `target`, and write the list of their hashes."""
    done = Copied()
    for each in wanted:
        path = target / each.name
        path.parent.mkdir(parents=True, exist_ok=True)
        # All are asked: each reads its own list along.
        found = [one for one in [one.find(each) for one in earlier] if one]
        digest = _linked(found, path)
        if not digest:
            try:
                digest = _copied(storage, each.name, path)
            except FileNotFoundError:
                done.absent.append(each.name)
                continue
            done.bytes_new += path.stat().st_size
            if each.sha256 and digest != each.sha256:
                done.damaged.append(each.name)
        done.count += 1
        done.bytes += (size := path.stat().st_size)
        list_file.write(f"{digest}  {FILES_DIRECTORY}/{each.name}\n")
        progress.step(size)
    return done


def _linked(found: Sequence[tuple[Path, str]], path: Path) -> str:
    """Return the hash of the earlier copy to which the file was linked; "" if none could be."""
    for source, digest in found:
        try:
            os.link(source, path)
        except OSError:  # another file system, too many links, or one that has no links
            continue
        return digest
    return ""


def _copied(storage: Storage, name: str, path: Path) -> str:
    digest = sha256()
    with storage.open(name) as source, path.open("xb") as out:
        while piece := source.read(CHUNK_BYTES):
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def sync_folder(folder: Path, count: int) -> None:
    """Make a folder with this many files survive a power cut.

    Many files one by one would take hours; a few must not wait for everything that others write on this machine.
    """
    if count > MOST_SYNCED_SINGLY:
        os.sync()
        return
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync_path(Path(path, name))
        sync_path(Path(path))


def sync_path(path: Path) -> None:
    """Make a file or directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
