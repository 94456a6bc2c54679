"""The table of kinds.py as static/js/upload.js reads it, so that browser and server say the same of a file."""

from collections.abc import Sequence
from typing import Any

from uploads import kinds
from uploads.kinds import FileKind


def accept_attribute(allowed: Sequence[FileKind] = kinds.PERMITTED) -> str:
    """Return the value of a file input's `accept`: every extension under which an allowed kind is taken."""
    return ",".join(f".{extension}" for kind in allowed for extension in (*kind.extensions, *kind.aliases))


def kinds_for_scripts() -> list[dict[str, Any]]:
    """Return the rows in the order of comparison, in the reader's language; a mark is its place and its bytes in hex."""
    return [
        {
            "name": str(kind.name),
            "taken": kind in kinds.PERMITTED,
            "extensions": [*kind.extensions, *kind.aliases, *kind.known_by],
            "marks": [[place, mark.hex()] for place, mark in kind.marks],
            "container": kind.is_container,
            "advice": "" if kind in kinds.PERMITTED else str(kind.advice),
        }
        for kind in kinds.KINDS
    ]
