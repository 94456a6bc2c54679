"""PDF files with Chinese type: the person's text is data, and what the font lacks is named (A22, W10, A25)."""

import io
import shutil
from pathlib import Path

import pypdfium2
import pytest

from documents import typesetting
from documents.typesetting import missing_characters, typeset

TEMPLATE = """#import "page.typ": data, paper
#show: paper
#data.name
#table(columns: (30mm, 30mm), ..data.rows.flatten())
"""


@pytest.fixture(autouse=True)
def _template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(typesetting.TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "trial.typ").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setattr(typesetting, "TEMPLATES", tmp_path / "templates")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.guide("A22", "W10")
def test_what_a_person_wrote_is_printed_as_it_is_and_never_evaluated() -> None:
    name = '#panic("x") $1$ *粗* _斜_ `a` <b> @c \\u{41} -- ~ "引号"'
    made = typeset("trial", {"name": name, "rows": [["多\n行", "𫠜"]]}, title="题 #1")
    text = text_of(made.pdf)
    assert name in text.replace("\r\n", "")
    assert "𫠜" in text
    assert made.missing == ()
    properties = pypdfium2.PdfDocument(io.BytesIO(made.pdf)).get_metadata_dict()
    assert properties["Title"] == "题 #1"
    assert properties["CreationDate"] == ""


@pytest.mark.guide("A22", "W10")
def test_characters_that_the_font_lacks_are_printed_as_code_points_and_named() -> None:
    made = typeset("trial", {"name": "王\U0003134a", "rows": [["ᠮ", "ᠮ"]]}, title="题")
    assert made.missing == ("\U0003134a", "ᠮ")
    text = text_of(made.pdf)
    assert "王〔U+3134A〕" in text
    assert text.count("〔U+182E〕") == 2


@pytest.mark.guide("A22")
@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("张三·Ü ÿ ﹝—﹞　\n\t", []),
        ("𫠜䶮㛃𬀩", []),
        ("e\u0301", []),
        ("x\u0332", ["\u0332"]),
        ("葛\U000e0100", []),
        ("\u200d", []),
        ("☐ᠮ☐", ["☐", "ᠮ"]),
    ],
)
def test_what_can_be_printed_is_known_before(text: str, missing: list[str]) -> None:
    assert missing_characters(text) == missing


@pytest.mark.guide("A22", "W10")
def test_the_same_data_give_the_same_file_and_a_long_word_stays_within_its_cell() -> None:
    data = {"name": "甲", "rows": [["a" * 90, "乙"]]}
    made = typeset("trial", data, title="题")
    assert typeset("trial", data, title="题") == made
    text = text_of(made.pdf)
    assert "a" * 90 in text.replace("\r\n", "").replace("乙", "")
    assert not any(len(line) > 40 for line in text.splitlines())


def test_a_template_that_cannot_be_compiled_is_an_error_that_names_it() -> None:
    with pytest.raises(typesetting.TypesettingError, match="trial"):
        typeset("trial", {}, title="题")
