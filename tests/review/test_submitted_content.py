"""A reviewer's page says what has changed since the last look: each field and each row of 学习工作经历, and nothing else."""

from __future__ import annotations

import re
from datetime import date

from flask import Flask
from sqlalchemy import select

from models import Action, Application, Experience, ExperienceKind, Review, State, db
from tests import factories
from tests.machine.site import Client


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def mended(application: Application) -> None:
    """The school stays, the job ends, another one begins; the place in the form changes too."""
    study, work = application.experiences
    work.end = date(2022, 12, 1)
    later = Experience(
        position=2,
        kind=ExperienceKind.WORK,
        start=date(2023, 1, 1),
        place="后来的公司",
        subject="主管",
        witness="李四",
    )
    application.experiences = [study, work, later]
    application.answers = {**application.answers, "position": "主管"}


def without_the_school(application: Application) -> None:
    application.experiences = application.experiences[1:]


def test_rows_and_fields_are_marked_though_the_employer_was_renamed_and_moved(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        everywhere = factories.world()
        at = everywhere.banner
        application = factories.application_at(State.RETURNED, at, everywhere)
        former = at.enterprise.name
        at.enterprise.name, at.enterprise.region = "更名后的公司", everywhere.park.region
        db.session.commit()
        factories.act(application, Action.SUBMIT, application.applicant, change=mended)
        factories.log_in(client, at.reviewer)
        number = application.number
    page = text_of(client.get(f"/enterprise/{number}/").text)
    assert "主管 上次： 工程师" in page
    assert "示例新材料有限公司 工作，工程师，证明人 张三 有修改 上次：起止年月 2020-07 至 今" in page
    assert "后来的公司 工作，主管，证明人 李四 新增" in page
    assert page.count("上次：") == 2
    assert f"单位未变，名称或所属地区已变更；上次提交时为：{former}（" in page

    with app.app_context():
        application = db.session.get(Application, application.id)
        factories.act(application, Action.RETURN, at.reviewer, factories.REASON)
        factories.act(application, Action.SUBMIT, application.applicant, change=without_the_school)
        applicant = application.applicant
    page = client.get(f"/enterprise/{number}/").text
    assert "内蒙古大学 学习，材料科学与工程，证明人 张三 已删除" in text_of(page)
    assert re.search("<del>[^/]*2016-09", page)
    assert "上次：" not in text_of(page)
    assert "单位未变" not in page

    with app.app_context():
        factories.log_in(client, applicant)
    own = text_of(client.get(f"/personal/application/{number}/").text)
    assert "内蒙古大学 已删除" in own


def test_a_name_that_only_got_its_present_spelling_is_not_called_corrected(
    app: Flask, client: Client
) -> None:
    with app.app_context():
        world = factories.world()
        at = world.banner
        submitted_as, present = "阿拉坦•仓", "阿拉坦·仓"
        application = factories.application_at(
            State.ENTERPRISE_REVIEW, at, world, factories.applicant(submitted_as)
        )
        line = db.session.scalars(
            select(Review).where(Review.application_id == application.id, Review.action == Action.SUBMIT)
        ).one()
        assert line.snapshot is not None
        assert line.snapshot["fields"]["name"] == submitted_as
        application.name = present  # as migration 0016 wrote it
        db.session.commit()
        factories.log_in(client, at.reviewer)
        number = application.number
    page = text_of(client.get(f"/enterprise/{number}/").text)
    assert f"姓名 {present} " in page
    assert "已更正" not in page
