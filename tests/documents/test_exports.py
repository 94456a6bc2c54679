"""Exports (W9): every list, as its page is filtered, sorted and scoped; numbers masked unless they are permitted in full."""

import ast
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, url_for
from sqlalchemy import func, select, update

import admin_views
from admin_views.site import exporting
from admin_views.site.base import ConsoleView
from admin_views.site.lists import Column
from administration import staff
from administration.changes import fingerprint
from common.audit import EXPORTS
from common.errors import ConfirmationRequired, NotPermitted, ReasonMissing, Unacceptable
from common.identity import masked
from desk import bulk
from documents import jobs
from documents.exports import NOT_FULL, Asked, ask_for_export
from models import Account, Action, Application, AuditEntry, Disclosure, FileState, State, db, exclusive
from tests import factories
from tests.documents.reading import exported, made
from tests.factories import REASON, World, act, application_at
from tests.machine.worlds import Person

NO_LISTS = {
    "administration.operation.": "says how the system is, at this moment",
    "documents.own_data": "what is stored about oneself, which has a file of its own (A24)",
    "payments.own_payments": "the payments of one's own grants, on one page",
    "payments.public": "the public page; its rows are those of the city's list of a batch",
    "payments.stop": "the payments of one grant, on the page that stops it",
    "payments.batch_summary.INCLUDED_COLUMNS": "the question before a batch is made; the batch is a list afterwards",
    "payments.batch_summary.LEFT_OUT_COLUMNS": "the same question",
    "administration.form_columns": "the fields of the form, in the sections of one form; its versions are a list",
    "administration.standards.CASE_COLUMNS": "the preview of a draft on some cases, gone when the page is left",
}
"""Columns that draw no list of stored rows, each with the reason."""


@pytest.fixture(autouse=True)
def nobody_is_woken(request: pytest.FixtureRequest) -> None:
    for name in ("ordos", "own_ordos"):
        if name in request.fixturenames:
            request.getfixturevalue(name)
            current_app.extensions["wake_file_jobs"] = lambda: None


def asked(actor: Account, address: str, **further: Any) -> Asked:
    with exporting.opened(actor, "zh", address) as (name, found):
        return Asked(address, name, found.title, found.described, **further)


def numbers(actor: Account, address: str, **further: Any) -> list[str]:
    """The application numbers in the file of a list, in its order."""
    (table,) = exported(actor, asked(actor, address, **further)).values()
    return [row[table[0].index("编号")] for row in table[1:]]


def declared() -> Iterator[tuple[str, tuple[Column, ...]]]:
    """Every tuple of columns that a console declares, by the module and the name."""
    for module in pkgutil.walk_packages(admin_views.__path__, "admin_views."):
        found = vars(import_module(module.name))
        owned = {
            f"{name}.{key}": value
            for name, kind in found.items()
            if isinstance(kind, type) and issubclass(kind, ConsoleView) and kind.__module__ == module.name
            for key, value in vars(kind).items()
        }
        for name, value in {**found, **owned}.items():
            several = value.values() if isinstance(value, dict) else [value]
            for one in several:
                if isinstance(one, tuple) and one and all(isinstance(each, Column) for each in one):
                    yield f"{module.name.removeprefix('admin_views.')}.{name}", one


