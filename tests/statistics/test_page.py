"""「统计」: each role sees the sums of its own list, and every number leads to the rows that it counts."""

import html
import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import select

from admin_views.site import exporting
from admin_views.statistics.charts import Chart, Series, draw_chart
from admin_views.statistics.page import as_on_english_pages
from admin_views.statistics.sections import without_gaps
from config import ROOT
from desk import marks
from desk.marks import DeskDecision
from desk.phrases import PHRASES
from documents.exports import Asked
from figures import counting, report
from figures.facts import REASON, RETURNED, STATUS
from figures.reasons import OTHER, reasons_of
from figures.report import Narrowing, figures, percentile, sight_of
from models import Account, Action, Application, Period, State, db
from models.statistics import statistic_changes
from tests import factories
from tests.documents.reading import exported
from tests.factories import World, act, application_at, complete_application, fresh, submit
from tests.machine.site import Client
from tests.machine.worlds import Person
from workflow import review

NUMBER = re.compile(r'<a href="([^"]+)">(\d+)</a></td>')
ROW = re.compile(r'<a href="[^"]+/(20\d\d-\d{6})/')
NEXT = re.compile(r'<a href="([^"]+)" rel="next"')
DECISIONS = "/statistics/decisions/"
PHRASE = PHRASES[Action.RETURN][0]


@pytest.fixture
def city(app: Flask) -> World:
    """A few applications in each state and region; what happened last is not counted yet."""
    with app.app_context():
        ordos = factories.world()
        for place in (ordos.city, ordos.banner, ordos.elsewhere):
            for state in (State.ENTERPRISE_REVIEW, State.CITY_REVIEW, State.FINISHED, State.RETURNED):
                application_at(state, place, ordos)
            submit(complete_application(place.enterprise, education="doctor"))
        application_at(State.DRAFT, ordos.banner, ordos)
        withdrawn = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
        act(withdrawn, Action.WITHDRAW, withdrawn.applicant)
        counting.process_due()
        returned = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
        marks.put(returned.number, ordos.banner.clerk, marks.field_target("phone"), "号码不对")
        fresh(returned)
        review.perform(
            returned.id,
            Action.RETURN,
            ordos.banner.clerk,
            seen_version=returned.version,
            decision=DeskDecision(PHRASE),
        )
        assert db.session.scalars(select(statistic_changes.c.review_id)).all()
        for row in list(db.session):
            db.session.refresh(row)
        db.session.expunge_all()
        return ordos


def rows_of(client: Client, address: str) -> list[str]:
    """The numbers of the applications that a list shows, over all its pages."""
    found: list[str] = []
    while address:
        body = client.get(html.unescape(address)).get_data(as_text=True)
        found += ROW.findall(body)
        following = NEXT.search(body)
        address = following[1] if following else ""
    return found


def console_of(account: Account) -> str:
    return {"administrator": "administration"}.get(account.role.value, account.role.value)


@pytest.mark.guide("W11")
def test_every_number_leads_to_the_rows_that_it_counts(city: World, person: Person, app: Flask) -> None:
    totals = {}
    for account in (city.banner.reviewer, city.banner.clerk, city.centre, city.administrator):
        client, console = person(account), console_of(account)
        body = client.get(f"/{console}/statistics/").get_data(as_text=True)
        links = {url: number for url, number in NUMBER.findall(body) if DECISIONS not in url}
        assert {key for url in links for key in dict(parse_qsl(urlsplit(html.unescape(url)).query))} >= {
            "education",
            "industry",
        }
        for address, number in links.items():
            assert len(rows_of(client, address)) == int(number), (console, address)
        totals[console] = max(map(int, links.values()))
    assert totals == {"enterprise": 7, "office": 3, "city": 6, "administration": 17}


