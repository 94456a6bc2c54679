"""Reads the part of YAML that deploy/compose.yaml uses: block mappings and sequences, flow sequences, anchors, `<<`.

Whatever else there is raises ValueError: a file that this reads means the same to every YAML parser.
"""

from __future__ import annotations

import re
from typing import Any

KEY = re.compile(r"([A-Za-z0-9_.<-]+):(?: +(.*))?$")
PLAIN = re.compile(r"[A-Za-z0-9./_~-][^#\n]*")
WORDS = {"true": True, "false": False, "null": None, "yes": True, "no": False, "on": True, "off": False}
"""`yes` is a word of YAML 1.1, which Docker reads: whoever means the text writes quotes."""

Lines = list[tuple[int, str]]


def load(text: str) -> Any:
    """Return the document."""
    lines: Lines = []
    for raw in text.splitlines():
        if raw.strip() and not raw.lstrip().startswith("#"):
            if "\t" in raw:
                raise ValueError(f"a tab: {raw!r}")
            lines.append((len(raw) - len(raw.lstrip()), raw.strip()))
    anchors: dict[str, Any] = {}
    found = _block(lines, 0, anchors)
    if lines:
        raise ValueError(f"what is this doing here: {lines[0][1]!r}")
    return found


def _block(lines: Lines, indent: int, anchors: dict[str, Any]) -> Any:
    return _sequence(lines, indent) if lines[0][1].startswith("- ") else _mapping(lines, indent, anchors)


def _mapping(lines: Lines, indent: int, anchors: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    while lines and lines[0][0] == indent:
        match = KEY.match(lines[0][1])
        if not match or lines[0][1].startswith("- "):
            raise ValueError(f"not a key: {lines[0][1]!r}")
        lines.pop(0)
        key, rest = match[1], match[2] or ""
        if key in found:
            raise ValueError(f"twice: {key}")
        anchor = ""
        if rest.startswith("&"):
            anchor, _, rest = rest[1:].partition(" ")
        if rest.startswith("*"):
            value = anchors[rest[1:]]
        elif rest:
            value = _scalar(rest)
        elif lines and lines[0][0] > indent:
            value = _block(lines, lines[0][0], anchors)
        else:
            value = None
        if anchor:
            anchors[anchor] = value
        if key == "<<":
            merged = value
        else:
            found[key] = value
    return {**merged, **found}


def _sequence(lines: Lines, indent: int) -> list[Any]:
    found = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        found.append(_scalar(lines.pop(0)[1][2:]))
    return found


def _scalar(text: str) -> Any:
    if text == "{}":
        return {}
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"a list over several lines: {text!r}")
        return [_scalar(part) for part in re.findall(r'"[^"]*"|[^,\s][^,]*', text[1:-1])]
    if text.startswith('"'):
        if not re.fullmatch(r'"[^"\\]*"', text):
            raise ValueError(f"quotes: {text!r}")
        return text[1:-1]
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if re.fullmatch(r"\d+", text):
        return int(text)
    if not PLAIN.fullmatch(text) or ": " in text or text.endswith(":"):
        raise ValueError(f"not plain: {text!r}")
    return text
