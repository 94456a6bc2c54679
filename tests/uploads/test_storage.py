"""Nothing is ever half stored, found by another's name, or removed while somebody needs it."""

import errno
import hashlib
import io
import os
import stat
import tempfile
import time
from datetime import timedelta

import pytest

from server.long_body import LongBody, write_all
from uploads import local_disk, storage
from uploads.errors import StorageFull
from uploads.file_regions import open_region
from uploads.local_disk import LocalDisk
from uploads.storage import NAME


@pytest.fixture
def disk(room) -> LocalDisk:
    return LocalDisk(room)


BODY = bytes(range(256)) * 5_000


@pytest.fixture
def body(tmp_path):
    """A request body on disk."""
    path = tmp_path / "body"
    path.write_bytes(BODY)
    with path.open("rb") as file:
        yield file


def age(path, hours: float) -> None:
    then = time.time() - hours * 3600
    os.utime(path, (then, then))


def test_a_file_is_stored_with_a_random_name_and_private_permissions(disk):
    first, second = disk.store(io.BytesIO(b"paper")), disk.store(io.BytesIO(b"paper"))

    assert NAME.fullmatch(first.name)
    assert first.name != second.name
    assert (first.size, first.sha256) == (5, hashlib.sha256(b"paper").hexdigest())
    assert disk.open(first.name).read() == b"paper"
    assert stat.S_IMODE(disk.path(first.name).stat().st_mode) == 0o600


def test_a_restored_file_keeps_its_name_and_a_broken_stream_leaves_the_one_that_was_there(disk):
    name = disk.store(io.BytesIO(b"paper")).name
    disk.remove(name)
    assert disk.store(io.BytesIO(b"paper"), name).name == name
    with pytest.raises(ConnectionResetError):
        disk.store(BrokenOff(b"other" * 100), name)
    assert disk.open(name).read() == b"paper"
    with pytest.raises(ValueError, match="not the name"):
        disk.store(io.BytesIO(b"paper"), "../../etc/passwd")


def test_file_and_directories_are_synced_before_the_name_is_returned(disk, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(os.fstat(number).st_ino), fsync(number)))
    path = disk.path(disk.store(io.BytesIO(b"paper")).name)
    for place in (path, path.parent, path.parent.parent, disk.root, disk.root.parent):
        assert place.stat().st_ino in synced


