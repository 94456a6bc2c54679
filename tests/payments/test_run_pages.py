"""P4, P5: a run over HTTP: two clerks, the bank's files and answer, a returned account, its correction and a reversal."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from models import Account, AccountCorrection, Disclosure, Payment, PaymentRun, db
from payments.bank_file import Layout
from tests.clock import at
from tests.factories import city_clerk, world
from tests.files import samples as files
from tests.machine.site import Client
from tests.payments import grants
from worker import bank_answers

Person = Callable[[Account], Client]
RUN, ANSWERS = "/city/runs/2026-001/", "/city/runs/2026-001/answers/"


def pressed(client: Client, action: str, **more: str) -> Any:
    """Press a button of the run's page; the page's version goes with it."""
    version = re.search(r'name="version" value="([0-9]+)"', client.get(RUN).text)
    sent = {"action": action, "version": version[1] if version else "0", **more}
    return client.send(f"{RUN}act/", sent, follow_redirects=True)


def without_tags(shown: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


@pytest.mark.guide("P4", "P5")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_run_goes_from_its_making_to_the_repair_of_a_returned_account(app: Flask, person: Person) -> None:
    app.extensions["wake_bank_answers"] = lambda: None
    with at("2026-12-01 10:00"):
        with app.app_context():
            made, second = world(), city_clerk()
            within = grants.batch(grants.period(), made.centre)
            for name, account in (("王晓敏", "6217000012345678901"), ("𠮷田䶮", "6217000012345678902")):
                grants.grant(within, made.city.enterprise, 1_500_000, parts=1, name=name, account=account)
            owner = grants.grant(
                within, made.city.enterprise, 99, parts=1, name="李四", account="12"
            ).applicant
            refused_one = db.session.scalars(select(Account).where(Account.name == "𠮷田䶮")).one()
            people = made.centre, second, made.city.reviewer, refused_one, owner, made.administrator
            maker, other, employer, refused, without, administrator = map(person, people)

        layout = {f"use-{key}": "1" for key, _ in Layout().columns} | {
            f"heading-{key}": heading for key, heading in Layout().columns
        }
        layout |= {"order-account": "1", "encoding": "utf-8", "headings": "1", "heading-account": "=卡号"}
        wrong = administrator.send("/administration/bank_file/", layout)
        assert (wrong.status_code, "不能以 =" in wrong.text) == (422, True)
        preview = administrator.send(
            "/administration/bank_file/preview/", {**layout, "heading-account": "卡号"}
        )
        assert preview.text.index("卡号") < preview.text.index("序号")
        assert (
            administrator.send(
                "/administration/bank_file/", {**layout, "heading-account": "卡号"}
            ).status_code
            == 303
        )

        nothing = maker.send("/city/runs/make/", {"due_until": "2025-01-01", "period": ""})
        assert (nothing.status_code, "没有到期可以发放的款项" in nothing.text) == (422, True)
        page = maker.send(
            "/city/runs/make/", {"due_until": "2026-12-01", "period": ""}, follow_redirects=True
        )
        assert "30,000.00" in page.text
        assert "没有有效的收款账号" in maker.get(f"{RUN}?tab=left_out").text
        assert "待批准" in pressed(maker, "freeze").text
        assert 'value="approve"' not in maker.get(RUN).text
        assert "不能批准" in pressed(maker, "approve").text
        assert "请填写原因" in pressed(other, "discard").text
        assert "待导出" in pressed(other, "approve").text
        assert "待银行回执" in pressed(maker, "export").text

        csrf = {"csrf_token": maker.csrf_token()}
        first, again = (maker.send(f"{RUN}files/csv/", csrf).data for _ in range(2))
        assert first == again
        assert maker.send(f"{RUN}files/doc/").status_code == 404
        rows = list(csv.DictReader(io.StringIO(first.decode())))
        assert [(row["卡号"], row["收款人姓名"], row["金额"]) for row in rows] == [
            ("6217000012345678901", "王晓敏", "15000.00"),
            ("6217000012345678902", "𠮷田䶮", "15000.00"),
        ]
        with app.app_context():
            assert len(db.session.scalars(select(Disclosure)).all()) == 4

        lines = [f"{row['付款编号']},{row['卡号']},{row['金额']}" for row in rows]
        text = (
            "付款编号,卡号,金额,处理结果,原因\r\n"
            + f"{lines[0]},成功,\r\n{lines[1]},失败,户名不符\r\n{lines[1]}9,成功,\r\n"
        )

        def upload(content: bytes, name: str) -> str:
            sent = maker.send(
                ANSWERS, {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
            )
            assert sent.status_code == 303, sent.text
            with app.app_context():
                bank_answers.process_due()
            return str(sent.location)

        assert "不是表格" in maker.send(ANSWERS, {"file": (io.BytesIO(b"%PDF-1"), "a.pdf")}).text
        for content, words in (
            (files.truncated(files.old_excel()), "已损坏或不完整"),
            (files.compound("Book", bytes(4096)), "Excel 5.0/95"),
        ):
            assert words in maker.send(ANSWERS, {"file": (io.BytesIO(content), "a.xls")}).text
        assert "没有找到这些列" in maker.get(upload(b"a,b\n1,2\n\x1a", "a.csv")).text
        shown = maker.get(where := upload(text.encode("gb18030"), "回执.csv")).text
        assert "GB18030" in shown
        assert "出现了不止一次" in shown
        assert "可登记 1 行" in shown
        seen = without_tags(shown)
        for sum_of in (
            "本批 2 笔，30,000.00 元",
            "已发放 1 笔，15,000.00 元",
            "银行退回 0 笔，0.00 元",
            "未通过的行 2 行，15,000.00 元 其中 1 行的金额无法识别，没有计入",
        ):
            assert sum_of in seen
        good = text.rpartition(lines[1])[0]
        where = upload(good.encode("gb18030"), "回执.csv")
        assert maker.send(f"{where}confirm/", {"seen": "1"}).status_code == 303  # not what the page showed
        assert "有变化" in maker.get(where).text
        maker.send(f"{where}confirm/", {"seen": "2"})
        with app.app_context():
            bank_answers.process_due()
        assert "已登记 2 笔" in maker.get(where).text
        done = without_tags(maker.get(RUN).text)
        assert "已办结" in done
        for sum_of in (
            "已发放 1 笔，15,000.00 元",
            "银行退回 1 笔，15,000.00 元",
            "待银行回执 0 笔，0.00 元",
        ):
            assert sum_of in done

        assert "户名不符" in refused.get("/personal/payments/").text
        assert "请更正收款账号" in without.get("/personal/payments/").text
        with app.app_context():
            key = db.session.scalars(select(grants.Grant.id).where(grants.Grant.name == "𠮷田䶮")).one()
        sent = {"bank": "中国银行", "account": "6217 0000 ABC"}
        wrong = refused.send(f"/personal/payments/{key}/account/", sent)
        assert (wrong.status_code, "6217 0000 ABC" in wrong.text) == (422, True)
        assert without.send(f"/personal/payments/{key}/account/", sent).status_code == 404
        refused.send(f"/personal/payments/{key}/account/", {**sent, "account": "6217000012345678999"})
        assert "待工作单位确认" in refused.get("/personal/payments/").text
        with app.app_context():
            correction = db.session.scalars(select(AccountCorrection.id)).one()
            returned = db.session.scalars(select(Payment.id).where(Payment.grant_id == key)).one()
        where = f"/city/runs/payments/{returned}/"
        shown = maker.get(where).text
        assert ("确认账号" in shown, "须由工作单位在“账号更正”中确认" in shown) == (False, True)
        sent = {"decision": "confirm", "correction": str(correction), "reason": "单位已停用"}
        assert maker.send(f"{where}account/", sent).status_code == 409, "the employer can confirm"
        before_looking = employer.get(f"/enterprise/accounts/{correction}/").text
        assert ("6217000012345678999" in before_looking, "显示全部账号" in before_looking) == (False, True)
        assert (
            '<a href="/account/">' in before_looking
        )  # the corrected account is not taken for who has logged in
        assert "6217000012345678999" in employer.send(f"/enterprise/accounts/{correction}/disclose/", {}).text
        with app.app_context():
            seen = select(Disclosure.field).where(Disclosure.account_id == made.city.reviewer.id)
            assert db.session.scalars(seen).all() == ["bank_account"], "and it is recorded who looked"
        assert (
            employer.send(f"/enterprise/accounts/{correction}/decide/", {"decision": "refuse"}).status_code
            == 422
        )
        employer.send(f"/enterprise/accounts/{correction}/decide/", {"decision": "confirm"})
        page = maker.send(
            "/city/runs/make/", {"due_until": "2026-12-01", "period": ""}, follow_redirects=True
        )
        assert "15,000.00" in page.text
        with app.app_context():
            paid = db.session.scalars(select(Payment.id).order_by(Payment.id)).first()
            assert db.session.scalars(select(PaymentRun.number).order_by(PaymentRun.id)).all() == [
                "2026-001",
                "2026-002",
            ]
        where = f"/city/runs/payments/{paid}/"
        version = re.search(r'name="version" value="([0-9]+)"', maker.get(where).text)
        assert version is not None
        back = maker.send(
            f"{where}reverse/", {"version": version[1], "reason": "账户已销"}, follow_redirects=True
        )
        assert "冲回后另立的一笔" in back.text
        proof: Result = app.test_cli_runner().invoke(args=["reconcile"])
        assert (proof.exit_code, "everything agrees" in proof.output) == (0, True), proof.output
