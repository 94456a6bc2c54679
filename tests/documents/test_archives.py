"""Names in an archive: readable, unique, and such that every system can write them."""

from __future__ import annotations

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import archives
from documents.archives import LONGEST_NAME, Archive, Names
from models import Application, Attachment, Material

AT = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}


def application(name: str = "王晓敏") -> Application:
    return Application(number="2026-000341", name=name)


def attachment(material: str, extension: str = "pdf") -> Attachment:
    return Attachment(
        material=Material(id=1, name=material, former_names=[]),
        extension=extension,
        uploaded_at=AT,
        storage_name="x",
        size=1,
    )


def paths(of: Application, *files: Attachment) -> list[str]:
    return [paper.path for paper in archives.papers(of, files, Names())]


@pytest.mark.guide("W10")
def test_papers_are_named_by_number_name_and_material() -> None:
    files = [attachment("劳动合同"), attachment("劳动合同", "jpg"), attachment("身份证/护照")]
    assert paths(application(), *files) == [
        "2026-000341_王晓敏_劳动合同_1.pdf",
        "2026-000341_王晓敏_劳动合同_2.jpg",
        "2026-000341_王晓敏_身份证_护照_1.pdf",
    ]


@pytest.mark.guide("W10")
def test_equal_names_become_different_ones_also_where_capitals_do_not_count() -> None:
    names = Names()
    assert [names.unique("", stem, "pdf") for stem in ("ab", "AB", "ab", "e\u0301", "\u00e9")] == [
        "ab.pdf",
        "AB (2).pdf",
        "ab (3).pdf",
        "e\u0301.pdf",
        "\u00e9 (2).pdf",
    ]
    assert paths(application(), attachment("甲?"), attachment("甲*")) == [
        "2026-000341_王晓敏_甲__1.pdf",
        "2026-000341_王晓敏_甲__2.pdf",
    ]


@pytest.mark.guide("W10")
@given(name=st.text(min_size=1, max_size=60), material=st.text(min_size=1, max_size=80))
def test_every_system_can_write_every_name(name: str, material: str) -> None:
    (path,) = paths(application(name), attachment(material))
    assert not FORBIDDEN & set(path)
    assert len(path.encode()) <= LONGEST_NAME
    assert path.startswith("2026-000341_")
    assert path.endswith("_1.pdf")
    folder = archives.stem_of(application(name))
    assert folder == folder.rstrip(". ")


@pytest.mark.guide("W10")
def test_chinese_names_are_marked_as_utf_8(tmp_path: Path) -> None:
    file, names = (
        tmp_path / "a.zip",
        ["2026-000341_王晓敏_劳动合同_1.txt", "阿依古丽·买买提/申请.json", "𠮷.txt"],
    )
    with Archive(file) as archive:
        for name in names:
            archive.add_bytes(name, name.encode(), AT)
    with zipfile.ZipFile(file) as read:
        assert read.namelist() == names
        assert {entry.flag_bits & 0x800 for entry in read.infolist()} == {0x800}, (
            "marked as UTF-8, as Explorer needs it"
        )
        assert read.infolist()[0].date_time == (2026, 11, 29, 16, 30, 0), "the time of Ordos"
    shutil.unpack_archive(file, tmp_path / "unpacked")
    assert all((tmp_path / "unpacked" / name).read_text() == name for name in names)
