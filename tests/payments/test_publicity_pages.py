"""P1, P2: from the list of what waits, over a batch, its public page and an objection, to the end, as people meet it over HTTP."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from common.calendar import today
from models import Account, Application, Batch, Grant, ObjectionFile, db
from payments import batch_ending
from tests import factories
from tests.clock import at
from tests.factories import World
from tests.files import samples as files
from tests.machine.site import Client
from tests.payments.batches import passed, period_with_standard

Person = Callable[[Account], Client]


@pytest.fixture
def numbers(app: Flask) -> tuple[World, list[str]]:
    """Three passed applications of one period: two with a standard, one without."""
    with app.app_context():
        world = factories.world()
        period = period_with_standard()
        rows = [
            passed(world, period, by=factories.applicant(name))
            for name in ("王晓敏", "阿卜杜拉·买买提", "李四")
        ]
        rows[2].education = "bachelor"
        db.session.commit()
        return world, [row.number for row in rows]


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.guide("P1", "P2")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_is_summed_up_published_objected_to_and_ended(
    app: Flask, client: Client, person: Person, numbers: tuple[World, list[str]]
) -> None:
    world, (first, second, third) = numbers
    city = person(world.centre)
    listed = city.get("/city/publicity/").text
    assert re.findall(r'name="row" value="([^"]+)"', listed) == [first, second, third]
    assert "全部符合条件的 3 件" in listed
    assert "还没有选择申请" in city.get("/city/publicity/summary/", follow_redirects=True).text
    summary = city.get("/city/publicity/summary/?all=1").text
    assert "没有适用的补贴标准" in summary
    assert "120,000.02" in summary
    chosen = {"all": "1", "token": token_of(summary), "opens": today().isoformat()}
    later = city.send("/city/publicity/make/", {**chosen, "opens": "2020-01-01"})
    assert (later.status_code, "公示不能从过去的日期开始" in later.text) == (422, True)
    without = city.send("/city/publicity/make/", {**chosen, "recount": "1", "omitted": [first]}).text
    assert ("另有 1 人暂不列入" in without, "60,000.01" in without) == (True, True)
    assert "120,000.02" not in without, "the sum is that of the batch which would be made"
    other_rows = city.send("/city/publicity/make/", {**chosen, "all": "", "row": [first]})
    assert (other_rows.status_code, "情况有变" in other_rows.text) == (409, True)
    made = city.send("/city/publicity/make/", chosen)
    assert made.status_code == 303
    assert re.fullmatch(r"/city/batches/\d{4}-01/", made.location)
    batch, public_batch = made.location, made.location.replace("/city/batches/", "/publicity/")
    assert re.findall(r'name="row" value="([^"]+)"', city.get("/city/publicity/").text) == [third]

    for typed in ("阿卜杜拉•买", "阿卜杜拉．买买提", "买买"):
        found = city.get(f"{batch}?q={typed}").text
        assert ("阿卜杜拉·买买提" in found, "王晓敏" in found) == (True, False), "in any spelling"

    assert public_batch in client.get("/publicity/").text
    public = client.get(public_batch)
    assert "noindex" in public.headers["X-Robots-Tag"]
    assert "王*敏" in public.text
    assert "阿**拉·买*提" in public.text
    assert not any(name in public.text for name in ("王晓敏", "买买提", first))
    assert "/publicity/" in client.get("/").text

    row = f"{batch}1/"
    says = {"version": "1", "name": "张某某", "contact": "13800009999", "text": "此人已离职。"}
    missing = city.send(f"{row}objections/", {**says, "text": " "})
    assert (missing.status_code, "张某某" in missing.text) == (422, True)
    assert city.send(f"{row}objections/", says).status_code == 303
    again = city.send(f"{row}objections/", says)
    assert (again.status_code, "刚刚有变化" in again.text, "此人已离职" in again.text) == (409, True, True)
    picture = (io.BytesIO(files.jpg()), "证明.jpg")
    sent = city.send(f"{row}objections/1/files/", {"file": [picture, (io.BytesIO(b"MZ"), "程序.exe")]})
    after = city.get(sent.location).text
    assert "证明.jpg" in after
    assert "不能上传" in after
    with app.app_context():
        key = db.session.scalars(select(ObjectionFile.id)).one()
    assert city.get(f"{row}objections/1/files/{key}/").data == files.jpg()
    assert "张某某" not in client.get(public_batch).text
    reason = city.send(f"{row}objections/1/decide/", {"decision": "upheld", "reason": " "})
    assert (reason.status_code, "请填写处理意见" in reason.text) == (422, True)
    decided = {"decision": "dismissed", "reason": "社保仍在缴纳。"}
    assert city.send(f"{row}objections/1/decide/", decided).status_code == 303
    twice = city.send(f"{row}objections/1/decide/", decided)
    assert (twice.status_code, "没有重复处理" in twice.text) == (409, True)
    own = person(db_applicant(app, first)).get(f"/personal/application/{first}/").text
    assert "公示中" in own
    assert "此人已离职" not in own

    with app.app_context():
        opens, closes = db.session.execute(select(Batch.opens, Batch.closes)).one()
    with at(f"{opens - timedelta(days=1)} 23:59"):
        assert public_batch not in client.get("/publicity/").text
        assert client.get(public_batch).status_code == 404
    with at(f"{closes} 23:59"):
        assert "王*敏" in client.get(public_batch).text
    with at(f"{closes + timedelta(days=1)} 08:00"):
        over = client.get(public_batch).text
        assert "公示已结束" in over
        assert "王*敏" not in over
        late = person(world.centre).send(f"{row}objections/", {**says, "version": "3"})
        assert late.status_code == 422
        assert f"公示已于 {closes} 结束，不能再登记异议" in unescape(late.text)
        assert "此人已离职" in late.text
        with app.app_context():
            batch_ending.end_due_batches()
        ended = person(world.centre).get(batch).text
        assert "待发放 2 人" in ended


@pytest.mark.guide("P1", "P3")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_belongs_to_no_period_is_pointed_out_and_granted_in_the_period_that_the_city_chooses(
    app: Flask, person: Person, numbers: tuple[World, list[str]]
) -> None:
    world, (first, second, third) = numbers
    with app.app_context():
        lost = db.session.scalars(select(Application).where(Application.number == first)).one()
        key, lost.period_id = lost.period_id, None
        db.session.commit()
    city = person(world.centre)
    listed = city.get("/city/publicity/").text
    assert "不属于任何申报期，不在下面的名单里" in listed
    assert re.findall(r'name="row" value="([^"]+)"', listed) == [second, third]
    others = city.get("/city/publicity/?period=none").text
    assert re.findall(r'name="row" value="([^"]+)"', others) == [first]
    assert "按哪个申报期公示" in others
    asked = f"/city/publicity/summary/?period=none&row={first}"
    assert "请选择按哪个申报期公示" in city.get(asked, follow_redirects=True).text
    summary = city.get(f"{asked}&granted_in={key}").text
    assert "60,000.01" in summary
    sent = dict(re.findall(r'type="hidden" name="(period|row|granted_in)" value="([^"]+)"', summary))
    chosen = {**sent, "token": token_of(summary), "opens": today().isoformat()}
    assert city.send("/city/publicity/make/", chosen).status_code == 303
    with app.app_context():
        grant = db.session.scalars(select(Grant)).one()
        assert (grant.period_id, grant.application.number) == (key, first)
        assert grant.application.period_id is None
    assert "不在下面的名单里" not in city.get("/city/publicity/").text


def db_applicant(app: Flask, number: str) -> Account:
    with app.app_context():
        found = db.session.scalars(select(Application).where(Application.number == number)).one()
        return found.applicant
