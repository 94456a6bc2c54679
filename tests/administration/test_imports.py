"""企业导入: faults by row and column, nothing written before the confirmation, then all accepted rows or none (D1)."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from python_calamine import load_workbook
from sqlalchemy import func, select
from xlsxwriter import Workbook

from accounts import logins
from administration import import_rows, import_table, imports
from administration.import_table import COLUMNS
from common import jobs
from common.calendar import ORDOS
from common.errors import ChangedMeanwhile, NotPermitted
from enterprises import registration
from models import (
    Account,
    AuditEntry,
    Enterprise,
    Import,
    ImportRow,
    ImportState,
    Message,
    RegionKind,
    Registration,
    db,
    exclusive,
    now,
)
from tests.factories import World, administrator, credit_code, deactivate, enterprise, region
from tests.files import samples as files
from tests.machine.at_once import at_once
from tests.machine.worlds import Person
from uploads import sheets
from uploads.sets import storage
from worker import importing, sweeping
from workflow import scope

HEAD = list(COLUMNS.values())
Rows = list[list[Any]]


def book(*rows: list[Any], head: list[Any] | None = None, **sheet_is: Any) -> bytes:
    """An Excel file with these rows below the header; a cell may be a callable that writes itself."""
    with io.BytesIO() as out:
        with Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as made:
            sheet = made.add_worksheet("企业")
            for place, row in enumerate([HEAD if head is None else head, *rows]):
                for column, cell in enumerate(row):
                    if callable(cell):
                        cell(made, sheet, place, column)
                    elif cell is not None:
                        sheet.write(place, column, cell)
            if "finish" in sheet_is:
                sheet_is["finish"](made, sheet)
        return out.getvalue()


def good(where: str, **otherwise: Any) -> list[Any]:
    """A valid row, except for the given values."""
    row = {
        "name": "导入的新材料公司",
        "credit_code": credit_code(),
        "region": where,
        "contact_name": "周婷",
        "contact_phone": "0477-8123456",
    }
    return [*(row | otherwise).values()]


def upload(content: bytes, by: Account, name: str = "企业.xlsx") -> Import:
    """Upload a file and run the worker."""
    job = imports.begin(by, name, storage().store(io.BytesIO(content)).name)
    importing.process_due()
    return fresh(job)


def fresh(job: Import) -> Import:
    db.session.rollback()
    db.session.refresh(job)
    return job


def confirm(job: Import, by: Account) -> Import:
    imports.confirm(by, job.id, seen=job.accepted)
    importing.process_due()
    return fresh(job)


def faults(job: Import) -> dict[int, dict[str, str]]:
    """The faults by row and column."""
    rows = db.session.scalars(select(ImportRow).where(ImportRow.import_id == job.id, ImportRow.refused))
    return {row.number: {column: text % words for column, text, words in row.faults} for row in rows}


def rows_of(job: Import) -> list[ImportRow]:
    return list(
        db.session.scalars(select(ImportRow).where(ImportRow.import_id == job.id).order_by(ImportRow.number))
    )


def enterprises() -> int:
    return db.session.scalar(select(func.count()).select_from(Enterprise)) or 0


@pytest.mark.guide("D1")
def test_each_refused_row_names_its_column_and_fault(ordos: World) -> None:
    where, there, twice = ordos.banner.region.name, ordos.banner.enterprise, credit_code()
    closed, former, between = (region(RegionKind.BANNER) for _ in range(3))
    for each, into in ((closed, None), (former, between), (between, ordos.banner.region)):
        each.active, each.merged_into = False, into
    db.session.commit()
    before = enterprises()
    job = upload(
        book(
            good(where),
            good(where, name=""),
            good(where, credit_code="911506020000000000"),
            good(where, credit_code=there.credit_code),
            good(where, credit_code=twice),
            good(where, credit_code=twice.lower()),
            good("火星"),
            good(closed.name),
            good(where, contact_phone="123"),
            good(where, name="很" * 101, contact_name="长" * 61),
            good(where, contact_name=None, contact_phone=None),
            good(former.name),
        ),
        ordos.administrator,
    )
    assert (job.state, job.accepted, job.refused) == (ImportState.PREVIEW, 1, 11)
    assert faults(job) == {
        3: {"name": "这一格是空的。"},
        4: {"credit_code": "代码校验位不正确，请对照营业执照核对每一位。"},
        5: {"credit_code": f"系统中已有这个代码：{there.name}（{where}）。"},
        6: {"credit_code": "与第 7 行的代码相同。"},
        7: {"credit_code": "与第 6 行的代码相同。"},
        8: {"region": "没有这个地区，请从模板的下拉列表中选择。"},
        9: {"region": "这个地区已停用，请从模板的下拉列表中选择。"},
        10: {"contact_phone": "请填写手机号码，或带区号的固定电话，例如 0477-8123456。"},
        11: {"name": "最多 100 个字。", "contact_name": "最多 60 个字。"},
        12: {"contact_name": "这一格是空的。", "contact_phone": "这一格是空的。"},
        13: {"region": f"{former.name}已并入{where}，请改填{where}。"},
    }
    assert enterprises() == before


def _number(value: float) -> Callable[..., None]:
    return lambda _book, sheet, row, column: sheet.write_number(row, column, value)


def _formula(text: str, came_to: str) -> Callable[..., None]:
    return lambda _book, sheet, row, column: sheet.write_formula(row, column, text, None, came_to)


def _date(day: date) -> Callable[..., None]:
    return lambda made, sheet, row, column: sheet.write_datetime(
        row, column, day, made.add_format({"num_format": "yyyy-mm-dd"})
    )


@pytest.mark.guide("D1")
def test_unusual_cells_are_read_or_get_a_fault(ordos: World) -> None:
    where, code, collective = ordos.banner.region, credit_code(), credit_code("N2")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)

    def finish(made: Any, sheet: Any) -> None:
        sheet.merge_range(6, 2, 7, 2, where.name)
        sheet.write_blank(9_000, 1, None, made.add_format({"bold": True}))

    job = upload(
        book(
            ["企业名单", None, date(2026, 1, 1).isoformat()],
            [*HEAD, "备注"],
            [*good(f" {where.name}\u3000", name="　带空格的  公司 ", credit_code=f" {wide} "), "第一行"],
            good(where.code, credit_code=collective.lower(), contact_phone=_number(13847710000)),
            good(where.name, credit_code=_number(911506020000000017), contact_name=_date(date(2026, 1, 2))),
            good("", name="合并一"),
            good("", name="合并二"),
            good(where.name, name=_formula('="公"&"式"', "公式公司")),
            good(where.name, name="=1+1公司"),
            head=[],
            finish=finish,
        ),
        ordos.administrator,
    )
    assert (job.state, job.refused) == (ImportState.PREVIEW, 1), job.error
    assert set(faults(job)[6]) == {"credit_code", "contact_name"}
    assert "数字格式" in faults(job)[6]["credit_code"]
    assert "日期格式" in faults(job)[6]["contact_name"]
    first, second, *_, merged, with_formula, like_a_formula = rows_of(job)
    assert (first.name, first.credit_code, first.region) == ("带空格的公司", code, where.name)
    assert (second.region, second.contact_phone) == (where.name, "13847710000")
    assert second.credit_code == collective
    assert (merged.name, merged.region_id) == ("合并二", where.id)
    assert (with_formula.name, like_a_formula.name) == ("公式公司", "=1+1公司")


FAR = {"finish": lambda _book, sheet: sheet.write_string(1_048_575, 16_383, "远")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: book(), "表头下面没有内容"),
        (lambda: book(["甲"], head=["单位"]), "没有找到表头“统一社会信用代码”"),
        (lambda: book(["甲", "乙"], head=HEAD[:2]), "表头缺少：所属地区、联系人、联系电话"),
        (lambda: book(["甲"], **FAR), "表格范围太大"),
        (lambda: book(*[["甲", "乙"]] * (import_table.MOST_ROWS + 1)), "一次最多导入 10000 行"),
    ],
)
@pytest.mark.guide("D1")
def test_a_file_without_a_table_is_refused_with_advice(
    ordos: World, content: Callable[[], bytes], words: str
) -> None:
    job = upload(content(), ordos.administrator)
    assert job.state is ImportState.FAILED
    text, gaps = job.error or ("", {})
    assert words in text % gaps
    assert job.storage_name is None


def hostile() -> Iterator[tuple[str, bytes, str]]:
    yield "old.xls", files.old_excel(), "另存为 .xlsx"
    yield "table.csv", b"a,b", "另存为 .xlsx"
    yield "macro.xlsx", files.repacked(files.excel(), {"xl/vbaProject.bin": b"x"}), "含有宏"
    yield "word.xlsx", files.word(), "内容却是"
    yield "bomb.xlsx", files.repacked(files.excel(), {"xl/media/x": bytes(220 * 1024 * 1024)}), "过大"
    yield "locked.xlsx", files.compound("EncryptedPackage", b"x" * 5000), "设有密码"
    yield "cut.xlsx", files.truncated(files.excel()), "损坏"
    yield "empty.xlsx", b"", "是空的"


@pytest.mark.guide("D1")
def test_a_file_that_is_no_workbook_is_refused_at_the_upload(
    prepared: World, person: Person, app: Flask
) -> None:
    browser = person(prepared.administrator)
    for name, content, words in hostile():
        answer = browser.send(
            "/administration/imports/",
            {"sheet": (io.BytesIO(content), name)},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 422, name
        assert words in answer.text, name
    nothing = browser.send("/administration/imports/", {}, content_type="multipart/form-data")
    assert "请先选择要上传的文件" in nothing.text
    with app.app_context():
        assert db.session.scalar(select(Import.id)) is None


@pytest.mark.guide("D1")
def test_a_confirmed_import_adds_all_accepted_rows_and_audit_entries(ordos: World) -> None:
    where = ordos.banner.region
    job = upload(book(*[good(where.name) for _ in range(3)], good("火星")), ordos.administrator)
    second = administrator("第二位")
    job = confirm(job, second)
    assert (job.state, job.confirmed_by_id, job.done) == (ImportState.DONE, second.id, 3)
    listed = db.session.scalars(
        select(Enterprise).where(Enterprise.registration == Registration.LISTED)
    ).all()
    assert {row.region_id for row in listed} == {where.id}
    assert {row.initials for row in listed} == {"drdxclgs"}
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.actor_id == second.id)).all()
    assert [line.after["region_id"] for line in lines] == [where.name] * 3
    assert [row.refused for row in rows_of(job)] == [True]  # the others are enterprises now
    for again in (lambda: imports.confirm(second, job.id, seen=3), lambda: imports.discard(second, job.id)):
        with pytest.raises(ChangedMeanwhile):
            again()
    importing.process_due()
    assert len(listed) == db.session.scalar(
        select(func.count()).where(Enterprise.registration == Registration.LISTED)
    )


@pytest.mark.guide("D1")
def test_if_one_row_has_become_invalid_nothing_is_imported_and_the_row_is_named(ordos: World) -> None:
    where, code = ordos.banner.region, credit_code()
    going, merging = region(RegionKind.BANNER), region(RegionKind.BANNER)
    job = upload(
        book(good(where.name), good(where.name, credit_code=code), good(going.name), good(merging.name)),
        ordos.administrator,
    )
    assert job.accepted == 4
    taker = enterprise(where, credit_code=code)
    going.active = merging.active = False
    merging.merged_into = where
    db.session.commit()
    before = enterprises()
    job = confirm(job, ordos.administrator)
    assert (job.state, job.accepted, job.refused, job.rejected_at_import) == (ImportState.PREVIEW, 1, 3, 3)
    assert enterprises() == before
    assert faults(job) == {
        3: {"credit_code": f"系统中已有这个代码：{taker.name}（{where.name}）。"},
        4: {"region": "这个地区已停用，请从模板的下拉列表中选择。"},
        5: {"region": f"{merging.name}已并入{where.name}，请改填{where.name}。"},
    }
    assert confirm(job, ordos.administrator).state is ImportState.DONE
    assert enterprises() == before + 1


@pytest.mark.guide("D1")
def test_a_failure_in_the_middle_imports_nothing_and_the_next_attempt_everything(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = upload(book(*[good(ordos.banner.region.name) for _ in range(3)]), ordos.administrator)
    before = enterprises()
    written = import_rows.audit.record_new

    def fails(row: Any, by: Account) -> None:
        raise OSError

    monkeypatch.setattr(import_rows.audit, "record_new", fails)
    assert confirm(job, ordos.administrator).state is ImportState.IMPORTING
    assert enterprises() == before
    monkeypatch.setattr(import_rows.audit, "record_new", written)
    importing.process_due()
    assert enterprises() == before  # the lease of the first attempt still runs
    run_out(job)
    importing.process_due()
    assert fresh(job).state is ImportState.DONE
    assert enterprises() == before + 3


def run_out(job: Import) -> None:
    """Let the lease expire, as if the worker had died."""
    with exclusive():
        db.session.get_one(Import, job.id).next_try = now() - timedelta(seconds=1)


@pytest.mark.guide("D1")
def test_a_worker_that_lost_its_claim_writes_nothing(ordos: World) -> None:
    job = upload(book(good(ordos.banner.region.name)), ordos.administrator)
    imports.confirm(ordos.administrator, job.id, seen=1)
    slow = imports.claim()
    assert slow is not None
    assert imports.claim() is None
    run_out(job)
    quick = imports.claim()
    assert quick is not None
    import_rows.run_import(quick)
    before = enterprises()
    with pytest.raises(jobs.ClaimLost):
        import_rows.run_import(slow)
    assert enterprises() == before


def test_an_import_that_is_cancelled_while_a_worker_has_it_writes_nothing(ordos: World) -> None:
    job = upload(book(good(ordos.banner.region.name)), ordos.administrator)
    imports.confirm(ordos.administrator, job.id, seen=1)
    claimed = imports.claim()
    assert claimed is not None
    imports.discard(ordos.administrator, job.id)
    before = enterprises()
    for end in (import_rows.run_import, imports.postpone, lambda job: jobs.renew(Import, job)):
        with pytest.raises(jobs.ClaimLost):
            end(claimed)
    importing.process_due()
    assert (fresh(job).state, enterprises()) == (ImportState.DISCARDED, before)


def test_an_attempt_that_fails_is_repeated_after_a_pause_and_the_page_says_when(
    prepared: World, person: Person, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> None:
        raise OSError

    monkeypatch.setattr(sheets, "read", fails)
    with app.app_context():
        by = db.session.get_one(Account, prepared.administrator.id)
        job = upload(book(good(prepared.banner.region.name)), by)
        number, again = job.id, job.next_try
    assert timedelta(seconds=10) < again - now() < jobs.PAUSES[0]
    page = person(prepared.administrator).get(f"/administration/imports/{number}/").text
    assert "处理时出错（第 1 次，共 3 次）" in page
    assert f"将在 {again.astimezone(ORDOS):%H:%M:%S} 自动再试" in page
    with app.app_context():
        for _ in range(2):
            job = db.session.get_one(Import, number)
            run_out(job)
            importing.process_due()
        assert fresh(job).state is ImportState.FAILED
        assert job.error is not None
        assert "多次出错" in job.error[0]


def test_the_page_says_why_an_import_does_not_move(prepared: World, person: Person, app: Flask) -> None:
    browser = person(prepared.administrator)
    with app.app_context():
        by = db.session.get_one(Account, prepared.administrator.id)
        first, second = (imports.begin(by, f"{name}.xlsx", name).id for name in ("甲", "乙"))

    def page(number: int) -> str:
        return browser.get(f"/administration/imports/{number}/").text

    def ago(number: int, seconds: int) -> None:
        with app.app_context(), exclusive():
            db.session.get_one(Import, number).next_try = now() - timedelta(seconds=seconds)

    assert "后台进程" not in page(first)
    for number in (first, second):
        ago(number, 20)
    assert "后台进程没有来处理，似乎没有运行" in page(second)
    with app.app_context():
        assert imports.claim() is not None
    assert "后台进程" not in page(first)
    assert "后台进程正在处理其他导入" in page(second)
    ago(first, 1)
    assert "处理中断" in page(first)
    assert "处理中断" in browser.get("/administration/imports/").text
    with app.app_context():
        while imports.claim() is not None:
            pass
    assert "上一次处理没有完成，已自动重新开始" in page(first)


@pytest.mark.guide("D1")
def test_two_workers_at_once_import_it_once(ordos: World) -> None:
    job = upload(book(*[good(ordos.banner.region.name) for _ in range(3)]), ordos.administrator)
    before = enterprises()
    imports.confirm(ordos.administrator, job.id, seen=3)

    def working() -> str:
        importing.process_due()
        return "done"

    assert at_once(working, working) == ["done", "done"]
    assert fresh(job).state is ImportState.DONE
    assert enterprises() == before + 3


def test_an_import_that_kills_every_worker_fails_after_its_last_attempt(ordos: World) -> None:
    job = imports.begin(ordos.administrator, "企业.xlsx", storage().store(io.BytesIO(book(good("甲")))).name)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert imports.claim() is not None
        run_out(job)
    importing.process_due()
    assert fresh(job).state is ImportState.FAILED
    assert job.error is not None
    assert "多次中断" in job.error[0]


def test_an_import_fails_if_its_confirmer_is_no_longer_administrator(ordos: World) -> None:
    second = administrator("第二位")
    job = upload(book(good(ordos.banner.region.name)), ordos.administrator)
    before = enterprises()
    imports.confirm(second, job.id, seen=1)
    deactivate(second)
    importing.process_due()
    assert fresh(job).state is ImportState.FAILED
    assert enterprises() == before
    for somebody in (ordos.banner.clerk, ordos.centre, ordos.banner.reviewer):
        with pytest.raises(NotPermitted):
            imports.begin(somebody, "企业.xlsx", "x")


def test_the_uploaded_file_is_deleted_when_it_is_no_longer_needed(ordos: World) -> None:
    name = storage().store(io.BytesIO(book(good(ordos.banner.region.name)))).name
    job = imports.begin(ordos.administrator, "企业.xlsx", name)
    assert sweeping.referenced_names([name]) == {name}
    importing.process_due()
    assert fresh(job).storage_name is None
    assert list(storage().missing([name])) == [name]
    with exclusive():
        db.session.get_one(Import, job.id).created_at = now() - timedelta(days=8)
    assert imports.delete_expired() == 1
    assert fresh(job).state is ImportState.DISCARDED
    assert rows_of(job) == []
    over = confirm(
        upload(book(good(ordos.banner.region.name), good("火星")), ordos.administrator), ordos.administrator
    )
    with exclusive():
        db.session.get_one(Import, over.id).finished_at = now() - timedelta(days=91)
    imports.delete_expired()
    assert (fresh(over).state, rows_of(over)) == (ImportState.DONE, [])


@pytest.mark.guide("D1", "E1", "E2", "A8")
def test_an_imported_enterprise_registers_with_its_row_and_is_approved(ordos: World) -> None:
    where, code = ordos.banner.region, credit_code()
    confirm(upload(book(good(where.name, credit_code=code)), ordos.administrator), ordos.administrator)
    listed = db.session.scalars(select(Enterprise).where(Enterprise.credit_code == code)).one()
    choosable = select(Enterprise.id).where(Enterprise.id == listed.id, scope.choosable_enterprises())
    assert db.session.scalar(choosable) is None
    typed = Enterprise(
        name="别的名称",
        credit_code=code,
        region=ordos.park.region,
        contact_name="新联系人",
        contact_phone="13800138000",
        licence_file="aa/bb/cc",
        licence_notes=["portfolio"],
    )
    account = logins.new_account(ordos.banner.reviewer.role, code, "新联系人", "Xiaomin2026")
    with exclusive():
        event = registration.add_registration(typed, account)
    known = db.session.get_one(Enterprise, listed.id, populate_existing=True)
    assert account.enterprise_id == known.id
    assert (known.registration, known.region_id, known.name) == (
        Registration.PENDING,
        where.id,
        "导入的新材料公司",
    )
    assert (known.contact_name, known.licence_file) == ("新联系人", "aa/bb/cc")
    assert known.licence_notes == ["portfolio"], "the office reads that the preview shows a cover only"
    assert event.reason == (
        f"注册时填写的单位名称“别的名称”、所属地区“{ordos.park.region.name}”与导入的不同。"
    )
    message = db.session.scalars(select(Message).where(Message.registration_event_id == event.id)).one()
    assert message.office_id == ordos.banner.office.id
    registration.decide(known.id, registration.APPROVE, ordos.banner.clerk, seen_version=known.version)
    assert db.session.scalar(choosable) == known.id


@pytest.mark.guide("D1")
def test_the_filled_template_and_the_corrected_report_can_be_imported(
    prepared: World, person: Person, app: Flask
) -> None:
    browser = person(prepared.administrator)
    made = load_workbook(io.BytesIO(browser.get("/administration/imports/template.xlsx").data))
    assert made.get_sheet_by_index(0).to_python()[0] == HEAD
    regions = [row[0] for row in made.get_sheet_by_index(1).to_python()]
    assert prepared.banner.region.name in regions
    with app.app_context():
        by = db.session.get_one(Account, prepared.administrator.id)
        job = upload(book(good("火星", name="=1+1公司"), good(prepared.banner.region.name)), by)
        number = job.id
    page = browser.get(f"/administration/imports/{number}/")
    for words in ("共 2 行：可导入 1 行，未通过 1 行", "所属地区：没有这个地区", "确认导入 1 家", "=1+1公司"):
        assert words in page.text
    assert "导入的新材料公司" in browser.get(f"/administration/imports/{number}/?rows=good").text
    report = browser.get(f"/administration/imports/{number}/report.xlsx").data
    with zipfile.ZipFile(io.BytesIO(report)) as package:
        assert b"<f>" not in b"".join(package.read(name) for name in package.namelist())
    (head, row) = load_workbook(io.BytesIO(report)).get_sheet_by_index(0).to_python()
    assert head == [*HEAD, "原文件行号", "问题"]
    assert (row[0], row[5]) == ("=1+1公司", 2)
    with app.app_context():
        by = db.session.get_one(Account, prepared.administrator.id)
        assert set(faults(upload(report, by))[2]) == {"region"}
    path = f"/administration/imports/{number}/"
    assert "在此期间已有变化" in browser.send(f"{path}confirm/", {"seen": "2"}, follow_redirects=True).text
    assert "0 / 1 行" in browser.send(f"{path}confirm/", {"seen": "1"}, follow_redirects=True).text


def test_the_worker_is_woken_when_an_import_is_due(
    app: Flask, ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setitem(app.extensions, "wake_importing", lambda: woken.append("woken"))
    job = upload(book(good(ordos.banner.region.name)), ordos.administrator)
    assert len(woken) == 1
    confirm(job, ordos.administrator)
    assert len(woken) == 2


@pytest.mark.guide("D1")
def test_five_thousand_rows_take_less_than_a_minute(ordos: World) -> None:
    begun = now()
    job = upload(
        book(*[good(ordos.banner.region.name, name=f"第{n}号公司") for n in range(5000)]),
        ordos.administrator,
    )
    assert (job.accepted, job.done) == (5000, 5000)
    confirm(job, ordos.administrator)
    assert now() - begun < timedelta(minutes=1)


def test_names_follow_the_same_character_rules_as_in_a_form(ordos: World) -> None:
    where = ordos.banner.region.name
    job = upload(
        book(
            good(where, contact_name="王\U0002ebf0", name="鄂尔多斯市\U000323b0\u200b材料有限公司"),
            good(where, contact_name="张\ue863"),
            good(where, name="鄂尔多斯市？材料有限公司"),
        ),
        ordos.administrator,
    )
    wrong = faults(job)
    assert wrong.keys() == {3, 4}
    assert "“\ue863”（U+E863）是自造字" in wrong[3]["contact_name"]
    assert "“？”（U+FF1F）" in wrong[4]["name"]
    [taken] = [row for row in rows_of(job) if not row.refused]
    assert (taken.name, taken.contact_name) == ("鄂尔多斯市\U000323b0材料有限公司", "王\U0002ebf0")