def named_in_exports() -> set[str]:
    """The names of columns in functions that open a list for an export, as `module.NAME`."""
    found = set()
    root = Path(admin_views.__path__[0])
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("exported"):
                found |= {f"{module}.{each.id}" for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found


def people(world: World) -> dict[str, Account]:
    at = world.banner
    return {
        "personal": factories.applicant(),
        "enterprise": at.reviewer,
        "office": at.clerk,
        "city": world.centre,
        "administration": world.administrator,
    }


@pytest.mark.guide("W9")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_list_is_exported_with_the_columns_of_its_page(own_ordos: World) -> None:
    """A list that is declared anywhere and has no export is named here."""
    one = application_at(State.PRELIMINARY_REVIEW, own_ordos.banner, own_ordos)
    bulk.choose(own_ordos.banner.clerk, Action.RETURN, [one.id])
    factories.previewed_import(own_ordos.administrator, own_ordos.banner.region)
    by_console, opened_for_one = people(own_ordos), named_in_exports()
    shown: set[str] = set()
    for endpoint in exporting.sources(current_app):
        if endpoint.startswith(("city_bulk", "city_deputies", "enterprise_")):
            continue  # the same code as the office's
        rule = next(current_app.url_map.iter_rules(endpoint))
        if rule.arguments and not endpoint.endswith(".job"):
            continue  # the rows of one batch or run
        view = getattr(current_app.view_functions[endpoint], "__self__", None)
        person = by_console[view.console if isinstance(view, ConsoleView) else "personal"]
        with current_app.test_request_context():
            address = url_for(endpoint, **({"key": 1} if endpoint.endswith(".job") else {}))
        with exporting.opened(person, "en", address) as (name, found):
            assert name == endpoint
            shown |= {column.heading for sheet in found.sheets for column in sheet.columns}
            given = Asked(address, name, found.title)
        for table in exported(person, given, "en").values():
            assert table[0], endpoint
            assert all(heading.isascii() for heading in table[0]), (endpoint, table[0])
    opened = {id(columns) for name, columns in declared() if name in opened_for_one}
    missing = {
        name: [column.heading for column in columns if column.is_data and column.heading not in shown]
        for name, columns in declared()
        if not name.startswith(tuple(NO_LISTS)) and id(columns) not in opened
    }
    assert {name: headings for name, headings in missing.items() if headings} == {}


@pytest.mark.guide("W9")
def test_a_file_holds_what_the_page_shows_in_its_order_and_no_row_of_others(ordos: World) -> None:
    at, elsewhere = ordos.banner, ordos.park
    mine = [application_at(State.PRELIMINARY_REVIEW, at, ordos) for _ in range(3)]
    passed = application_at(State.CITY_REVIEW, at, ordos)
    strange = application_at(State.PRELIMINARY_REVIEW, elsewhere, ordos)
    mine_first = [one.number for one in mine]
    with exclusive():
        db.session.execute(
            update(Application).where(Application.id == mine[1].id).values(education="bachelor")
        )

    assert numbers(at.clerk, "/office/") == mine_first
    assert numbers(at.clerk, "/office/?sort=number&order=desc") == mine_first[::-1]
    assert numbers(at.clerk, "/office/?education=bachelor") == [mine_first[1]]
    assert numbers(at.clerk, f"/office/?tab=all&q={mine_first[2]}") == [mine_first[2]]
    assert numbers(at.clerk, "/office/?tab=decided") == [passed.number]
    assert strange.number not in numbers(at.clerk, "/office/?tab=all")
    assert numbers(elsewhere.clerk, "/office/") == [strange.number]

    waiting = ask_for_export(at.clerk, asked(at.clerk, "/office/"), "zh")
    factories.act(mine[0], Action.PASS, at.clerk)  # the list as it is when the worker opens it
    assert made(waiting.id).done == 2
    nothing = ("/nowhere", "//example.org/office/", "office", "/office/bulk/999/", "/office/?tab=none")
    for address in ("/city/", "/administration/staff/", *nothing):
        with pytest.raises(NotPermitted):
            asked(at.clerk, address)
    with pytest.raises(NotPermitted):
        ask_for_export(at.clerk, Asked("/city/", "city.index_view", "x"), "zh")


@pytest.mark.guide("W9")
def test_numbers_are_masked_text_and_days_are_dates(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    back = application_at(State.RETURNED, ordos.banner, ordos)
    (table,) = exported(
        ordos.administrator, asked(ordos.administrator, "/administration/applications/")
    ).values()
    rows = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    row = rows[application.number]
    assert row["证件号码"] == masked(application.identity_number)
    assert row["银行账号"] == masked(application.bank_account)
    assert row["联系电话"] == application.phone
    assert isinstance(row["提交时间"], datetime)
    # What may have been typed since the last submission is nobody's but the applicant's.
    assert (rows[back.number]["联系电话"], rows[back.number]["银行账号"]) == ("", "")
    assert db.session.scalar(select(func.count()).select_from(Disclosure)) == 0


def permit(world: World, account: Account, permitted: bool) -> None:
    given: Any = (world.administrator, account.id, account.name, account.phone, account.office_id)
    with pytest.raises(ConfirmationRequired) as question:
        staff.update_staff(*given, may_export_full=permitted, seen=fingerprint(account))
    assert account.name in question.value.consequences[0].words.values()
    staff.update_staff(
        *given, may_export_full=permitted, seen=fingerprint(account), confirmed=question.value.token
    )


@pytest.mark.guide("W9")
def test_full_numbers_need_the_right_and_a_reason_and_are_recorded(ordos: World) -> None:
    several = [application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos) for _ in range(2)]
    clerk = ordos.banner.clerk
    full = asked(clerk, "/office/?q=13812345678", full=True, reason="上报人社厅")
    with pytest.raises(NotPermitted):
        ask_for_export(clerk, full, "zh")
    permit(ordos, clerk, True)
    with pytest.raises(ReasonMissing):
        ask_for_export(clerk, asked(clerk, "/office/", full=True, reason=" "), "zh")
    full = asked(clerk, "/office/", full=True, reason="上报人社厅")
    (table,) = exported(clerk, full).values()
    place = table[0].index("证件号码")
    assert [row[place] for row in table[1:]] == [one.identity_number for one in several]

    disclosed = db.session.execute(
        select(Disclosure.application_id, Disclosure.field).where(Disclosure.account_id == clerk.id)
    )
    assert sorted(map(tuple, disclosed)) == sorted(
        (one.id, field) for one in several for field in ("bank_account", "identity_number")
    )
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.table_name == EXPORTS, AuditEntry.actor_id == clerk.id)
    ).one()
    assert entry.after == {"filter": [], "rows": 2, "full": True, "reason": "上报人社厅"}

    ready, waiting = (ask_for_export(clerk, full, "zh") for _ in range(2))
    jobs.cancel_file(clerk, waiting.id)
    assert made(ready.id).state is FileState.READY
    waiting = ask_for_export(clerk, full, "zh")
    permit(ordos, clerk, False)
    assert made(waiting.id).error == NOT_FULL.as_json()
    with pytest.raises(NotPermitted):
        jobs.note_download(clerk, ready.id)
    given: Any = (ordos.administrator, ordos.administrator.id, "自己", "", None)
    with pytest.raises(Unacceptable):
        staff.update_staff(*given, may_export_full=True, seen=fingerprint(ordos.administrator))


