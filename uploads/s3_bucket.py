"""One bucket of an S3-compatible server, through the library obstore: put, get, list, delete.

Never waits long: a server that is down must not hold all threads of the site. Never logs a key or the address of an object.
The library is loaded at the first use, in the process that uses it: its threads do not survive a fork.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from uploads.errors import StorageUnavailable
from uploads.storage_locations import S3Location

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Credential, S3Store

PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes as a part of a larger object; a shorter object goes in one request."""

PARTS_AT_ONCE = 2
"""Parts in memory and on the way for one upload."""

CONNECT_TIMEOUT = timedelta(seconds=2)
READ_TIMEOUT = timedelta(seconds=5)
"""For the answer to a request, and between two pieces of it. A part reaches a store in the same network within a second."""
REQUEST_TIMEOUT = timedelta(seconds=20)
RETRY_TIMEOUT = timedelta(seconds=4)
"""No further attempt begins after this time."""
MAX_RETRIES = 1

FAILURES_IN_A_ROW = 2
PAUSE_SECONDS = 5.0
"""After so many failures in a row nobody asks the server for this time; then one request tries again."""

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One object of a listing."""

    key: str
    size: int
    modified: datetime


class Breaker:
    """Refuses at once while the server is known to be down. Threads of one process share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0

    def enter(self) -> None:
        """Raise StorageUnavailable unless the server works or it is time to try it again."""
        if self._failures < FAILURES_IN_A_ROW:
            return
        with self._lock:
            if time.monotonic() < self._next_try:
                raise StorageUnavailable
            self._next_try = time.monotonic() + PAUSE_SECONDS  # the others wait for this one's outcome

    def succeeded(self) -> None:
        """Note that the server has answered."""
        self._failures = 0

    def failed(self) -> None:
        """Note that the server has not answered, or with an error of its own."""
        with self._lock:
            self._failures += 1
            self._next_try = time.monotonic() + PAUSE_SECONDS


class Bucket:
    """The objects below the location's prefix, by their keys without it. Every method may raise StorageUnavailable."""

    def __init__(self, location: S3Location) -> None:
        self.location = location
        self._breaker = Breaker()
        self._lock = threading.Lock()
        self._made: S3Store | None = None
        self._pid = 0

    def put(self, key: str, chunks: Iterator[bytes]) -> None:
        """Store the chunks as one object, durably, or nothing. Errors of the iterator come through."""
        first = _at_least(PART_BYTES, chunks)
        if len(first) < PART_BYTES:
            self.put_bytes(key, first)
            return
        source = _guarded(first, chunks)
        try:
            with self._request() as (obstore, store):
                obstore.put(store, key, source, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
        except _SourceFailed as failed:
            raise failed.error from None

    def put_bytes(self, key: str, content: bytes) -> None:
        """Store a short object in one request."""
        with self._request() as (obstore, store):
            obstore.put(store, key, content, use_multipart=False)

    def get(self, key: str, start: int, length: int) -> tuple[bytes, int]:
        """Return a range of an object, shorter at its end, and the size of the whole. Raises FileNotFoundError."""
        try:
            with self._request() as (obstore, store):
                found = obstore.get(store, key, options={"range": (start, start + length)})
                return bytes(found.bytes()), found.meta["size"]
        except _OutsideRange:
            return b"", self._size(key)

    def exists(self, key: str) -> bool:
        """Say whether there is such an object. Reads its first byte: the answer to HEAD does not say what is missing."""
        try:
            self.get(key, 0, 1)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete an object, if it still exists."""
        with self._request() as (obstore, store):
            obstore.delete(store, key)

    def entries(self, folder: str = "", after: str = "") -> Iterator[Entry]:
        """Yield the objects below a folder in the order of their keys, beginning behind the key `after`."""
        with self._request() as (obstore, store):
            pages = iter(obstore.list(store, folder or None, offset=after or None, chunk_size=1000))
        while True:
            with self._request():
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                yield Entry(found["path"], found["size"], found["last_modified"])

    def _size(self, key: str) -> int:
        with self._request() as (obstore, store):
            size: int = obstore.head(store, key)["size"]
            return size

    @contextmanager
    def _request(self) -> Iterator[tuple[Any, "S3Store"]]:
        """Provide the library and the client for one request; turn its errors into ours."""
        import obstore
        from obstore.exceptions import BaseError

        self._breaker.enter()
        try:
            yield obstore, self._client()
        except (BaseError, FileNotFoundError) as error:
            text = str(error)
            code = _found(_CODE, text)
            if code == "NoSuchKey":
                self._breaker.succeeded()
                raise FileNotFoundError(code) from None
            if code == "InvalidRange":
                raise _OutsideRange from None
            status = _found(_STATUS, text)
            log.warning("storage: %s", f"{status} {code}".strip() or "no answer")
            if not status.startswith("4"):
                self._breaker.failed()
            raise StorageUnavailable from None  # the text of the cause has addresses
        else:
            self._breaker.succeeded()

    def _client(self) -> "S3Store":
        with self._lock:
            if self._made is None:
                self._made, self._pid = _connect(self.location), os.getpid()
            elif self._pid != os.getpid():
                raise RuntimeError(
                    "a client of S3 was used before this process was forked: it would wait for ever"
                )
            return self._made


class _OutsideRange(Exception):
    """The object ends before the range begins; an empty one has no range at all."""


class _SourceFailed(Exception):
    """The content that was being stored could not be read; `error` says why. Kept apart from errors of the server."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _guarded(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the first chunk and the further ones. Raises _SourceFailed."""
    yield first
    try:
        yield from others
    except Exception as error:
        raise _SourceFailed(error) from error


def _at_least(size: int, chunks: Iterator[bytes]) -> bytes:
    """Return the chunks joined, up to the one with which they reach the size."""
    joined = bytearray()
    for chunk in chunks:
        joined += chunk
        if len(joined) >= size:
            break
    return bytes(joined)


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _connect(location: S3Location) -> "S3Store":
    from obstore.store import S3Store

    endpoint = location.endpoint
    if endpoint and location.virtual_hosted:
        scheme, _, host = endpoint.partition("://")
        endpoint = f"{scheme}://{location.bucket}.{host}"
    client: ClientConfig = {
        "allow_http": not location.is_encrypted,
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": READ_TIMEOUT,
        "timeout": REQUEST_TIMEOUT,
    }
    if location.ca_file:
        client["root_certificate"] = Path(location.ca_file).read_text()
    # All that a variable AWS_... of the host would set otherwise; obstore lets some of them win over its arguments.
    config: S3Config = {"skip_signature": False, "s3_express": False}
    if endpoint:
        config["aws_endpoint_url_s3"] = endpoint
    keys: S3Credential = {
        "access_key_id": location.access_key,
        "secret_access_key": location.secret_key,
        "expires_at": None,
    }
    return S3Store(
        location.bucket,
        config=config,
        prefix=location.prefix or None,
        region=location.region,
        credential_provider=lambda: keys,
        virtual_hosted_style_request=location.virtual_hosted,
        client_options=client,
        retry_config={
            "max_retries": MAX_RETRIES,
            "retry_timeout": RETRY_TIMEOUT,
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(milliseconds=300),
                "base": 2,
            },
        },
    )
