"""What an applicant finds on 「个人业务经办」 and beside their application."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from common import calendar
from desk import taking_back
from models import Action, Application, Notice, Period, State, db
from tests import factories
from tests.machine.site import Client
from workflow.decision import Decision

SENTENCE = "先与单位签订劳动合同"


def part(page: str, beginning: str, end: str) -> str:
    """The one part of a page between these two."""
    [found] = re.findall(f"{re.escape(beginning)}(.*?){re.escape(end)}", page, re.DOTALL)
    return str(found)


@pytest.mark.guide("A4")
def test_the_quick_entries_lead_to_the_application(app: Flask, client: Client) -> None:
    with app.app_context():
        application = factories.draft(factories.world().banner.enterprise)
        number = application.number
        factories.log_in(client, application.applicant)
    entries = part(client.get("/personal/").text, "人才经办快捷入口</h2>", "</section>")
    [address] = re.findall(
        r'href="([^"]+)"(?:(?!</a>).)*战略性新兴产业引进人才生活补贴申请', entries, re.DOTALL
    )
    opened = client.get(address)
    assert opened.status_code == 200
    assert number in opened.text


@pytest.mark.guide("A6")
def test_who_has_read_the_notice_reads_it_again_at_the_right_of_the_main_page(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        factories.saved(Notice(version="第 9 版", body=SENTENCE))
        application = factories.draft(factories.world().city.enterprise)
        key = application.id
        address = f"/personal/application/{application.number}/"
        factories.log_in(client, application.applicant)
    page = client.get(address).text
    at_the_right = part(page, '<aside class="split-side"', "</aside>")
    assert "申请须知" in at_the_right
    assert "已于" in at_the_right
    assert "请阅读；" not in page  # nobody waits for it twice
    [again] = re.findall(r'href="([^"]+)"[^>]*data-dialog[^>]*="notice"', at_the_right)
    assert SENTENCE in client.get(again).text

    with app.app_context():
        application = db.session.get_one(Application, key)
        factories.upload_everything(application)
        factories.submit(application)
    page = client.get(address).text
    assert "待企业审核" in page
    assert "申请须知" in part(page, '<aside class="split-side"', "</aside>")
    assert SENTENCE in page


@pytest.mark.guide("A14")
def test_the_last_look_before_the_submission_shows_what_is_sent_and_to_whom(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        application = factories.complete_application(factories.world().city.enterprise)
        address = f"/personal/application/{application.number}/submit/"
        factories.log_in(client, application.applicant)
    page = client.get(address).text
    assert 'href="tel:0477-8123456"' in part(page, "首先审核", "</div>")
    for typed in (
        "内蒙古大学",
        "新材料产业",
        "工程师",
        "鄂尔多斯银行东胜支行",
        "2020-07",
        "身份证.pdf",
        "6217000012345678",
    ):
        assert typed in page


@pytest.mark.guide("A14")
def test_a_withdrawal_from_an_outdated_page_says_whether_it_is_still_possible(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        application = factories.application_at(State.ENTERPRISE_REVIEW, world.banner, world)
        address, seen = f"/personal/application/{application.number}/", application.version
        factories.act(application, Action.PASS, world.banner.reviewer)
        key, number, reviewer = application.id, application.number, world.banner.reviewer
        factories.log_in(client, application.applicant)
    outdated = {"version": str(seen)}
    assert (
        "企业已经办理，不能再撤回。"
        in client.send(f"{address}withdraw/", outdated, follow_redirects=True).text
    )
    with app.app_context():
        version = db.session.get_one(Application, key).version
        taking_back.take_back(number, reviewer, seen_version=version, decision=Decision("再核对"))
    page = client.send(f"{address}withdraw/", outdated, follow_redirects=True).text
    assert "没有撤回" in page
    assert "确定撤回" in page


@pytest.mark.guide("D2")
def test_a_closed_period_offers_nothing_that_it_would_refuse(app: Flask, client: Client) -> None:
    with app.app_context():
        application = factories.complete_application(factories.world().city.enterprise)
        key, address = application.id, f"/personal/application/{application.number}/submit/"
        factories.log_in(client, application.applicant)
    assert "确定提交" in client.get(address).text
    with app.app_context():
        day = calendar.today() + timedelta(days=9)
        db.session.execute(update(Period).values(opens=day, closes=day))
        db.session.commit()
    page = client.get(address).text
    assert f"{day} 起可以提交" in page
    assert "确定提交" not in page
    assert "现在不在申报期内" in client.get("/personal/").text
    with app.app_context():
        today = calendar.today()
        db.session.execute(update(Period).values(opens=today, closes=today))
        factories.submit(db.session.get_one(Application, key))
        db.session.execute(update(Period).values(opens=day, closes=day))
        db.session.commit()
    assert "现在不在申报期内" not in client.get("/personal/").text, (
        "who waits for a decision fills in nothing"
    )


@pytest.mark.guide("P3")
def test_who_has_passed_in_this_period_is_told_so_before_applying_again(app: Flask, client: Client) -> None:
    with app.app_context():
        world = factories.world()
        application = factories.application_at(State.FINISHED, world.city, world)
        number = application.number
        factories.log_in(client, application.applicant)
    home, anew = "/personal/", "/personal/application/?new=1"
    assert "一般不必再申请" in client.get(home).text
    assert f"本申报期您的申请 {number} 已审核通过" in client.get(anew).text
    with app.app_context():
        db.session.execute(update(Period).values(closes=calendar.today()))
        db.session.commit()
    pages = client.get(home).text + client.get(anew).text
    assert ("最后一天" in pages, "请在截止前提交" in pages) == (False, False), (
        "nobody is pressed to apply again"
    )
    with app.app_context():
        later = calendar.today() + timedelta(days=9)
        db.session.execute(update(Period).values(opens=later, closes=later))
        db.session.commit()
    assert "一般不必再申请" not in client.get(home).text + client.get(anew).text, "the next period is another"


@pytest.mark.guide("D2")
def test_the_last_day_is_said_to_whoever_has_still_to_submit(app: Flask, client: Client) -> None:
    with app.app_context():
        application = factories.complete_application(factories.world().city.enterprise)
        key, form = application.id, f"/personal/application/{application.number}/"
        factories.log_in(client, application.applicant)
        day = calendar.today()
        db.session.execute(update(Period).values(opens=day, closes=day + timedelta(days=1)))
        db.session.commit()
    assert "最后一天" not in client.get("/personal/").text + client.get(form).text
    with app.app_context():
        db.session.execute(update(Period).values(closes=day))
        db.session.commit()
    assert all("请在今天 24 时以前提交" in client.get(page).text for page in ("/personal/", form))
    with app.app_context():
        factories.submit(db.session.get_one(Application, key))
    assert "最后一天" not in client.get("/personal/").text + client.get(form).text
