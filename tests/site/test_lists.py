"""Every list has the same content on its page and in an export: headings and plain values of each row."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, template_rendered
from sqlalchemy import select

from admin_views.site.lists import DataTable, Plain
from admin_views.site.wording import day, stamp, translated
from models import Account, Role, db
from tests.site import pages
from tests.site.city import City

READERS = ("applicant, returned", "enterprise", "office", "city", "administrator")
LISTS = {
    "/administration/applications/",
    "/administration/calendar/",
    "/administration/changes/",
    "/administration/enterprises/",
    "/administration/form/",
    "/administration/form/versions/",
    "/administration/imports/",
    "/administration/imports/1/",
    "/administration/imports/1/?rows=good",
    "/administration/materials/",
    "/administration/notices/",
    "/administration/offices/",
    "/administration/periods/",
    "/administration/regions/",
    "/administration/settings/",
    "/administration/staff/",
    "/city/",
    "/city/?tab=all",
    "/enterprise/",
    "/enterprise/?tab=all",
    "/enterprise/reviewers/",
    "/files/",
    "/messages/",
    "/office/",
    "/office/?tab=all",
    "/office/enterprises/",
    "/office/enterprises/?tab=all",
    "/office/terms/",
    "/personal/application/history/",
}
FURTHER = ("/administration/imports/1/", "/administration/imports/1/?rows=good")
CHOICE = "选中"
TAG = re.compile(r"<[^>]*>")


@dataclass
class Declared:
    """What an export would have of one list: its headings in words, its values plain."""

    headings: list[str]
    rows: list[list[Plain]]


def as_text(value: Plain) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    return day(value) if isinstance(value, date) else "" if value is None else str(value)


def tables_in(context: Any) -> Iterator[DataTable]:
    """The lists of a page, those of its sections too."""
    for value in context.values():
        if isinstance(value, DataTable):
            yield value
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, dict):
                    yield from tables_in(each)


@contextmanager
def declared(app: Flask) -> Iterator[list[Declared]]:
    found: list[Declared] = []

    def note(_sender: Flask, template: Any, context: dict[str, Any], **_further: Any) -> None:
        for table in tables_in(context):
            for row in table.plain():
                assert all(value is None or isinstance(value, str | int | date) for value in row), row
            headings = [translated(heading) for heading in table.headings()]
            found.append(Declared(headings, table.plain()))

    with template_rendered.connected_to(note, app):
        yield found


def words_of(markup: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", markup)).split())


def is_said(value: Plain, cell: str) -> bool:
    """A cell may say more than its plain value; what it shortens it ends with dots."""
    return all(word in cell or ("..." in cell and word[:20] in cell) for word in as_text(value).split())


def data_headings(headings: list[str]) -> list[str]:
    """The headings without that of the radio buttons, which stand before the data."""
    return headings[1:] if headings[0] == CHOICE else headings


def data_cells(headings: list[str], cells: list[str]) -> list[str]:
    return cells[1:] if headings[0] == CHOICE else cells


def test_the_columns_of_each_list_say_what_its_page_shows(city: City) -> None:
    opened = set()
    for name in READERS:
        actor = city.actors[name]
        with city.app.app_context():
            account = db.session.scalars(select(Account).where(Account.role == actor.role)).first()
            paths = [path for _rule, path in pages.of_one_kind(city.app, account)]
        paths += [f"{path}?tab=all" for path in paths]
        paths += FURTHER if actor.role is Role.ADMINISTRATOR else ()
        for path in paths:
            with declared(city.app) as lists:
                answer = actor.client.get(path)
            if not lists or answer.status_code != 200:
                continue
            page = words_of(answer.text)
            drawn = [
                [[words_of(cell) for cell in re.findall(r"<td.*?</td>", row, re.S)] for row in rows]
                for rows in (
                    re.findall(r"<tr.*?</tr>", body, re.S)
                    for body in re.findall(r"<tbody>.*?</tbody>", answer.text, re.S)
                )
            ]
            heads = [
                [words_of(head) for head in re.findall(r"<th .*?</th>", row, re.S)]
                for row in re.findall(r"<thead>.*?</thead>", answer.text, re.S)
            ]
            for each in lists:
                if not each.rows:
                    continue
                opened.add(path)
                if "<tbody>" not in answer.text:  # messages are drawn as buttons
                    assert all(is_said(value, page) for row in each.rows for value in row), path
                    continue
                place = next(
                    (
                        n
                        for n, found in enumerate(heads)
                        if data_headings(found)[: len(each.headings)] == each.headings
                        and len(drawn[n]) == len(each.rows)
                    ),
                    None,
                )
                assert place is not None, (path, each.headings, heads)
                for values, cells in zip(each.rows, drawn[place], strict=True):
                    said = data_cells(heads[place], cells)
                    wrong = [(v, c) for v, c in zip(values, said, strict=False) if not is_said(v, c)]
                    assert wrong == [], path
    assert opened >= LISTS, LISTS - opened


def test_an_export_leaves_out_buttons_and_keeps_numbers_and_instants(city: City) -> None:
    with declared(city.app) as lists:
        city.actors["enterprise"].client.get("/enterprise/reviewers/")
        city.actors["administrator"].client.get("/administration/imports/")
    reviewers, invited, imports = lists
    assert reviewers.headings == ["姓名", "登录名", "联系电话"]
    assert invited.headings == ["姓名", "登录名", "手机号码", "有效期至"]
    [row] = imports.rows
    assert [type(value) for value in row] == [str, str, datetime, int, int, str]
    assert isinstance(invited.rows[0][3], datetime)