@pytest.mark.guide("W11")
def test_every_number_of_decisions_leads_to_these_decisions(city: World, person: Person, app: Flask) -> None:
    with app.app_context():
        counting.process_due()  # a list has what is counted, two seconds after it happened
    named = {}
    for account in (city.banner.reviewer, city.banner.clerk, city.centre, city.administrator):
        client, console = person(account), console_of(account)
        body = client.get(f"/{console}/statistics/").get_data(as_text=True)
        links = {url: int(number) for url, number in NUMBER.findall(body) if DECISIONS in url}
        assert {key for url in links for key in dict(parse_qsl(urlsplit(html.unescape(url)).query))} >= {
            "step",
            "within",
            "reason",
        }
        for address, number in links.items():
            page = client.get(html.unescape(address)).get_data(as_text=True)
            listed = page.count('data-label="审核步骤"')
            if (
                "within=" in address
            ):  # the number is one of days, that half of the decisions at least did not exceed
                of_all = links[re.sub("&amp;within=[0-9]+", "", address)]
                assert of_all / 2 <= listed <= of_all, (console, address)
            else:
                assert listed == number, (console, address)
            named[console] = named.get(console, 0) + len(ROW.findall(page))
            hidden = page.count("不在您的列表里")
            assert len(ROW.findall(page)) == listed - hidden
            assert bool(hidden) <= (console in ("city", "office")), (
                "only other desks' decisions are not named"
            )
    assert all(named.values())


@pytest.mark.guide("W11")
def test_a_list_of_decisions_says_what_it_is_narrowed_to_and_names_nothing_out_of_sight(
    city: World, person: Person, app: Flask
) -> None:
    with app.app_context():
        counting.process_due()
        unseen = db.session.scalars(select(Application.number).where(Application.reached == 1)).all()
    client = person(city.centre)
    query = f"reason=phrase%3D{quote(PHRASE)}&region={city.banner.region.id}"
    page = client.get(f"/city/statistics/decisions/?{query}").get_data(as_text=True)
    assert PHRASE in page
    assert f"<strong>{city.banner.region.name}</strong>" in page
    assert page.count("不在您的列表里") == 1
    everything = client.get("/city/statistics/decisions/?step=enterprise_review").get_data(as_text=True)
    assert unseen
    assert not [number for number in unseen if number in everything]
    assert "没有符合条件的审核" in client.get("/city/statistics/decisions/?reason=none").get_data(
        as_text=True
    )
    damaged = client.get("/city/statistics/decisions/?step=nowhere&within=x&page=after~1~yesterday&region=x")
    assert damaged.status_code == 200


@pytest.mark.guide("W9", "W11")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_lists_behind_the_numbers_are_exported_with_their_filters(city: World, app: Flask) -> None:
    with app.app_context():
        counting.process_due()
        clerk = db.session.get_one(Account, city.banner.clerk.id)
        industry = db.session.scalars(select(Application)).first().answers["industry"]  # type: ignore[union-attr]
        for address, rows in (
            ("/office/statistics/decisions/?step=enterprise_review", 4),
            (f"/office/?tab=all&industry={industry}", 2),
            ("/office/?tab=all&industry=-", 0),
        ):
            with exporting.opened(clerk, "zh", address) as (name, found):
                asked = Asked(address, name, found.title, found.described)
            assert asked.described, address
            [sheet] = exported(clerk, asked).values()
            assert len(sheet) - 1 == rows, address


@pytest.mark.guide("W11")
def test_a_narrowed_page_counts_and_links_what_it_is_narrowed_to(
    city: World, person: Person, app: Flask
) -> None:
    client = person(city.centre)
    with app.app_context():
        period = db.session.scalars(select(Period.id)).one()
        month = db.session.scalars(
            select(Application.submitted_at).where(Application.round > 0).limit(1)
        ).one()
    assert month is not None
    narrowed = f"period={period}&region={city.banner.region.id}&from={month:%Y-%m}&to={month:%Y-%m}"
    body = client.get(f"/city/statistics/?{narrowed}").get_data(as_text=True)
    links = {url: number for url, number in NUMBER.findall(body) if DECISIONS not in url}
    assert max(map(int, links.values())) == 2
    for address, number in links.items():
        assert len(rows_of(client, address)) == int(number), address
    assert "还没有数字" in client.get("/city/statistics/?from=2001-01&to=2001-02").get_data(as_text=True)


