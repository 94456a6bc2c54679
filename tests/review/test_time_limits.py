"""The list and the page of an application say what is left of the time limit (W8)."""

import re

import pytest
from flask import Flask

from common.settings import PRELIMINARY_DAYS
from models import Account, Setting, State, db
from tests import clock, factories
from tests.machine.site import Client


def arriving(days: list[str]) -> tuple[Account, list[str]]:
    """Applications that arrived at a banner's office on these days."""
    town = factories.world()
    numbers = []
    for day in days:
        found = factories.application_at(State.PRELIMINARY_REVIEW, town.banner, town)
        found.arrived_at = found.submitted_at = clock.in_ordos(f"{day} 09:00")
        factories.saved(found)
        numbers.append(found.number)
    return town.banner.clerk, numbers


def on_list(client: Client, query: str) -> list[str]:
    return re.findall(r'href="/office/(\d+-\d+)/"', client.get(f"/office/?{query}").text)


def waiting_badge(client: Client, number: str) -> str:
    """The kind of the badge that says on its page how long an application has waited."""
    [kind] = re.findall(
        r'badge-(\w+)"[^>]*>(?:(?!badge-).)*?待初审，已等待', client.get(f"/office/{number}/").text, re.DOTALL
    )
    return str(kind)


@pytest.mark.guide("W8")
def test_a_limit_stands_in_the_list_its_filter_its_counts_and_on_the_page(app: Flask, client: Client) -> None:
    # The limit of the office is 10 working days. 2026: holidays from October 1 to 7, October 10 is worked.
    with app.app_context():
        clerk, numbers = arriving(["2026-09-22", "2026-09-23", "2026-09-29", "2026-10-08"])
        with clock.at("2026-10-14 09:00"):
            factories.log_in(client, clerk)
    late, due, soon, fresh = numbers
    with clock.at("2026-10-14 09:00"):
        page = client.get("/office/").text
        words = re.findall(r"(?:还剩|已超期) \d 个工作日|今天到期(?! \d)", page.partition("<tbody")[2])
        filters = {key: on_list(client, f"limit={key}") for key in ("overdue", "today", "soon", "")}
        counts = re.findall(r'href="/office/\?limit=(\w+)">.*?(\d+)</span>', page, re.DOTALL)
        assert words == ["已超期 1 个工作日", "今天到期", "还剩 3 个工作日", "还剩 5 个工作日"]
        assert filters == {"overdue": [late], "today": [due], "soon": [due, soon], "": numbers}
        assert counts == [("overdue", "1"), ("today", "1")]
        assert "已超期 1 个工作日" in client.get(f"/office/{late}/").text
        waits = {number: waiting_badge(client, number) for number in (due, soon)}
        assert waits == {due: "late", soon: "wait"}, "as in the list, where seven days of ten are not late"
    with app.app_context():
        factories.saved(Setting(key=PRELIMINARY_DAYS, value="5"))
    with clock.at("2026-10-14 09:00"):
        assert on_list(client, "limit=overdue") == numbers[:3], "a changed limit counts at once"
        assert on_list(client, "limit=today") == [fresh]
    with app.app_context():
        db.session.get_one(Setting, PRELIMINARY_DAYS).value = "0"
        db.session.commit()
    with clock.at("2026-10-14 09:00"):
        page = client.get("/office/").text
        assert "超期" not in page.partition("<tbody")[2]
        assert on_list(client, "limit=overdue") == []
        assert "已超期" not in client.get(f"/office/{late}/").text
