"""Stores files, previews and unfinished uploads in a bucket of an S3-compatible server, so that several hosts share them.

The keys are the names on disk: `aa/bb/...`, `parts/TOKEN/OFFSET` and `previews/aa/bb/...`. Objects are private: the bucket's owner must not
make them public, and nothing is served from it directly. An object appears when it is complete.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import takewhile
from typing import Any, BinaryIO

from models.database import now
from uploads.errors import StorageFull, StorageUnavailable
from uploads.local_disk import is_full
from uploads.positioned import PositionedContent
from uploads.s3_bucket import Bucket, Entry
from uploads.storage import (
    CHUNK_BYTES,
    GRACE_PERIOD,
    NAME,
    UNUSED_LIFETIME,
    StoredFile,
    checked_name,
    checked_token,
    fresh_name,
    preview_name,
    unreferenced,
)
from uploads.storage_locations import FilePlaces, S3Location

RANGE_BYTES = 2 * 1024 * 1024
"""How much of an object one request reads. A slow download holds so much memory, and no connection to the server."""

PARTS, PREVIEWS = "parts", "previews"


def s3_places(location: S3Location) -> FilePlaces:
    """Return the stores in a bucket. Connects to nothing yet."""
    bucket = Bucket(location)
    return FilePlaces(S3Storage(bucket), S3Parts(bucket), S3Previews(bucket))


class S3Storage:
    """Files under the same names as on disk (local_disk.py)."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def store(self, stream: BinaryIO, name: str = "") -> StoredFile:
        """Store everything from the stream's position on. What the stream raises comes through, and nothing is stored."""
        name = checked_name(name or fresh_name())
        counted = _Counted(stream)
        self._bucket.put(name, counted.chunks())
        return StoredFile(name, counted.size, counted.digest.hexdigest())

    def open(self, name: str) -> BinaryIO:
        """Return the file for reading in pieces. Raises FileNotFoundError."""
        return io.BufferedReader(_ObjectReader(self._bucket, checked_name(name)), RANGE_BYTES)

    def open_local(self, name: str) -> BinaryIO:
        """Return the file as a temporary file without a name. Raises FileNotFoundError."""
        with self.open(name) as source:
            return _local_copy(iter(lambda: source.read(CHUNK_BYTES), b""))

    def remove(self, name: str) -> None:
        """Delete the file, if it still exists."""
        self._bucket.delete(checked_name(name))

    def sweep(
        self, referenced: Callable[[Sequence[str]], set[str]], older_than: timedelta = GRACE_PERIOD
    ) -> list[str]:
        """Delete files older than `older_than` that no row refers to; return their names.

        The rest of a broken upload of a large file is invisible; the bucket's own rule deletes it (docs/settings.md).
        """
        latest = now() - older_than
        removed = unreferenced((each.key for each in self._files() if each.modified < latest), referenced)
        for name in removed:
            self.remove(name)
        return removed

    def missing(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the names that have no file."""
        return (name for name in names if not self._bucket.exists(checked_name(name)))

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the name and size of each file, in the order of the names."""
        return ((each.key, each.size) for each in self._files())

    def _files(self) -> Iterator[Entry]:
        before_others = takewhile(lambda each: each.key < "g", self._bucket.entries())
        return (each for each in before_others if NAME.fullmatch(each.key))


class S3Parts:
    """Unfinished uploads: one object for each piece, whose key ends with the place of its first byte."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def size(self, token: str) -> int:
        """Return how many bytes have arrived without a gap; 0 for an unknown token."""
        pieces = self._pieces(token)
        return pieces[-1][1] if pieces else 0

    def append(self, token: str, offset: int, content: bytes) -> None:
        """Store the content as the piece at the offset. The pieces behind it, of writes that were not recorded, are deleted."""
        for start, key in self._keys(token):
            if start > offset:
                self._bucket.delete(key)
        self._bucket.put_bytes(f"{PARTS}/{checked_token(token)}/{offset:012d}", content)

    def open(self, token: str) -> BinaryIO:
        """Return the bytes that have arrived as a temporary file without a name. Raises FileNotFoundError."""
        pieces = self._pieces(token)
        if not pieces:
            raise FileNotFoundError(token)
        return _local_copy(self._bucket.get(key, 0, end - start)[0] for start, end, key in pieces)

    def remove(self, token: str) -> None:
        """Delete the upload, if it still exists; without an answer the daily sweep does it."""
        with suppress(StorageUnavailable):
            for _, key in self._keys(token):
                self._bucket.delete(key)

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield the token and size of each upload."""
        tokens = dict.fromkeys(each.key.split("/")[1] for each in self._bucket.entries(PARTS))
        return ((token, self.size(token)) for token in tokens)

    def sweep(self, older_than: timedelta) -> int:
        """Delete uploads to which nothing was appended for so long; return how many."""
        latest = now() - older_than
        newest: dict[str, Any] = {}
        for each in self._bucket.entries(PARTS):
            token = each.key.split("/")[1]
            newest[token] = max(newest.get(token, each.modified), each.modified)
        old = [token for token, at in newest.items() if at < latest]
        for token in old:
            self.remove(token)
        return len(old)

    def _keys(self, token: str) -> list[tuple[int, str]]:
        folder = f"{PARTS}/{checked_token(token)}"
        return [(int(each.key.rpartition("/")[2]), each.key) for each in self._bucket.entries(folder)]

    def _pieces(self, token: str) -> list[tuple[int, int, str]]:
        """Return start, end and key of the pieces that follow one another from the first byte on."""
        pieces: list[tuple[int, int, str]] = []
        end = 0
        for each in self._bucket.entries(f"{PARTS}/{checked_token(token)}"):
            start = int(each.key.rpartition("/")[2])
            if start == end:
                end += each.size
                pieces.append((start, end, each.key))
        return pieces


class S3Previews:
    """Drawn pictures. Their age counts from when they were drawn: a store does not note who reads."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def get(self, name: str, page: int, width: int) -> bytes | None:
        """Return the picture; None when there is none."""
        key = _preview_key(name, page, width)
        try:
            content, size = self._bucket.get(key, 0, RANGE_BYTES)
            if len(content) < size:
                content += self._bucket.get(key, len(content), size - len(content))[0]
        except FileNotFoundError:
            return None
        return content

    def put(self, name: str, page: int, width: int, content: bytes) -> None:
        """Store the picture; without an answer does nothing, and the next request draws it again."""
        with suppress(StorageUnavailable):
            self._bucket.put_bytes(_preview_key(name, page, width), content)

    def forget(self, name: str) -> None:
        """Delete all pictures of a file."""
        beginning = f"{PREVIEWS}/{checked_name(name)}-"
        for each in self._bucket.entries(beginning.rpartition("/")[0]):
            if each.key.startswith(beginning):
                self._bucket.delete(each.key)

    def sweep(self, older_than: timedelta = UNUSED_LIFETIME) -> int:
        """Delete the pictures that were drawn so long ago; return their number."""
        latest = now() - older_than
        old = [each.key for each in self._bucket.entries(PREVIEWS) if each.modified < latest]
        for key in old:
            self._bucket.delete(key)
        return len(old)


def _preview_key(name: str, page: int, width: int) -> str:
    return f"{PREVIEWS}/{preview_name(name, page, width)}"


class _Counted:
    """Passes on the rest of a stream in chunks, and counts and hashes it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.digest = hashlib.sha256()

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK_BYTES):
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk


class _ObjectReader(PositionedContent):
    """Reads an object by ranges; the first one is read at once, and says how large it is."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._first, size = bucket.get(key, 0, RANGE_BYTES)
        super().__init__(size)

    def readinto(self, buffer: Any) -> int:
        content = self._range(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        return self._range(self.size - self.position)

    def _range(self, length: int) -> bytes:
        length = min(length, self.size - self.position)
        if length <= 0:
            return b""
        end = self.position + length
        if self._first and end <= len(self._first):
            content = self._first[self.position : end]
        else:
            self._first = b""
            content, _ = self._bucket.get(self._key, self.position, length)
        self.position += len(content)
        return content


def _local_copy(chunks: Iterable[bytes]) -> BinaryIO:
    """Return a temporary file with this content. Raises StorageFull when this machine has no room for it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        file.writelines(chunks)
        file.flush()
        file.seek(0)
    except BaseException as error:
        file.close()
        if is_full(error):
            raise StorageFull from error
        raise
    return file