@pytest.mark.guide("W9")
def test_a_number_that_a_file_leaves_out_is_not_recorded_as_seen(ordos: World) -> None:
    """Of an application that is with its applicant, who may be typing another account."""
    returned = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    clerk = ordos.banner.clerk
    act(returned, Action.RETURN, clerk, REASON)
    permit(ordos, clerk, True)
    (table,) = exported(clerk, asked(clerk, "/office/?tab=all", full=True, reason="上报人社厅")).values()
    assert [returned.identity_number in row for row in table[1:]] == [True]
    seen = db.session.scalars(select(Disclosure.field).where(Disclosure.account_id == clerk.id)).all()
    assert seen == ["identity_number"]


@pytest.mark.guide("W9")
def test_the_trail_says_who_exported_which_filter_and_hides_numbers_that_were_searched_for(
    ordos: World,
) -> None:
    clerk = ordos.banner.clerk
    exported(clerk, asked(clerk, "/office/?education=bachelor&q=150602199001019990"))
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.table_name == EXPORTS).order_by(AuditEntry.id.desc()).limit(1)
    ).one()
    assert (entry.actor_id, entry.label) == (clerk.id, "待我审核的申请")
    assert entry.after["filter"] == [["查找", "1506************90"], ["学历", "大学本科"]]
    assert entry.after["rows"] == 0


@pytest.mark.guide("W9")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_of_a_list_leads_to_its_export(app: Flask, prepared: World, person: Person) -> None:
    app.extensions["wake_file_jobs"] = lambda: None
    clerk = person(prepared.banner.clerk)
    assert (
        "/files/export/?address=%2Foffice%2F%3Feducation%3Dbachelor"
        in clerk.get("/office/?education=bachelor").text
    )
    page = clerk.get("/files/export/?address=/office/?education%3Dbachelor").text
    assert "学历：大学本科" in page
    assert "导出完整的证件号码和银行账号" not in page
    sent = clerk.send(
        "/files/export/", {"address": "/office/?education=bachelor", "full": "1", "reason": "x"}
    )
    assert sent.status_code == 404
    sent = clerk.send("/files/export/", {"address": "/office/?education=bachelor"})
    assert sent.status_code == 303
    with app.app_context():
        jobs_made = made(1)
        assert jobs_made.state is FileState.READY
    found = clerk.get(f"{sent.location}download")
    assert found.data[:2] == b"PK"
    changes = person(prepared.administrator).get("/administration/changes/?table=exports").text
    assert "学历：大学本科" in changes
    assert person(prepared.centre).get("/files/export/?address=/office/").status_code == 404
