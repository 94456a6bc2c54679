"""The order of lists, and that paging reaches every row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from admin_views.site import keyset
from models import Account, Action, Application, State, db, now
from tests import factories
from tests.machine.site import Client
from tests.review.test_console import decide
from workflow.form import answers
from workflow.form.living_allowance import EDUCATIONS

NEXT = re.compile(r'<a href="([^"]+)" rel="next">')
NUMBER = re.compile(r'<a href="[^"]*/(\d{4}-\d+)/">')


def pages(client: Client, address: str) -> Iterator[list[str]]:
    """The numbers on each page, as far as they can be turned."""
    found: re.Match[str] | None = re.match("(.*)", address)
    while found is not None:
        answer = client.get(found[1].replace("&amp;", "&"))
        assert answer.status_code == 200
        yield NUMBER.findall(answer.text)
        found = NEXT.search(answer.text)


def headings(client: Client, address: str) -> set[str]:
    """What one can sort by."""
    return set(re.findall(r'<th[^>]*><a href="[^"]*">(\w+)<', client.get(address).text))


@pytest.fixture
def turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two rows each."""
    monkeypatch.setattr(keyset, "PAGE_SIZE", 2)


def at(state: State, world: factories.World, count: int) -> list[str]:
    made = (factories.application_at(state, world.banner, world, factories.applicant()) for _ in range(count))
    return [each.number for each in made]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sorting_by_submission_leaves_out_drafts_and_says_so(
    app: Flask, client: Client, turning: None, order: str
) -> None:
    with app.app_context():
        world = factories.world()
        drafts, submitted = at(State.DRAFT, world, 3), at(State.CITY_REVIEW, world, 5)
        factories.log_in(client, world.administrator)
    address = "/administration/applications/?sort={}&order=" + order
    by_submission = [number for page in pages(client, address.format("submitted")) for number in page]
    assert by_submission == (submitted if order == "asc" else submitted[::-1])
    by_number = [number for page in pages(client, address.format("number")) for number in page]
    assert sorted(by_number) == sorted(drafts + submitted)
    assert "从未提交过的申请不列出" in client.get(address.format("submitted")).text
    assert "从未提交过的申请不列出" not in client.get(address.format("number")).text
    for narrowed in (f"&q={drafts[0]}", "&state=draft"):  # no order hides what is looked for
        found = [number for page in pages(client, address.format("submitted") + narrowed) for number in page]
        assert set(found) & set(drafts)


def test_sorting_by_submission_explains_an_empty_list(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        at(State.DRAFT, world, 1)
        factories.log_in(client, world.administrator)
    assert "从未提交过的申请不列出" in client.get("/administration/applications/?sort=submitted").text


def test_a_filter_by_time_sorts_by_time(app: Flask, client: Client, turning: None) -> None:
    with app.app_context():
        world = factories.world()
        numbers = at(State.PRELIMINARY_REVIEW, world, 3)
        factories.log_in(client, world.banner.clerk)
    assert headings(client, "/office/?tab=all") == {"编号", "姓名", "提交时间"}
    assert "最近有进展的在前" in client.get("/office/?tab=all").text
    assert headings(client, "/office/?tab=all&submitted=week") == {"提交时间"}
    narrowed = "/office/?tab=all&submitted=week&sort=name&order=desc"
    assert [number for page in pages(client, narrowed) for number in page] == numbers[::-1]
    with app.app_context():
        for each in db.session.query(Application):
            each.submitted_at = each.arrived_at = now() - timedelta(days=5)
        db.session.commit()
    assert headings(client, "/office/?waiting=3") == {"提交时间", "等待"}
    assert headings(client, "/office/?submitted=week&waiting=3") == {"提交时间"}


def test_decided_applications_are_listed_once_with_the_latest_first(
    app: Flask, client: Client, turning: None
) -> None:
    with app.app_context():
        world = factories.world()
        first, second, third = at(State.PRELIMINARY_REVIEW, world, 3)
        reviewer = world.banner.reviewer.id
        factories.log_in(client, world.banner.clerk)
    decide(client, first, "return", "请补交劳动合同。")
    decide(client, second, "pass")
    decide(client, third, "pass")
    with app.app_context():
        again = db.session.query(Application).filter_by(number=first).one()
        factories.act(again, Action.SUBMIT, again.applicant)
        factories.act(again, Action.PASS, db.session.get_one(Account, reviewer))
    decide(client, first, "pass")
    assert [number for page in pages(client, "/office/?tab=decided") for number in page] == [
        first,
        third,
        second,
    ]
    assert headings(client, "/office/?tab=decided") == set()


def test_an_empty_list_of_decisions_explains_itself(app: Flask, client: Client) -> None:
    with app.app_context():
        factories.log_in(client, factories.world().banner.clerk)
    page = client.get("/office/?tab=decided").text
    assert "申请提交到这里后会列在此处。" in page
    assert "最近审核的在前" not in page


def test_each_tab_offers_only_filters_that_apply(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        at(State.CITY_REVIEW, world, 1)
        factories.log_in(client, world.centre)

    def offered(address: str) -> set[str]:
        return set(re.findall(r'<select id="\w+" name="(\w+)"', client.get(address).text))

    assert offered("/city/") == {"education", "submitted", "period", "waiting", "limit", "taken"}
    assert offered("/city/?tab=decided") == {"education", "submitted", "result"}
    assert offered("/city/?tab=all") == {"education", "submitted", "period", "result"}
    page = client.get("/city/?education=doctor&waiting=3").text
    assert 'href="/city/?education=doctor&amp;tab=all"' in page, (
        "what the other tab does not offer stays behind"
    )


def test_the_longest_wait_comes_first_and_is_marked_descending(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        at(State.PRELIMINARY_REVIEW, world, 1)
        factories.log_in(client, world.banner.clerk)
    assert re.search(r'aria-sort="descending"><a href="[^"]*order=desc">等待', client.get("/office/").text)


def test_unsubmitted_changes_are_visible_to_the_applicant_only(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        returned, other = (
            factories.application_at(state, world.banner, world)
            for state in (State.RETURNED, State.ENTERPRISE_REVIEW)
        )
        number = returned.number
        # Nothing submitted is the same but the files; what is typed below would be.
        answers.set_value(other, "phone", "13947710002")
        answers.set_value(other, "bank_account", "6217000012345686")
        db.session.commit()

        def otherwise(application: Application) -> None:
            answers.set_value(application, "education", "college")
            for key in ("bank_account", "phone"):
                answers.set_value(application, key, getattr(other, key))

        factories.act(returned, Action.SAVE, returned.applicant, change=otherwise)
        reviewer = world.banner.reviewer
        factories.log_in(client, reviewer)
    page = client.get("/enterprise/?tab=all&sort=number").text
    row = re.search(rf"{number}</td>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert not any(word in row[0] for word in EDUCATIONS.values())
    assert number not in client.get("/enterprise/?tab=all&education=college").text
    page = client.get(f"/enterprise/{number}/").text
    assert "相同" not in page.replace("与另一人的申请中的文件相同", "")
