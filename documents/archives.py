"""Writes papers into a ZIP file under readable names (W10). The files go in as they came: nothing is turned or compressed.

A name is made for whoever unpacks it: Windows, macOS and Linux can write it, and no two names of one archive are equal on any of them.
"""

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from common.calendar import ORDOS
from common.text import one_line
from models import Application, Attachment
from uploads.storage import Storage

CONTENT_TYPE = "application/zip"

LONGEST_NAME = 200
"""Bytes of one name in UTF-8. Linux allows 255, and whoever unpacks the file may add something."""

LONGEST_PART = 90
"""Bytes of the person's name or the material's within it: thirty Chinese characters."""

UNNAMED = "_"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What Windows forbids in a file name."""

CHUNK_BYTES = 256 * 1024


class Paper(NamedTuple):
    """One stored file, and the path that it gets in the archive."""

    path: str
    file: Attachment


class PaperFault(NamedTuple):
    """A paper that the archive lacks, or whose content is not what was uploaded (`changed`)."""

    path: str
    changed: bool = False


class Names:
    """Gives out paths of one archive; each only once, also where a file system ignores capitals or spelling."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, folder: str, stem: str, extension: str = "") -> str:
        """Return a path with this folder and name; a number is appended when it is taken."""
        number = 1
        while True:
            tail = f" ({number})" if number > 1 else ""
            path = f"{folder}{_cut(stem, LONGEST_NAME - len(tail) - len(extension) - 1)}{tail}"
            path = f"{path}.{extension}" if extension else path
            key = unicodedata.normalize("NFC", path).casefold()
            if key not in self._taken:
                self._taken.add(key)
                return path
            number += 1


def part(text: str) -> str:
    """Return a text as a part of a file name: without characters that Windows forbids, not too long."""
    name = _FORBIDDEN.sub("_", one_line(unicodedata.normalize("NFC", text)))
    return _cut(name.strip(". "), LONGEST_PART) or UNNAMED


def stem_of(application: Application) -> str:
    """Return the beginning of all names of an application: 2026-000341_王晓敏."""
    return f"{application.number}_{part(application.name)}"


def papers(
    application: Application, files: Sequence[Attachment], names: Names, folder: str = ""
) -> Iterator[Paper]:
    """Yield the papers of one application, named 2026-000341_王晓敏_劳动合同_1.pdf.

    The number counts the files of one material, in the order of `files`.
    """
    counts: dict[str, int] = {}
    for file in files:
        material = part(file.material_name)
        counts[material] = counts.get(material, 0) + 1
        stem = f"{stem_of(application)}_{material}_{counts[material]}"
        yield Paper(names.unique(folder, stem, file.extension), file)


def _cut(text: str, most_bytes: int) -> str:
    """Return the text cut to so many bytes in UTF-8, without a space or a dot at its end, which Windows drops."""
    return text.encode(errors="ignore")[: max(most_bytes, 1)].decode(errors="ignore").rstrip(". ")


class Archive:
    """An archive that is being written to a path. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "x", compression=zipfile.ZIP_STORED)
        self.faults: list[PaperFault] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def add_bytes(self, path: str, content: bytes, at: datetime) -> None:
        """Add a file that we have made; it is compressed."""
        entry = _entry(path, at)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, content)

    def add_paper(self, paper: Paper, storage: Storage) -> None:
        """Add an uploaded file as it came. A missing or changed one is noted in `faults`."""
        try:
            source = storage.open(paper.file.storage_name)
        except (FileNotFoundError, ValueError):
            self.faults.append(PaperFault(paper.path))
            return
        with source:
            entry = _entry(paper.path, paper.file.uploaded_at)
            entry.file_size = paper.file.size
            with self._zip.open(entry, "w") as target:
                digest = _copy(source, target.write)
        if digest != paper.file.sha256:
            self.faults.append(PaperFault(paper.path, changed=True))


def _entry(path: str, at: datetime) -> zipfile.ZipInfo:
    """Return the entry of a file. zipfile itself marks a name that is not ASCII as UTF-8."""
    entry = zipfile.ZipInfo(path, at.astimezone(ORDOS).timetuple()[:6])
    entry.external_attr = 0o600 << 16
    return entry


def _copy(source: BinaryIO, write: Callable[[bytes], object]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        write(chunk)
    return digest.hexdigest()
