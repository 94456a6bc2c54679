"""What the parts of a .docx or .xlsx are and what they refer to: by relationship and content type, not by name.

Never follows a relationship and never expands an entity (ISO/IEC 29500-2 forbids document types in these parts).
"""

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from uploads.confined.faults import FaultError

PIECE = 1024 * 1024
"""Bytes read at once."""

CONTENT_TYPES = "[content_types].xml"

# Content types of code, and the last word of relationship types that lead to it. Microsoft MS-OFFMACRO2, 2.2.
MACRO_TYPES = (
    "application/vnd.ms-office.vbaproject",
    "application/vnd.ms-word.vbadata+xml",
    "application/vnd.ms-excel.macrosheet+xml",
    "application/vnd.ms-excel.intlmacrosheet+xml",
)
MACRO_RELATIONSHIPS = ("vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet")

HARMLESS_OUTSIDE = ("hyperlink",)
"""Nothing is fetched until somebody clicks."""

Attributes = dict[str, str]


def check_package(file: BinaryIO) -> list[str]:
    """Return the notes (uploads/notes.py) of a package. Raises FaultError when it has macros or broken lists."""
    notes = set()
    with zipfile.ZipFile(file) as package:
        entries = package.infolist()
        if _code_by_type(package, entries):
            raise FaultError("macros", {})
        for entry in entries:
            if not entry.filename.lower().endswith(".rels"):
                continue
            for relationship in _elements(package, entry, "Relationship"):
                kind = relationship.get("Type", "").rstrip("/").rpartition("/")[2].lower()
                if kind in MACRO_RELATIONSHIPS:
                    raise FaultError("macros", {})
                if relationship.get("TargetMode", "").lower() == "external" and kind not in HARMLESS_OUTSIDE:
                    notes.add("outside_template" if kind == "attachedtemplate" else "outside_content")
    return sorted(notes, reverse=True)  # the template first


def _code_by_type(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    """Return whether the list of content types calls a part of the package code. Every copy of the list counts."""
    parts = {f"/{entry.filename}".lower() for entry in entries if not entry.is_dir()}
    for entry in entries:
        if entry.filename.lower() != CONTENT_TYPES:
            continue
        for override in _elements(package, entry, "Override"):
            if _is_code(override) and override.get("PartName", "").lower() in parts:
                return True
        for default in _elements(package, entry, "Default"):
            ending = f".{default.get('Extension', '').lower()}"
            if _is_code(default) and any(part.endswith(ending) for part in parts):
                return True
    return False


def _is_code(element: Attributes) -> bool:
    return element.get("ContentType", "").partition(";")[0].strip().lower() in MACRO_TYPES


def _elements(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[Attributes]:
    """Yield the attributes of each element of that name, whatever its prefix. Raises FaultError for a document type."""
    found: list[Attributes] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse

    def start(element: str, attributes: Attributes) -> None:
        if element.rpartition(" ")[2] == name:
            found.append(attributes)

    parser.StartElementHandler = start
    with package.open(entry) as part:
        while piece := part.read(PIECE):
            parser.Parse(piece, False)
            yield from found
            found.clear()
    parser.Parse(b"", True)
    yield from found  # expat may keep an element back until it is told that no more bytes follow


def _refuse(*_doctype: Any) -> None:
    raise FaultError("damaged", {})
