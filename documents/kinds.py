"""The kinds of files that the site makes for people, which register themselves here at its start.

The worker makes them (documents/jobs.py) and imports no page: what a kind needs of a console is registered by that console.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from common.errors import NotPermitted
from common.wording import Sentence
from models import Account


class FileNotMade(Exception):
    """The file cannot be made, and another attempt would not help; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text)
        self.sentence = sentence


class RightLost(NotPermitted):
    """The account may not have such a file, or not any more; `sentence` says so."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text)
        self.sentence = sentence


class Making(NamedTuple):
    """What a kind gets to make its file: who asked (reloaded), for what, and where to write it."""

    actor: Account
    parameters: Mapping[str, Any]
    language: str
    path: Path
    """The file to write. It does not exist yet; its folder is for this attempt alone and is deleted afterwards."""
    progress: Callable[[int, int], None]
    """`progress(done, total)`: written about once a second; `total` 0 is unknown. Raises ClaimLost when the job was cancelled."""


@dataclass(frozen=True)
class MadeFile:
    """What a kind has made: the name under which it is downloaded, and its content type.

    `notes` are shown above the download. `record` is called in the transaction in which the file becomes available: what it
    writes is there exactly when the file is.
    """

    file_name: str
    content_type: str
    notes: Sequence[Sentence] = ()
    count: int = 0
    record: Callable[[], None] | None = None


class DocumentKind(NamedTuple):
    """One kind of file. `make` writes the file to `Making.path`, and raises FileNotMade where it cannot be made.

    `check` raises NotPermitted (RightLost says why) or NotVisible when this account may not have such a file. It runs when the file
    is asked for, when it is made, and before each download.
    """

    key: str
    label: str
    make: Callable[[Making], MadeFile]
    check: Callable[[Account, Mapping[str, Any]], None]


KINDS: dict[str, DocumentKind] = {}
"""The registered kinds by their key."""


def _no_surroundings(_actor: Account, _language: str) -> AbstractContextManager[None]:
    return nullcontext()


_surroundings: Callable[[Account, str], AbstractContextManager[None]] = _no_surroundings


def register_kind(kind: DocumentKind) -> None:
    """Register a kind of file; the site does so at its start, in its own processes and in the worker's."""
    KINDS[kind.key] = kind


def register_surroundings(made: Callable[[Account, str], AbstractContextManager[None]]) -> None:
    """Register what surrounds the making of a file: the account that asked, and its language, as on a page."""
    global _surroundings
    _surroundings = made


def surroundings(actor: Account, language: str) -> AbstractContextManager[None]:
    """Return the registered surroundings."""
    return _surroundings(actor, language)