@pytest.mark.guide("W11")
def test_another_regions_figures_are_none_of_an_offices_business(
    city: World, person: Person, app: Flask
) -> None:
    clerk = person(city.banner.clerk)
    with app.app_context():
        sight = sight_of(db.session.merge(city.banner.clerk))
        assert sight.regions == (city.banner.region.id,)
        assert not figures(sight, Narrowing(region_id=city.elsewhere.region.id)).by_region
        assert set(figures(sight, Narrowing()).by_region) == {city.banner.region.id}
    assert clerk.get("/city/statistics/").status_code == 404
    own = person(city.elsewhere.reviewer).get("/enterprise/statistics/").get_data(as_text=True)
    assert city.banner.enterprise.name not in own
    assert "标记：手机号码" not in own, "another enterprise's reasons"


@pytest.mark.guide("W11")
def test_what_the_worker_counts_while_a_page_reads_is_not_counted_twice(
    app: Flask, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_the_worker(*given: Any) -> counting.SumChange:
        noted = counting.uncounted(*given)
        counting.process_due()
        return noted

    with app.app_context():
        sight = sight_of(city.administrator)
        quiet = figures(sight, Narrowing())
        monkeypatch.setattr(report, "uncounted", and_then_the_worker)
        busy = figures(sight, Narrowing())
    for dimension in (STATUS, RETURNED, REASON):
        assert busy.of(dimension) == quiet.of(dimension)
    assert busy.days() == quiet.days()
    assert set(busy.enterprises) == set(quiet.enterprises)


@pytest.mark.guide("W11")
def test_returns_are_counted_by_phrase_and_by_what_was_marked(city: World, person: Person) -> None:
    body = person(city.banner.clerk).get("/office/statistics/").get_data(as_text=True)
    reasons = body[body.index('id="part-reasons"') :]
    for reason in (PHRASE, "标记：手机号码", "其他"):
        assert f'<th scope="row">{reason}</th>' in reasons
    english = person(city.banner.clerk)
    with english.session_transaction() as session:
        session["language"] = "en"
    assert "Mark: " in english.get("/office/statistics/").get_data(as_text=True)


@pytest.mark.guide("W11")
def test_wrong_months_are_explained_beside_their_field(city: World, person: Person) -> None:
    client = person(city.centre)
    assert "结束月份不能早于开始月份" in client.get("/city/statistics/?from=2026-03&to=2026-01").get_data(
        as_text=True
    )
    assert "field-error" in client.get("/city/statistics/?from=yesterday").get_data(as_text=True)


@pytest.mark.guide("W11")
def test_each_picture_passes_the_policy_and_says_what_it_shows(city: World, person: Person) -> None:
    client = person(city.centre)
    pictures = re.findall(
        r'<img class="statistic-chart" src="([^"]+)"', client.get("/city/statistics/").get_data(as_text=True)
    )
    assert {dict(parse_qsl(urlsplit(html.unescape(one)).query))["of"] for one in pictures} >= {
        "status",
        "region",
        "days",
    }
    for address in pictures:
        answer = client.get(html.unescape(address))
        assert answer.mimetype == "image/svg+xml"
        picture = ElementTree.fromstring(answer.get_data(as_text=True))
        names = {element.tag.rpartition("}")[2] for element in picture.iter()}
        attributes = {name for element in picture.iter() for name in element.attrib}
        assert not names & {"style", "script", "foreignObject"}
        assert not attributes & {"style", "id", "class"}
        assert not {name for name in attributes if name.startswith("on")}
        title, description = picture[0], picture[1]
        assert title.text
        assert description.text
    assert client.get("/city/statistics/chart?of=nothing").status_code == 404


def test_a_chart_writes_every_label_and_number() -> None:
    drawn = draw_chart(Chart("按地区", ("空港物流园区(综合保税区)", "<b>"), (Series("件数", (12_345, 0)),)))
    for text in ("空港物流园区(综合保税区)", "12345", "&lt;b&gt;"):
        assert text in drawn


def test_percentiles_are_whole_days_that_so_many_decisions_did_not_exceed() -> None:
    histogram = [5, 0, 0, 4, *[0] * 16, 1]
    assert [percentile(histogram, share) for share in (0.5, 0.9, 0.91)] == [0, 3, 20]
    assert percentile([], 0.5) is None


@pytest.mark.guide("W9", "W11")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_tables_are_exported_as_they_are_narrowed(city: World, app: Flask) -> None:
    with app.app_context():
        app.extensions["wake_file_jobs"] = lambda: None
        clerk = db.session.get_one(Account, city.centre.id)
        address = f"/city/statistics/?region={city.banner.region.id}"
        with exporting.opened(clerk, "zh", address) as (name, found):
            asked = Asked(address, name, found.title, found.described)
        assert asked.described == (("地区", city.banner.region.name),)
        sheets = exported(clerk, asked)
        assert "按地区" not in sheets, "one region has no table of regions"
        assert [row for row in sheets["按业务状态和审核结果"] if row[0] in ("件数", "通过", "合计")] == [
            ["通过", 1],
            ["合计", 2],
        ]


@pytest.mark.guide("W11")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_phrase_that_was_chosen_on_an_english_page_counts_as_the_same_phrase(app: Flask) -> None:
    with app.app_context():
        for phrase in PHRASES[Action.RETURN]:
            english = as_on_english_pages(phrase)
            assert english != phrase
            assert reasons_of(english, ()) == reasons_of(phrase, ()) == [f"phrase={phrase}"]
        both = f"{as_on_english_pages(PHRASE)} {PHRASES[Action.RETURN][1]}"
        assert reasons_of(f"{both} Page 3.", ()) == [*reasons_of(both, ()), OTHER]


def test_a_line_falls_to_zero_where_nothing_was_submitted() -> None:
    assert without_gaps(["2025-11", "2026-02"], by_day=False) == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert without_gaps(["2026-02-27", "2026-02-28"], by_day=True) == ("2026-02-27", "2026-02-28")
    assert without_gaps([], by_day=True) == ()


def test_a_chart_has_room_for_long_labels_and_is_readable_on_a_telephone() -> None:
    label = "Review by the Municipal Expert Service Centre"
    drawn = draw_chart(
        Chart("d", (label, "New energy"), (Series("Median", (3, 1)), Series("90%", (9, None))))
    )
    assert f">{label}</text>" in drawn
    sizes = {int(size) for size in re.findall(r'font-size="(\d+)"', drawn)}
    width = ElementTree.fromstring(drawn).get("viewBox", "").split()[2]
    assert min(sizes) * 324 / int(width) >= 13, "324 of a telephone's 390 pixels are inside the card"


@pytest.mark.parametrize("no_lxml", ["", "yes"])
def test_a_chart_is_an_svg_whether_or_not_lxml_is_installed(no_lxml: str) -> None:
    """pygal uses lxml where it finds it, as the tests do and a production installation does not."""
    drawn = subprocess.run(
        [
            sys.executable,
            "-c",
            "from admin_views.statistics.charts import Chart, Series, draw_chart\n"
            "print(draw_chart(Chart('件数', ('通过', '不通过'), (Series('件', (3, 1)),))))",
        ],
        env={**os.environ, "NO_LXML": no_lxml},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findall(".//{http://www.w3.org/2000/svg}rect")
