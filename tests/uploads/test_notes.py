"""Issue 11, points 19 and 20: a file that holds more than a page shows is taken with a note, and macros never are."""

import io

import pytest

from tests.files import samples as files
from tests.uploads import odd_files
from uploads import notes
from uploads.errors import Fault, FileRefused
from uploads.inspection import inspect
from uploads.notes import Note
from uploads.receive import receive

pytestmark = pytest.mark.usefixtures("app")

IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
OLE = "http://purl.oclc.org/ooxml/officeDocument/relationships/oleObject"

NOTED = {
    "pdf portfolio": (odd_files.pdf_portfolio(), "pdf", [Note.PORTFOLIO]),
    "pdf portfolio, objects compressed": (odd_files.pdf_portfolio(compressed=True), "pdf", [Note.PORTFOLIO]),
    "pdf with a file in it": (odd_files.pdf_with_a_file_in_it(), "pdf", [Note.ATTACHED_FILES]),
    "the same compressed": (odd_files.pdf_with_a_file_in_it(compressed=True), "pdf", [Note.ATTACHED_FILES]),
    "pdf with a file pinned to a page": (
        odd_files.pdf_with_a_file_pinned_to_a_page(),
        "pdf",
        [Note.ATTACHED_FILES],
    ),
    "the pinned one compressed": (
        odd_files.pdf_with_a_file_pinned_to_a_page(compressed=True),
        "pdf",
        [Note.ATTACHED_FILES],
    ),
    "dynamic form": (odd_files.xfa_form(needs_rendering=True), "pdf", [Note.XFA_FORM]),
    "dynamic form that does not say so": (odd_files.xfa_form(needs_rendering=False), "pdf", [Note.XFA_FORM]),
    "static form with its fields on the page": (odd_files.xfa_form(False, fields=True), "pdf", []),
    "plain pdf": (files.pdf(), "pdf", []),
    "outside template": (odd_files.word_with_an_outside_template(), "docx", [Note.OUTSIDE_TEMPLATE]),
    "outside picture": (
        odd_files.word_related_to(IMAGE, "https://example.com/a.png"),
        "docx",
        [Note.OUTSIDE_CONTENT],
    ),
    "outside object, strict": (
        odd_files.word_related_to(OLE, "file:///C:/a.xlsx"),
        "docx",
        [Note.OUTSIDE_CONTENT],
    ),
    "another workbook": (odd_files.excel_linked_to_another_book(), "xlsx", [Note.OUTSIDE_CONTENT]),
    "word with a link to click": (odd_files.word_with_a_link(), "docx", []),
    "excel with a link to click": (odd_files.excel_with_links(), "xlsx", []),
    "plain word": (files.word(), "docx", []),
    "a type for macros and no macros": (odd_files.word_typed_as_macros("default without a part"), "docx", []),
    "every workbook of SheetJS": (odd_files.excel_of_sheetjs({}), "xlsx", []),
}


@pytest.mark.parametrize("kind", NOTED)
def test_content_that_a_page_cannot_show_gets_a_note(kind, chosen):
    content, extension, expected = NOTED[kind]
    assert list(receive(chosen(content, f"材料.{extension}")).notes) == expected


@pytest.mark.parametrize(
    "content",
    [
        odd_files.word_with_renamed_macros(),
        odd_files.word_typed_as_macros("override"),
        odd_files.word_typed_as_macros("default"),
    ],
    ids=["by relationship", "by content type", "by extension's content type"],
)
def test_macros_are_refused_whatever_the_name_of_their_part(content):
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(content), "表.docx")
    assert refusal.value.fault is Fault.MACROS


def test_a_part_with_the_content_type_of_an_xlsb_is_refused():
    content = odd_files.excel_of_sheetjs({"xl/other.bin": b"-"})
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(content), "表.xlsx")
    assert refusal.value.fault is Fault.MACROS


def test_an_old_workbook_with_a_sheet_of_macros_is_refused():
    content = bytearray(files.old_excel())
    place = content.index(b"\x85\x00")  # BoundSheet8: kind, length, position, hidden or not, kind of sheet
    content[place + 9] = 1
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(content), "表.xls")
    assert refusal.value.fault is Fault.MACROS


def test_relationships_with_invalid_xml_or_entities_are_refused():
    declared = b'<!DOCTYPE a [<!ENTITY b "c">]><Relationships/>'
    for broken in (b"<Relationships", declared):
        with pytest.raises(FileRefused) as refusal:
            inspect(io.BytesIO(files.repacked(files.word(), {"word/_rels/a.rels": broken})), "表.docx")
        assert refusal.value.fault is Fault.DAMAGED


def test_every_note_has_a_sentence_for_owners_and_one_for_reviewers():
    assert set(notes.WORDS) == set(Note)
    assert all("PDF" in str(sentence) for sentence in notes.to_owner(Note))
    assert all(str(sentence) for sentence in notes.to_reviewer(Note))
