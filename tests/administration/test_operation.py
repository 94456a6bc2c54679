"""「运行情况」, `/metrics` and the log lines: what an operator sees, and nothing about a person (S4)."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from admin_views.site.wording import stamp
from app import create_app
from common import heartbeats
from common.errors import NotPermitted
from common.messages import write_message
from common.system_events import BACKUP, record_event
from config import settings
from models import Channel, Delivery, DeliveryState, EventOutcome, Heartbeat, db, exclusive, now
from operation import redelivery
from operation.log_lines import JsonLine
from tests import factories
from tests.machine.databases import Databases
from tests.machine.processes import free_port
from tests.machine.secrets import environment
from tests.machine.site import Client
from uploads import decoding
from uploads.decoder_process import DecoderProcess

PAGE = "/administration/operation/"
TOKEN = "a-token-of-the-test"

pytestmark = pytest.mark.guide("S4")


def failed_delivery(kind: str = "account_confirmed") -> Delivery:
    """A mail that nobody received, to a clerk."""
    message = write_message(factories.clerk(factories.office()), kind, {})
    db.session.flush()
    delivery = Delivery(
        message_id=message.id,
        account_id=message.account_id,
        channel=Channel.MAIL,
        state=DeliveryState.FAILED,
        attempts=9,
        error="550",
    )
    db.session.add(delivery)
    db.session.commit()
    return delivery


@pytest.fixture
def administrator(app: Flask, cheap_passwords: None) -> Client:
    with app.app_context():
        login = factories.administrator().login
        db.session.commit()
    client = app.test_client()
    client.send("/login/staff", {"login": login, "password": factories.PASSWORD})
    return client


def test_the_page_says_whether_worker_and_backup_are_in_order(app: Flask, administrator: Client) -> None:
    before = administrator.get(PAGE).text
    assert "没有运行" in before
    assert "还没有" in before
    with app.app_context():
        heartbeats.beat(heartbeats.WORKER)
        record_event(BACKUP, EventOutcome.SUCCEEDED, bytes=1)
    after = administrator.get(PAGE).text
    assert "没有运行" not in after
    with app.app_context(), exclusive():
        db.session.get_one(Heartbeat, heartbeats.WORKER).at = now() - timedelta(minutes=10)
    assert "没有运行" in administrator.get(PAGE).text


def test_the_page_says_when_the_daily_sweep_last_ran_and_that_it_is_long_ago(
    app: Flask, administrator: Client
) -> None:
    def sweep() -> str:
        return administrator.get(PAGE).text.partition("每日清理")[2].partition("</tr>")[0]

    assert "还没有" in sweep()
    with app.app_context():
        heartbeats.beat(heartbeats.SWEEP)
        ran = stamp(db.session.get_one(Heartbeat, heartbeats.SWEEP).at)
    assert "正常" in sweep()
    assert f"最近一次：{ran}" in sweep()
    with app.app_context(), exclusive():
        db.session.get_one(Heartbeat, heartbeats.SWEEP).at = now() - timedelta(days=2)
    assert "已过期" in sweep()
    with app.app_context():
        heartbeats.beat(heartbeats.SWEEP_STARTED)
        began = stamp(db.session.get_one(Heartbeat, heartbeats.SWEEP_STARTED).at)
    assert "没有完成" in sweep()
    assert f"{began} 开始的一次还没有完成" in sweep()
    with app.app_context():
        heartbeats.beat(heartbeats.SWEEP)
    assert "没有完成" not in sweep()
    assert "正常" in sweep()


def test_the_page_says_that_files_cannot_be_checked(
    administrator: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "在单独的进程里打开上传的文件" in administrator.get(PAGE).text
    monkeypatch.setattr(decoding, "_decoders", defaultdict(lambda: DecoderProcess(tmp_path / "missing")))
    assert "不能上传，原因在日志里" in administrator.get(PAGE).text


def test_nobody_but_an_active_administrator_sends_again(app_context: Flask) -> None:
    failed = failed_delivery()
    former = factories.administrator()
    factories.deactivate(former)
    for actor in (factories.city_clerk(), former):
        with pytest.raises(NotPermitted):
            redelivery.redeliver(actor)
    assert db.session.get_one(Delivery, failed.id, populate_existing=True).state is DeliveryState.FAILED


def test_an_administrator_sends_a_failed_mail_again_but_no_old_code(
    app: Flask, administrator: Client
) -> None:
    with app.app_context():
        mail, code = failed_delivery().id, failed_delivery("password_reset").id
    page = administrator.get(PAGE).text
    assert page.count("550") == 2
    assert "不能重发" in page
    told = administrator.send(f"{PAGE}send-again/", {"delivery": str(code)}, follow_redirects=True).text
    assert "没有可以重发" in told
    assert administrator.send(f"{PAGE}send-again/", {"delivery": "x"}).status_code == 404
    administrator.send(f"{PAGE}send-again/", {"all": "1"})
    with app.app_context():
        assert db.session.get_one(Delivery, mail).state is DeliveryState.WAITING
        assert db.session.get_one(Delivery, mail).attempts == 0
        assert db.session.get_one(Delivery, code).state is DeliveryState.FAILED
    assert "重发" in administrator.get("/administration/changes/").text


@pytest.fixture
def measured(databases: Databases, tmp_path: Path) -> Flask:
    url = databases.fresh("sqlite")
    configured = settings(environment(tmp_path, url, METRICS_TOKEN=TOKEN, LOG_FORMAT="json"))
    handlers, level = logging.root.handlers[:], logging.root.level
    app = create_app({**configured, "TESTING": True})
    app.test_client_class = Client
    logging.root.handlers[:] = handlers  # those of pytest
    logging.root.setLevel(level)
    return app


def test_measurements_are_for_who_knows_the_token(measured: Flask) -> None:
    client = measured.test_client()
    client.get("/")
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert 'talent_request_seconds_count{endpoint="portal.index",status="2xx"}' in answer.text
    assert "talent_deliveries_failed 0.0" in answer.text
    assert "talent_disk_free_bytes" in answer.text


@pytest.mark.guide("S2")
def test_people_log_in_while_redis_is_away_and_the_page_says_so(
    databases: Databases, tmp_path: Path, cheap_passwords: None
) -> None:
    url, port = databases.fresh("sqlite"), free_port()
    configured = settings(
        environment(tmp_path, url, REDIS_URL=f"redis://127.0.0.1:{port}/0", RATE_LIMITS="yes")
    )
    app = create_app({**configured, "TESTING": True})
    app.test_client_class = Client
    with app.app_context():
        login = factories.administrator().login
        db.session.commit()
    client = app.test_client()
    answer = client.send("/login/staff", {"login": login, "password": factories.PASSWORD})
    assert answer.status_code == 303
    assert "Redis 没有应答" in client.get(PAGE).text
    assert {
        client.send("/login/staff", {"login": login, "password": "x"}).status_code for _ in range(40)
    } >= {429}


def test_there_are_no_measurements_without_a_token(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_request_is_one_line_without_personal_data(
    measured: Flask, cheap_passwords: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with measured.app_context():
        account = factories.clerk(factories.office())
        db.session.commit()
        number, login = account.id, account.login
    client = measured.test_client()
    client.send("/login/staff", {"login": login, "password": factories.PASSWORD})
    caplog.clear()
    answer = client.get("/office/?q=王小明", headers={"X-Request-ID": "0123456789abcdef"})
    records = [record for record in caplog.records if record.name == "talent.requests"]
    line = json.loads(JsonLine().format(records[-1]))
    assert (line["account"], line["status"], line["endpoint"]) == (number, 200, "office.index_view")
    assert line["statements"] > 0
    assert line["request"] == answer.headers["X-Request-ID"] == "0123456789abcdef"
    assert "王小明" not in str(line)
    assert login not in str(line)
