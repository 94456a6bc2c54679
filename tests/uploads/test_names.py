"""A file's name is a stranger's word: shown, and never believed."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploads.names import MAX_LENGTH, display_name, extension_of

NAMES = [
    ("身份证（正反面）.jpg", "身份证（正反面）.jpg"),
    ("my paper 2026-11.PDF", "my paper 2026-11.PDF"),
    ("../../etc/passwd.pdf", "passwd.pdf"),
    (r"C:\fakepath\合同.doc", "合同.doc"),
    ("合同.pdf\0.exe", "合同.pdf.exe"),
    ("合同\u202efdp.exe", "合同fdp.exe"),
    ("合\r\nSet-Cookie: a=b.pdf", "合 Set-Cookie_ a=b.pdf"),
    ("合\u2028同\u200b.pdf", "合 同.pdf"),
    ('a<b>"c|d?*.pdf', "a_b__c_d__.pdf"),
    ("...合同.pdf", "合同.pdf"),
    (".pdf", "附件.pdf"),
    ("合同.pdf. . ", "合同.pdf"),
    ("CON.pdf", "_CON.pdf"),
    ("aux.tar.pdf", "_aux.tar.pdf"),
    ("Lpt1.jpg", "_Lpt1.jpg"),
    ("console.pdf", "console.pdf"),
    ("名" * 300 + ".docx", "名" * 115 + ".docx"),
    ("", "附件"),
    ("/", "附件"),
]


@pytest.mark.parametrize(("given_name", "shown"), NAMES)
def test_deceptive_and_dangerous_parts_of_a_name_are_removed(given_name, shown):
    assert display_name(given_name) == shown


@settings(deadline=None)
@given(st.text(max_size=300))
def test_every_display_name_is_one_short_line_without_a_path(name):
    shown = display_name(name)

    assert 0 < len(shown) <= MAX_LENGTH
    assert not set(shown) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown)
    assert not shown.startswith((".", " "))
    assert not shown.endswith((".", " "))
    assert display_name(shown) == shown


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["pdf", "JPG", "docx", "exe"]))
def test_the_extension_is_kept_whatever_precedes_it(stem, extension):
    assert display_name(f"{stem}.{extension}").endswith(f".{extension}")
    assert extension_of(display_name(f"{stem}.{extension}")) == extension.lower()
