"""How long an application has waited, as the pages say it where the holidays of a year are not known yet."""

import pytest
from flask import Flask

from models import State
from tests import clock, factories
from tests.machine.site import Client

COUNTED = "2027 年的放假安排尚未录入，按周一至周五计算"


@pytest.mark.guide("W8")
def test_a_wait_into_an_unknown_year_counts_working_days_and_says_so(app: Flask, client: Client) -> None:
    with app.app_context():
        with clock.at("2026-12-28 09:00"):
            town = factories.world()
            application = factories.application_at(State.PRELIMINARY_REVIEW, town.banner, town)
        with clock.at("2027-01-05 09:00"):
            factories.log_in(client, town.banner.clerk)
        number = application.number
    with clock.at("2026-12-31 09:00"):
        page = client.get("/office/").get_data(as_text=True)
        assert "3 个工作日" in page
        assert COUNTED not in page
    with clock.at("2027-01-05 09:00"):
        page = client.get("/office/").get_data(as_text=True)
        assert "6 个工作日" in page  # 29, 30, 31 December, and 1, 4, 5 January as long as nobody knows better
        assert COUNTED in page
        assert COUNTED in client.get(f"/office/{number}/").get_data(as_text=True)
    with app.app_context():
        factories.calendar_year(2027)
    with clock.at("2027-01-05 09:00"):
        page = client.get("/office/").get_data(as_text=True)
        assert "5 个工作日" in page
        assert COUNTED not in page
