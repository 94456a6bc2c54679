"""Takes an uploaded file in, or refuses it with nothing kept; and lets one go again.

Never writes a row: the caller does, in its own transaction, and discards the file when that fails.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, NamedTuple, cast

from werkzeug.datastructures import FileStorage

from uploads import decoding, kinds
from uploads.errors import Fault, FileRefused, StorageUnavailable
from uploads.file_regions import FileRegion, same_again
from uploads.inspection import inspect
from uploads.kinds import FileKind
from uploads.sets import previews, storage
from uploads.storage import StoredFile


class Received(NamedTuple):
    """A file that is stored and that no row names yet; the fields are those of the row."""

    display_name: str
    extension: str
    content_type: str
    size: int
    sha256: str
    pages: int | None
    storage_name: str
    notes: tuple[str, ...] = ()
    form_code: str | None = None


def receive(
    file: FileStorage | None,
    allowed: Sequence[FileKind] = kinds.PERMITTED,
    *,
    find_form_code: bool = False,
    small_picture: bool = False,
) -> Received:
    """Inspect the file, then store it (A11). Raises FileRefused, StorageFull or StorageUnavailable, all UploadError; then nothing is kept.

    `allowed` are the kinds that may come. `find_form_code`: search it for the code of the printed form (A22).
    `small_picture`: keep its small picture, which the check has drawn, for the page that follows.
    """
    if file is None or not file.filename:
        raise FileRefused(Fault.NO_FILE)
    stream = cast(BinaryIO, file.stream)
    storing = _Storing(stream)
    try:
        inspected = inspect(
            stream, file.filename, allowed, find_form_code=find_form_code, meanwhile=storing.begin
        )
        stored = storing.result()
        if stored.size != inspected.size:  # the stream ended early between the two
            raise FileRefused(Fault.BROKEN_OFF, name=inspected.display_name)
    except BaseException:
        storing.undo()
        raise
    if small_picture and inspected.small:
        previews().put(stored.name, 1, decoding.SMALL_WIDTH, inspected.small)
    return Received(
        inspected.display_name,
        inspected.extension,
        inspected.content_type,
        stored.size,
        stored.sha256,
        inspected.pages,
        stored.name,
        inspected.notes,
        inspected.form_code,
    )


class _Storing:
    """Stores a file while it is inspected: both take some fifty milliseconds for 20 MB."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._stored: StoredFile | None = None

    def begin(self) -> None:
        """Store a region. Another stream has one position, and while it is inspected nobody else can read it."""
        region = getattr(self._stream, "raw", None)
        if isinstance(region, FileRegion):
            self._stored = storage().store(same_again(region))

    def result(self) -> StoredFile:
        """Return the stored file; store it now if it lies in memory."""
        self._stored = self._stored or storage().store(self._stream)
        return self._stored

    def undo(self) -> None:
        """Remove what has been stored."""
        if self._stored:
            with suppress(StorageUnavailable):  # the daily sweep deletes it
                storage().remove(self._stored.name)


def discard_file(storage_name: str) -> None:
    """Remove one stored file and the pictures made of it; it may be gone already.

    No row names it any more: when the storage does not answer, the daily sweep deletes it.
    """
    with suppress(StorageUnavailable):
        storage().remove(storage_name)
        previews().forget(storage_name)
