"""The code of the printed form is read from scans and photographs; codes of strangers are nothing to us (A22)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import segno
from PIL import Image

from common import paper_codes
from documents import application_form
from documents.qr_codes import qr_code
from documents.typesetting import typeset
from tests.documents.photographs import page_of, photograph
from tests.files import samples as files
from uploads.inspection import inspect

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.guide("A22")]

CODE = paper_codes.code_for("2026-000341", "a1b2" * 16)


def _form(rows: int) -> bytes:
    data = {
        "title": application_form.TITLE,
        "number": "2026-000341",
        "code": CODE,
        "svg_qr": qr_code(CODE, error="q"),
        "watermark": "",
        "sections": [],
        "experiences": [["2016.09-2020.06", "学习", "内蒙古大学", "材料科学与工程", "张三"]] * rows,
        "promises": [],
    }
    return typeset("application_form", data, title="申请表").pdf


@pytest.fixture(scope="module")
def form() -> bytes:
    """The printed form, without its fields."""
    return _form(rows=9)


def as_pdf(jpg: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(jpg)).save(out, "PDF", resolution=200)
    return out.getvalue()


PAPERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "the pdf itself": ("表.pdf", lambda form: form),
    "a photograph at an angle": ("表.jpg", lambda form: photograph(form, tilt=0.3, seed=3)),
    "on its side in grey, much compressed": ("表.jpg", lambda form: photograph(form, turned=90, grey=True, quality=30)),
    "upside down in the shadow": ("表.jpg", lambda form: photograph(form, turned=185, shadow=0.8)),
    "small, as a chat program sends it": ("表.jpg", lambda form: photograph(form, width=900, blur=0.4)),
    "a photograph within a pdf": ("表.pdf", lambda form: as_pdf(photograph(form, turned=-20))),
}  # fmt: skip


@pytest.mark.parametrize("which", PAPERS)
def test_the_code_is_read_from_the_paper_as_it_comes(form: bytes, which: str) -> None:
    name, taken = PAPERS[which]
    found = inspect(io.BytesIO(taken(form)), name, find_form_code=True)
    assert found.form_code == CODE


def with_codes(*texts: str) -> bytes:
    ground = Image.new("RGB", (400 * len(texts), 400), "white")
    for place, text in enumerate(texts):
        drawn = io.BytesIO()
        segno.make(text, micro=False).save(drawn, kind="png", scale=6)
        drawn.seek(0)
        ground.paste(Image.open(drawn), (400 * place, 0))
    out = io.BytesIO()
    ground.save(out, "PNG")
    return out.getvalue()


def test_other_codes_on_the_paper_are_passed_over() -> None:
    ours = inspect(io.BytesIO(with_codes("https://example.com/x", CODE)), "表.png", find_form_code=True)
    assert ours.form_code == CODE
    foreign = with_codes("https://example.com/x", f"{CODE[:-1]}?", "2026-000341")
    assert inspect(io.BytesIO(foreign), "表.png", find_form_code=True).form_code == ""


@pytest.mark.parametrize(
    ("content", "name", "search", "found"),
    [
        (files.word, "表.docx", True, ""),
        (files.jpg, "表.jpg", True, ""),
        (files.jpg, "证.jpg", False, None),
    ],
)
def test_files_without_a_code_and_materials_that_are_not_searched(
    content: Callable[[], bytes], name: str, search: bool, found: Any
) -> None:
    assert inspect(io.BytesIO(content()), name, find_form_code=search).form_code == found


def test_the_second_page_of_a_long_form_has_the_code_too() -> None:
    out = io.BytesIO()
    page_of(_form(rows=60), 900, page=1).save(out, "PNG")
    assert inspect(io.BytesIO(out.getvalue()), "页.png", find_form_code=True).form_code == CODE
