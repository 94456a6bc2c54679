"""Copies all files from one location to another while the site runs, and compares each by SHA-256.

Never deletes or changes anything at the source, except by `delete_copied`. Can be stopped at any time and repeated: a file is there
completely or not at all. Previews are not copied: they are drawn again.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from uploads.errors import StorageUnavailable
from uploads.storage import CHUNK_BYTES, PartStore, Storage
from uploads.storage_locations import FilePlaces

THREADS = 4
"""Files that are copied at once."""

WINDOW = 200
"""Files between two reports of the progress."""

PAUSES = (6, 15, 30)
"""Seconds until a file is tried again when a storage did not answer: it may be restarting."""

MOST_PASSES = 20
"""A site that stores faster than this copies is not caught up with; a later run goes on."""


class ExpectedFile(NamedTuple):
    """A file that a row names. `sha256` is "" where the row does not say it."""

    name: str
    sha256: str


class Seen(NamedTuple):
    """A name with what the rows and the two locations say of it."""

    name: str
    sha256: str
    at_source: int | None
    at_target: int | None


@dataclass
class Moved:
    """What was found and done. The lists hold names of files."""

    count: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    passes: int = 0
    missing: list[str] = field(default_factory=list)
    """A row names it, and it is at neither location."""
    damaged: list[str] = field(default_factory=list)
    """The content at the source is not what was uploaded, and the target has no better copy. It was copied as it is."""
    unequal: list[str] = field(default_factory=list)
    """What the target gives back is not what was written there."""

    def add(self, outcome: "FileOutcome") -> None:
        """Count what became of one name."""
        if outcome.size is not None:
            self.count += 1
            self.bytes += outcome.size
            self.copied += outcome.copied
            self.copied_bytes += outcome.size if outcome.copied else 0
        if outcome.fault:
            getattr(self, outcome.fault).append(outcome.name)

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is missing, damaged or unequal."""
        return not (self.missing or self.damaged or self.unequal)


Expected = Callable[[], Iterator[ExpectedFile]]
"""Returns the files that rows name now, in the order of their names."""

Report = Callable[[Moved], None]


def copy_everything(
    source: FilePlaces, target: FilePlaces, expected: Expected, report: Report, *, new_only: bool = False
) -> Moved:
    """Copy what the target does not have, until nothing new is found. Raises StorageUnavailable, StorageFull.

    Each file that the target has already is read and compared too, unless `new_only`: then its size must do.
    """
    moved = Moved()
    while moved.passes < MOST_PASSES:
        copied = moved.copied
        _one_pass(source.files, target.files, expected, report, moved, new_only or moved.passes > 0)
        if moved.copied == copied and moved.passes > 1:
            break
    _copy_parts(source.parts, target.parts)
    return moved


def delete_copied(source: Storage, target: Storage) -> int:
    """Delete at the source each file that the target has with the same size; return how many. Call it after `copy_everything`."""
    deleted = 0
    for seen in _joined(iter(()), source.listing(), target.listing()):
        if seen.at_source is not None and seen.at_source == seen.at_target:
            source.remove(seen.name)
            deleted += 1
    return deleted


def _one_pass(
    source: Storage, target: Storage, expected: Expected, report: Report, moved: Moved, new_only: bool
) -> None:
    """Compare everything once. What a pass finds replaces what the pass before it has found, but for the faults of contents."""
    moved.passes += 1
    moved.count, moved.bytes, moved.missing = 0, 0, []
    every = _joined(expected(), source.listing(), target.listing())
    threads = ThreadPoolExecutor(THREADS)
    try:
        while window := list(islice(every, WINDOW)):
            for outcome in threads.map(lambda seen: _patiently(source, target, seen, new_only), window):
                moved.add(outcome)
            report(moved)
    finally:
        threads.shutdown(
            cancel_futures=True
        )  # when it is stopped, only the files on their way are waited for


def _patiently(source: Storage, target: Storage, seen: Seen, new_only: bool) -> "FileOutcome":
    """Settle one file; while a storage does not answer, wait and try again some times. Raises StorageUnavailable."""
    for pause in PAUSES:
        try:
            return _settle(source, target, seen, new_only)
        except StorageUnavailable:
            time.sleep(pause)
    return _settle(source, target, seen, new_only)


class FileOutcome(NamedTuple):
    """What became of one name. `size` is that of the file at the target, None when it is not there."""

    name: str
    size: int | None
    copied: bool = False
    fault: str = ""
    """The list of `Moved` that the name belongs to."""


def _settle(source: Storage, target: Storage, seen: Seen, new_only: bool) -> FileOutcome:
    """Make sure that the target has the file as it was uploaded."""
    name = seen.name
    if seen.at_target is not None and seen.at_source in (None, seen.at_target):
        if new_only:
            return FileOutcome(name, seen.at_target)
        there = _digest(target, name)
        if seen.at_source is None:
            return FileOutcome(
                name, seen.at_target, fault="damaged" if seen.sha256 not in ("", there) else ""
            )
        if there == (seen.sha256 or _digest(source, name)):
            return FileOutcome(name, seen.at_target)
    if seen.at_source is None:
        return FileOutcome(name, None, fault="missing")
    return _copy(source, target, seen)


def _copy(source: Storage, target: Storage, seen: Seen) -> FileOutcome:
    try:
        content = source.open(seen.name)
    except FileNotFoundError:  # removed after it was listed
        return FileOutcome(seen.name, None)
    with content:
        stored = target.store(content, seen.name)
    fault = "damaged" if seen.sha256 not in ("", stored.sha256) else ""
    if _digest(target, seen.name) != stored.sha256:
        fault = "unequal"
    return FileOutcome(seen.name, stored.size, True, fault)


def _digest(storage: Storage, name: str) -> str:
    """Return the SHA-256 of a file; "" for one that is removed meanwhile."""
    digest = sha256()
    try:
        with storage.open(name) as content:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()


def _joined(
    expected: Iterator[ExpectedFile], source: Iterator[tuple[str, int]], target: Iterator[tuple[str, int]]
) -> Iterator[Seen]:
    """Yield each name of three streams once, in order, in constant memory."""
    row, here, there = next(expected, None), next(source, None), next(target, None)
    while row or here or there:
        name = min(each[0] for each in (row, here, there) if each)
        is_named, digest, at_source, at_target = False, "", None, None
        if row and row.name == name:
            is_named, digest = True, row.sha256
            row = next(expected, None)
        if here and here[0] == name:
            at_source, here = here[1], next(source, None)
        if there and there[0] == name:
            at_target, there = there[1], next(target, None)
        if is_named or at_source is not None:
            yield Seen(name, digest, at_source, at_target)


def _copy_parts(source: PartStore, target: PartStore) -> None:
    """Copy what has arrived of unfinished uploads; of those that the target has, what is further there."""
    for token, size in source.listing():
        if (offset := target.size(token)) >= size:
            continue
        try:
            content = source.open(token)
        except FileNotFoundError:  # finished meanwhile
            continue
        with content:
            content.seek(offset)
            while chunk := content.read(CHUNK_BYTES):
                target.append(token, offset, chunk)
                offset += len(chunk)


def still_missing(names: Sequence[str], expected: Iterable[ExpectedFile], target: Storage) -> list[str]:
    """Return those of the names that rows still name and the target still lacks."""
    wanted = set(names)
    return list(target.missing(each.name for each in expected if each.name in wanted))
