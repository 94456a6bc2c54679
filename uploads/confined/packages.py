"""Checks the parts of a .docx or .xlsx and their relationships, by content type and relationship type, not by name.

Never follows a relationship and never expands an entity (ISO/IEC 29500-2 forbids document types in these parts).
"""

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from uploads.confined.faults import FaultError

CHUNK_BYTES = 1024 * 1024
"""Bytes that are read at a time."""

CONTENT_TYPES = "[content_types].xml"

# Content types of macros, and the last segment of the relationship types that refer to them. Microsoft MS-OFFMACRO2, 2.2.
MACRO_TYPES = (
    "application/vnd.ms-office.vbaproject",
    "application/vnd.ms-word.vbadata+xml",
    "application/vnd.ms-excel.macrosheet+xml",
    "application/vnd.ms-excel.intlmacrosheet+xml",
)
MACRO_ENABLED = "macroenabled"
"""Occurs in the content type of the main part of .docm, .xlsm, .xlsb and their templates."""
MACRO_RELATIONSHIPS = ("vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet")

NOT_FETCHED = ("hyperlink",)
"""External relationships of which nothing is fetched until somebody clicks."""

Attributes = dict[str, str]


def check_package(file: BinaryIO) -> list[str]:
    """Return the notes (uploads/notes.py) of a package. Raises FaultError when it has macros or broken relationships."""
    notes = set()
    with zipfile.ZipFile(file) as package:
        entries = package.infolist()
        if _has_macro_parts(package, entries):
            raise FaultError("macros", {})
        for entry in entries:
            if not entry.filename.lower().endswith(".rels"):
                continue
            for relationship in _elements(package, entry, "Relationship"):
                kind = relationship.get("Type", "").rstrip("/").rpartition("/")[2].lower()
                if kind in MACRO_RELATIONSHIPS:
                    raise FaultError("macros", {})
                if relationship.get("TargetMode", "").lower() == "external" and kind not in NOT_FETCHED:
                    notes.add("outside_template" if kind == "attachedtemplate" else "outside_content")
    return sorted(notes, reverse=True)  # the template first


def _has_macro_parts(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    """Return whether the content types declare a part as macros. All entries named like the list of types are read."""
    parts = {f"/{entry.filename}".lower() for entry in entries if not entry.is_dir()}
    for entry in entries:
        if entry.filename.lower() != CONTENT_TYPES:
            continue
        for override in _elements(package, entry, "Override"):
            if _is_macro_type(override) and override.get("PartName", "").lower() in parts:
                return True
        for default in _elements(package, entry, "Default"):
            ending = f".{default.get('Extension', '').lower()}"
            if _is_macro_type(default) and any(part.endswith(ending) for part in parts):
                return True
    return False


def _is_macro_type(element: Attributes) -> bool:
    kind = element.get("ContentType", "").partition(";")[0].strip().lower()
    return kind in MACRO_TYPES or MACRO_ENABLED in kind


def _elements(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[Attributes]:
    """Yield the attributes of each element of that name in any namespace. Raises FaultError for a document type."""
    found: list[Attributes] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse

    def start(element: str, attributes: Attributes) -> None:
        if element.rpartition(" ")[2] == name:
            found.append(attributes)

    parser.StartElementHandler = start
    with package.open(entry) as part:
        while chunk := part.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
            yield from found
            found.clear()
    parser.Parse(b"", True)
    yield from found  # expat may report the last elements only at the end of the input


def _refuse(*_doctype: Any) -> None:
    raise FaultError("damaged", {})
