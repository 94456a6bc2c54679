"""What a check of `doctor` yields: one finding, with its remedy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

OK, WARN, UNSAFE = "ok", "warn", "unsafe"

CLOCK_TOLERANCE = timedelta(minutes=1)
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", None, "")


@dataclass(frozen=True)
class Finding:
    """`level` is OK, WARN or UNSAFE; `remedy` is the instruction, "" if nothing needs to be done."""

    level: str
    what: str
    remedy: str = ""


Findings = Iterator[Finding]
Check = Callable[[dict[str, Any]], Findings]
"""Yields findings about the configuration that it is given."""
