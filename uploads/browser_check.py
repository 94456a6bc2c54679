"""The table of kinds.py for static/js/formats.js, so that browser and server judge a file alike."""

from collections.abc import Sequence
from typing import Any

from uploads import kinds
from uploads.kinds import FileKind


def accept_attribute(allowed: Sequence[FileKind] = kinds.PERMITTED) -> str:
    """Return the value of a file input's `accept`: all extensions of the allowed kinds."""
    return ",".join(f".{extension}" for kind in allowed for extension in (*kind.extensions, *kind.aliases))


def kinds_for_scripts() -> list[dict[str, Any]]:
    """Return the rows in the order of comparison, in the user's language. A signature is an offset and bytes in hexadecimal."""
    return [
        {
            "name": str(kind.name),
            "taken": kind in kinds.PERMITTED,
            "extensions": [*kind.extensions, *kind.aliases, *kind.refused_extensions],
            "signatures": [[place, content.hex()] for place, content in kind.signatures],
            "container": kind.is_container,
            "advice": "" if kind in kinds.PERMITTED else str(kind.advice),
        }
        for kind in kinds.KINDS
    ]
