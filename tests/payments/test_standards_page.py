"""「补贴标准」 in the administration: from a draft over the preview to a standard in force (P3)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from common.calendar import today
from models import AuditEntry, Standard, StandardState, db
from tests import factories
from tests.administration.test_pages import change, confirm_question, fields, hidden, text
from tests.factories import World
from tests.machine.site import Client
from tests.machine.worlds import Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/administration/standards/"


@pytest.fixture
def admin(prepared: World, person: Person) -> Client:
    return person(prepared.administrator)


@pytest.fixture
def rows(app: Flask) -> Callable[[], list[Any]]:
    """`rows()` are the standards in the database now."""

    def read() -> list[Any]:
        with app.app_context():
            found = list(db.session.scalars(select(Standard).order_by(Standard.id)))
            db.session.expunge_all()
            return found

    return read


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "博士",
        "period_id": "",
        "priority": "1",
        "if_education": ["doctor"],
        "amount_fen": "60000.01",
        "instalments": "2",
        "interval_months": "6",
        "years": "5",
        "valid_from": today().isoformat(),
        "valid_until": "",
    } | changes


@pytest.mark.guide("P3")
def test_a_draft_is_previewed_confirmed_and_then_holds(
    app: Flask, prepared: World, admin: Client, rows: Callable[[], list[Any]]
) -> None:
    with app.app_context():
        application = factories.complete_application(prepared.city.enterprise, education="doctor")
        factories.submit(application)
        number = application.number
    answer = admin.send(f"{PATH}new/", typed())
    (row,) = rows()
    assert answer.location.endswith(f"/{row.id}/preview/")
    assert (row.state, row.amount_fen, row.conditions) == (
        StandardState.DRAFT,
        6_000_001,
        {"education": ["doctor"]},
    )
    preview = admin.get(answer.location)
    assert number in text(preview)
    assert "60,000.01" in text(preview)
    question = admin.send(f"{PATH}{row.id}/preview/", fields(preview))
    assert "生效后不能修改" in text(question)
    assert rows()[0].state is StandardState.DRAFT
    confirm_question(admin, f"{PATH}{row.id}/preview/", question)
    assert rows()[0].state is StandardState.IN_FORCE
    listed = text(admin.get(PATH))
    assert "每年 60,000.01 元，分 2 次发放，每 6 个月一次，共 5 年" in listed
    assert "学历：博士研究生" in listed
    trail = text(admin.get("/administration/changes/?table=standards"))
    assert "60,000.01" in trail
    assert "博士研究生" in trail


@pytest.mark.guide("P3")
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    app: Flask, admin: Client, rows: Callable[[], list[Any]]
) -> None:
    with app.app_context():
        factories.standard(name="在用的", conditions={"education": ["doctor"]})
    for field, given, says in (
        ("amount_fen", "6万", "不写“万”"),
        ("amount_fen", "６００００.００", "半角"),
        ("amount_fen", "60,000.00", "千位分隔符"),
        ("amount_fen", "60000", "两位小数"),
        ("amount_fen", "0.01", "不到一分"),
        ("interval_months", "12", "一年内发不完"),
        ("interval_months", "0", "每几个月一次"),
        ("valid_until", (today() - timedelta(days=1)).isoformat(), "不能早于第一天"),
        ("valid_from", today().isoformat(), "在用的"),
        ("if_education", ["doctor", "nobody"], "nobody"),
        ("years", "0", "1 至 10"),
    ):
        answer = admin.send(f"{PATH}new/", typed(**{field: given}))
        page = text(answer)
        assert answer.status_code == 422, field
        error = re.search(rf'id="{field}-error">(.*?)</p>', page, re.DOTALL)
        assert error, (field, given)
        assert says in error[1], error[1]
        assert 'value="博士"' in page
        if isinstance(given, str):
            assert f'value="{given}"' in page
    assert len(rows()) == 1


@pytest.mark.guide("P3")
def test_a_version_in_force_gets_a_successor_or_an_earlier_end_and_no_edit(
    app: Flask, admin: Client, rows: Callable[[], list[Any]]
) -> None:
    with app.app_context():
        key = factories.standard(name="博士", conditions={"education": ["doctor"]}).id
    answer = admin.send(f"{PATH}{key}/", {**fields(admin.get(f"{PATH}{key}/")), "amount_fen": "1.00"})
    assert rows()[0].amount_fen == 6_000_000
    ends = today() + timedelta(days=3)
    question = change(admin, f"{PATH}{key}/", valid_until=ends.isoformat())
    assert "有效期改为" in text(question)
    assert confirm_question(admin, f"{PATH}{key}/", question).status_code == 302
    assert rows()[0].valid_until == ends

    answer = admin.send(f"{PATH}{key}/version/", {})
    again = admin.send(f"{PATH}{key}/version/", {})
    assert answer.location == again.location
    draft = rows()[1]
    assert (draft.version, draft.replaces_id, draft.state) == (2, key, StandardState.DRAFT)
    preview = change(admin, answer.location, amount_fen="70000.00")
    page = admin.get(preview.location)
    seen = fields(page)
    admin.send(f"{PATH}{draft.id}/discard/", {"seen": seen["seen"]})
    assert rows()[1].state is StandardState.DISCARDED
    assert admin.send(f"{PATH}{draft.id}/preview/", seen).status_code == 302
    assert rows()[1].state is StandardState.DISCARDED
    assert admin.get(f"{PATH}{draft.id}/").status_code == 404
    assert "70000" not in text(admin.get(PATH))


@pytest.mark.guide("P3")
def test_a_draft_changed_by_somebody_else_is_not_put_into_force_unseen(
    app: Flask, prepared: World, admin: Client, rows: Callable[[], list[Any]]
) -> None:
    with app.app_context():
        key = factories.standard(state=StandardState.DRAFT, valid_from=today()).id
    question = admin.send(f"{PATH}{key}/preview/", fields(admin.get(f"{PATH}{key}/preview/")))
    token = hidden(question, "confirmed")
    assert change(admin, f"{PATH}{key}/", amount_fen="99999.00").status_code == 302
    answer = admin.send(f"{PATH}{key}/preview/", {**fields(question), "confirmed": token})
    assert answer.status_code == 409
    assert "别人改了草稿" in text(answer)
    assert "99,999.00" in text(answer)
    assert rows()[0].state is StandardState.DRAFT
    with app.app_context():
        assert db.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "standards")).all()