def test_a_file_that_was_received_alone_is_synced_with_its_name_and_all_directories(
    disk, tmp_path, monkeypatch
):
    """It has the name before anything is synced: a journal then writes all of it down at once."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    disk.store(io.BytesIO(b"paper"))  # syncs the root, which is new
    body = LongBody(b"", len(BODY))
    write_all(body.file, BODY)
    synced = []
    fsync = os.fsync

    def noting(number):
        synced.append((os.fstat(number).st_ino, os.fstat(body.file.fileno()).st_nlink))
        fsync(number)

    monkeypatch.setattr(os, "fsync", noting)
    path = disk.path(disk.store(open_region(body.file.fileno(), 0, len(BODY), is_alone=True)).name)
    body.close()

    places = (path, path.parent, path.parent.parent, disk.root)
    assert sorted(synced) == sorted((each.stat().st_ino, 1) for each in places)


@pytest.mark.parametrize("after", [b"", b"\r\n--form--\r\n"])
def test_a_file_that_was_received_alone_gets_its_name_without_a_copy(disk, tmp_path, monkeypatch, after):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    body = LongBody(b"--form", 6 + len(BODY) + len(after))
    write_all(body.file, BODY + after)
    file = body.file.fileno()
    alone = disk.store(open_region(file, 0, len(BODY), is_alone=True))
    beside_others = disk.store(open_region(file, 0, len(BODY)))

    assert disk.path(alone.name).stat().st_ino == os.fstat(file).st_ino
    assert disk.path(beside_others.name).stat().st_ino != os.fstat(file).st_ino
    assert beside_others[1:] == alone[1:] == (len(BODY), hashlib.sha256(BODY).hexdigest())
    body.close()
    for stored in (alone, beside_others):
        assert disk.open(stored.name).read() == BODY
        assert stat.S_IMODE(disk.path(stored.name).stat().st_mode) == 0o600


def test_a_file_that_was_received_on_another_file_system_is_copied(disk):
    with os.fdopen(os.memfd_create("body"), "wb+") as file:
        file.write(BODY + b"end")
        file.flush()
        stored = disk.store(open_region(file.fileno(), 0, len(BODY), is_alone=True))

    assert disk.open(stored.name).read() == BODY
    assert stored.sha256 == hashlib.sha256(BODY).hexdigest()


class BrokenOff(io.BytesIO):
    """Breaks off after the first piece, as a connection does."""

    def read(self, size=-1):
        if self.tell():
            raise ConnectionResetError
        return super().read(10)


def test_an_interrupted_stream_leaves_no_file(disk, kept):
    with pytest.raises(ConnectionResetError):
        disk.store(BrokenOff(b"paper" * 100))
    assert kept() == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("lies_in_a_body", [False, True])
def test_a_full_disk_raises_an_error_and_leaves_no_file(
    number, lies_in_a_body, app, kept, disk, body, monkeypatch
):
    def full(descriptor):
        raise OSError(number, "no room")

    monkeypatch.setattr(local_disk.os, "fsync", full)
    with pytest.raises(StorageFull, match="存储空间不足"):
        disk.store(open_region(body.fileno(), 3, 5) if lies_in_a_body else io.BytesIO(b"paper"))
    assert kept() == []


def test_the_rest_of_a_file_within_a_body_is_stored_and_hashed(disk, body, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(os.fstat(number).st_ino), fsync(number)))
    file = open_region(body.fileno(), 3, len(BODY) - 6)
    file.read(4)
    stored = disk.store(file)
    rest = BODY[7:-3]

    assert (stored.size, stored.sha256) == (len(rest), hashlib.sha256(rest).hexdigest())
    assert disk.open(stored.name).read() == rest
    path = disk.path(stored.name)
    assert {path.stat().st_ino, path.parent.stat().st_ino, path.parent.parent.stat().st_ino} <= set(synced)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "aa/bb/../../../x",
        "",
        "aa/bb/" + "g" * 28,
        "aa/bb/" + "0" * 28 + "\n",
    ],
)
def test_a_name_that_is_no_storage_name_is_refused(name, disk):
    for deed in (disk.open, disk.remove, disk.path):
        with pytest.raises(ValueError, match="not the name"):
            deed(name)


def test_removing_a_file_twice_is_allowed(disk):
    name = disk.store(io.BytesIO(b"paper")).name
    disk.remove(name)
    disk.remove(name)
    with pytest.raises(FileNotFoundError):
        disk.open(name)


def test_the_sweep_deletes_only_old_unreferenced_files_of_ours(disk, kept):
    orphan, named, young = (disk.store(io.BytesIO(b"paper")).name for _ in range(3))
    strange = disk.root / "aa" / "bb" / "README"
    strange.parent.mkdir(parents=True, exist_ok=True)
    strange.write_text("not ours")
    left = disk.root / "arriving" / "left-by-a-crash"
    left.write_bytes(b"pap")
    for path in (disk.path(orphan), disk.path(named), strange, left):
        age(path, hours=25)

    assert disk.sweep(lambda names: {named} & set(names)) == [orphan]
    assert kept() == sorted([disk.path(named), disk.path(young), strange])
    assert disk.sweep(lambda names: {named}, older_than=timedelta(0)) == [young]
    assert kept() == sorted([disk.path(named), strange])


def test_the_sweep_asks_the_database_for_a_bounded_number_of_names_at_once(disk, monkeypatch):
    monkeypatch.setattr(storage, "NAMES_PER_QUERY", 2)
    for _ in range(5):
        disk.store(io.BytesIO(b"paper"))
    asked = []

    def named(names):
        asked.append(len(names))
        return set(names)

    assert disk.sweep(named, older_than=timedelta(0)) == []
    assert asked == [2, 2, 1]


def test_missing_files_of_rows_are_found(disk):
    here, gone = (disk.store(io.BytesIO(b"paper")).name for _ in range(2))
    disk.remove(gone)
    assert list(disk.missing([here, gone])) == [gone]
