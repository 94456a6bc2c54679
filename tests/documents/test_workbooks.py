"""Workbooks: what is written is what another program reads; nothing is a formula, nothing loses a digit (W9)."""

import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import workbooks
from documents.workbooks import BookSheet, write_workbook
from tests.documents.reading import tables

TEXTS = st.one_of(
    st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00\ufffe\uffff"),
        max_size=40,
    ),
    st.from_regex(r"[=+@-]?(SUM|HYPERLINK|cmd)\([A-Z0-9!\"|' ]*\)", fullmatch=True),
    st.from_regex(r"(https?|mailto|internal|external):[a-z./]{1,20}", fullmatch=True),
    st.from_regex(r"0?[0-9]{14,19}X?", fullmatch=True),
    st.sampled_from(["_x000D_", "_x0041_", " x ", "a\tb", "一\n二", "1e5", "TRUE", "#N/A", "\x0b\x1f"]),
)
nothing = lambda _done: None  # noqa: E731


def written(folder: Path, *sheets: BookSheet) -> Path:
    path = folder / "file"
    path.unlink(missing_ok=True)
    write_workbook(path, sheets, nothing)
    return path


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith(".xml")}


@pytest.mark.guide("W9")
@settings(max_examples=20)
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=30))
def test_every_text_comes_back_as_the_same_text(tmp_path_factory: Any, rows: list[list[str]]) -> None:
    path = written(tmp_path_factory.mktemp("book"), BookSheet("表", ["一", "二", "三"], rows))
    found = tables(str(path))["表"][1:]
    assert _without_empty_end(found) == _without_empty_end(rows)
    sheet = parts(path)["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def _without_empty_end(rows: list[list[Any]]) -> list[list[Any]]:
    while rows and not any(rows[-1]):
        rows = rows[:-1]
    return rows


@pytest.mark.guide("W9")
def test_days_and_instants_are_dates_and_long_numbers_keep_all_digits(tmp_path: Path) -> None:
    instant = datetime(2026, 11, 29, 17, 30, 5, 999, tzinfo=UTC)
    rows = [[date(2026, 1, 31), instant, 123_456, 150_602_199_001_019_990, None, "00123", "长" * 40_000]]
    path = written(tmp_path, BookSheet("表", list("abcdefg"), rows))
    (row,) = tables(str(path))["表"][1:]
    assert row[:6] == [
        date(2026, 1, 31),
        datetime(2026, 11, 30, 1, 30, 5),  # noqa: DTZ001
        123_456.0,
        "150602199001019990",
        "",
        "00123",
    ]
    assert isinstance(row[6], str)
    assert len(row[6]) == workbooks.LONGEST_TEXT
    found = parts(path)
    assert 'formatCode="yyyy\\-mm\\-dd hh:mm"' in found["xl/styles.xml"].replace(
        "yyyy-mm-dd", "yyyy\\-mm\\-dd"
    )
    sheet = found["xl/worksheets/sheet1.xml"]
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:G2"/>' in sheet
    assert "numberStoredAsText" in sheet


@pytest.mark.guide("W9")
def test_more_rows_than_a_sheet_holds_go_on_further_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 10)
    rows = [[str(number)] for number in range(30)]
    path = written(
        tmp_path,
        BookSheet("申请[全部]:2026/11 一个很长很长很长很长很长的名字", ["编号"], rows),
        BookSheet("空", ["编号"], []),
    )
    found = tables(str(path))
    assert [len(table) for table in found.values()] == [11, 11, 11, 1]
    assert [row[0] for table in list(found.values())[:3] for row in table[1:]] == [row[0] for row in rows]
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in found)


@pytest.mark.guide("W9")
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        rows = (
            [f"2026-{each:06d}", "王晓敏", "示例新材料有限公司", "1506************90"]
            for each in range(number)
        )
        tracemalloc.start()
        written(tmp_path, BookSheet("表", ["编号", "姓名", "工作单位", "证件号码"], rows))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(2_500) < peak(500) + 100_000


@pytest.mark.guide("W9")
def test_a_failed_file_is_seen_and_temporary_files_stand_in_its_folder(tmp_path: Path) -> None:
    seen: list[set[str]] = []

    def failing(done: int) -> None:
        seen.append({path.name for path in tmp_path.iterdir()})
        raise OSError(28, "No space left on device")

    rows = [["x"]] * workbooks.PROGRESS_EVERY
    with pytest.raises(OSError, match="No space left"):
        write_workbook(tmp_path / "file", [BookSheet("表", ["一"], rows)], failing)
    assert seen[0]


def test_an_empty_list_is_a_table_with_headings(tmp_path: Path) -> None:
    path = written(tmp_path, BookSheet("", ["编号", "姓名"], []))
    assert tables(str(path)) == {"1": [["编号", "姓名"]]}
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
        assert package.testzip() is None
