"""`doctor`: what is right passes, and each thing that is wrong is named with its remedy."""

import base64
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, delete, text

from app import create_app
from commands.doctor import configuration
from commands.doctor.database import collation_has_changed
from common import heartbeats, working_days
from common.settings import HELP_LINE
from common.system_events import BACKUP, last_event, record_event
from config import ROOT, ConfigurationError, settings
from models import (
    CalendarYear,
    Channel,
    Delivery,
    DeliveryState,
    EventOutcome,
    Heartbeat,
    Message,
    Setting,
    db,
    now,
)
from tests import clock, factories
from tests.machine.databases import Databases
from tests.machine.secrets import environment
from tests.worker.receivers import Gateway, MailSink
from uploads.confined import landlock

Doctor = Callable[..., Result]
ANOTHER_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def production(mail: MailSink, gateway: Gateway, redis_url: str) -> dict[str, str]:
    """An environment with which nothing is wrong."""
    return {
        "ENV": "production",
        "PROXIES": "1",
        "SITE_URL": "https://talent.ordos.example",
        "RATE_LIMITS": "yes",
        "REDIS_URL": redis_url,
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
        "MAIL_FROM": "talent@ordos.example",
        "SMS_URL": gateway.url,
        "SMS_OK": "OK",
    }


@pytest.fixture
def doctor(database_url: str, tmp_path: Path, production: dict[str, str]) -> Doctor:
    """Examine an installation in which everything is right but for `changes`; None takes a variable away."""

    def examine(**changes: str | None) -> Result:
        variables = {name: value for name, value in (production | changes).items() if value is not None}
        app = create_app(settings(environment(tmp_path / "instance", database_url, **variables)))
        result = app.test_cli_runner().invoke(args=["doctor"])
        with app.app_context():
            db.engine.dispose()
        return result

    return examine


@pytest.fixture
def city(app: Flask) -> Flask:
    """Everything that the city has set up, and a worker that lives."""
    with app.app_context():
        factories.world()
        heartbeats.beat(heartbeats.WORKER)
        record_event(BACKUP, EventOutcome.SUCCEEDED)
        for year in working_days.missing_now():
            factories.calendar_year(year)
    return app


def lines(result: Result, level: str) -> list[str]:
    return [line for line in result.output.splitlines() if line.startswith(level)]


def test_a_correct_installation_has_no_findings(city: Flask, doctor: Doctor) -> None:
    result = doctor()
    expected = 1 if "sqlite" in city.config["SQLALCHEMY_DATABASE_URI"] else 0
    unconfined = landlock.ruleset_of([]) is None  # Linux before 5.13, or a container that forbids it
    assert lines(result, "unsafe") == []
    assert len(lines(result, "warn")) == expected + unconfined, result.output
    assert ("没有与其他文件隔开（Landlock）" in result.output) == unconfined
    assert result.exit_code == 0
    assert len(lines(result, "ok")) > 10


def test_an_empty_installation_lacks_accounts_and_a_worker(doctor: Doctor) -> None:
    result = doctor()
    assert result.exit_code == 1
    for said in (
        "没有系统管理员：执行命令 create-admin",
        "没有市专家服务中心",
        "后台进程从未运行",
        "从未备份",
        "申报期",
    ):
        assert said in result.output


ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({"ENV": None, "HTTPS": "yes"}, "unsafe", "TALENT_ENV=production"),
        ({"SECRET_KEY": "short"}, "unsafe", "TALENT_SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "unsafe", "TALENT_SECRET_KEY"),
        ({"ENCRYPTION_KEYS": f"k1:{'A' * 43}="}, "unsafe", "加密密钥 k1"),
        ({"DIGEST_KEY": "c2hvcnQ="}, "unsafe", "TALENT_DIGEST_KEY"),
        ({"HTTPS": "no"}, "unsafe", "不要求 https"),
        ({"PROXIES": "0"}, "warn", "TALENT_PROXIES"),
        ({"SITE_URL": None}, "warn", "二维码"),
        ({"SITE_URL": "http://talent.ordos.example"}, "warn", "不是 https"),
        ({"RATE_LIMITS": "no"}, "unsafe", "猜密码"),
        ({"REDIS_URL": None}, "warn", "TALENT_REDIS_URL"),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "unsafe", "Redis"),
        ({"ATTACHMENTS_DIR": str(ROOT / "static" / "files")}, "unsafe", "任何人都能下载"),
        ({"ATTACHMENTS_DIR": str(ROOT / "build" / "files")}, "warn", "代码目录"),
        ({"ATTACHMENTS_DIR": "/proc/none"}, "unsafe", "不能写入"),
        ({"SMTP_URL": None}, "warn", "TALENT_SMTP_URL"),
        ({"SMTP_URL": "smtp://user@127.0.0.1:1"}, "warn", "不接受"),
        ({"SMS_URL": None}, "warn", "TALENT_SMS_URL"),
        ({"SMS_URL": "http://sms.example/"}, "unsafe", "明文"),
        ({"SMS_OK": None}, "warn", "TALENT_SMS_OK"),
    ],
)
def test_each_configuration_fault_is_reported(
    city: Flask, doctor: Doctor, changes: dict[str, str | None], level: str, said: str
) -> None:
    result = doctor(**changes)
    assert any(said in line for line in lines(result, level)), result.output
    assert result.exit_code == (level == "unsafe")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DIGEST_KEY": ANOTHER_KEY}, "摘要密钥与已有的账号不符"),
        ({"CIPHER_SUITE": "sm"}, "摘要密钥与已有的账号不符"),
        ({"ENCRYPTION_KEYS": f"k9:{ANOTHER_KEY}"}, "加密密钥不能解开已有的数据"),
    ],
)
def test_keys_that_do_not_match_the_data_are_reported(
    city: Flask, doctor: Doctor, changes: dict[str, str], said: str
) -> None:
    with city.app_context():
        factories.applicant()
    result = doctor(**changes)
    assert any(said in line for line in lines(result, "unsafe")), result.output


@ON_ONE_DATABASE
def test_unsafe_flask_settings_are_reported(
    city: Flask, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    result = doctor()
    assert "调试模式" in result.output
    assert result.exit_code == 1


@ON_ONE_DATABASE
def test_files_readable_by_all_users_are_reported(city: Flask, doctor: Doctor, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    (instance / "sample-accounts.json").write_text("[]")
    kept = instance / "attachments"
    kept.mkdir(exist_ok=True)
    os.chmod(kept, 0o755)  # noqa: PTH101
    result = doctor()
    assert "示例账号" in result.output
    assert f"chmod 700 {kept}" in result.output


@ON_ONE_DATABASE
def test_a_missing_browser_library_is_reported(
    city: Flask, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "BROWSER_LIBRARY", tmp_path / "tus.min.js")
    assert "在代码目录运行 make environment" in doctor().output


def test_missing_settings_and_failed_deliveries_are_reported(city: Flask, doctor: Doctor) -> None:
    with city.app_context():
        quiet = factories.office(telephone="")
        factories.region(factories.RegionKind.PARK, quiet)
        db.session.merge(Setting(key=HELP_LINE, value=" "))
        db.session.get_one(Heartbeat, heartbeats.WORKER).at = now() - timedelta(minutes=10)
        last_event(BACKUP).at = now() - timedelta(days=3)
        account = factories.applicant()
        message = factories.saved(Message(kind="password_reset", account_id=account.id))
        for channel, state, attempts in (
            (Channel.SMS, DeliveryState.FAILED, 9),
            (Channel.MAIL, DeliveryState.WAITING, 3),
        ):
            factories.saved(
                Delivery(
                    message_id=message.id,
                    account_id=account.id,
                    channel=channel,
                    state=state,
                    attempts=attempts,
                )
            )
        name = quiet.name
    result = doctor()
    for said in (
        f"没有电话的单位：{name}",
        f"没有工作人员的单位：{name}",
        "咨询电话",
        "没有动静",
        "最近一次成功的备份是",
        "1 条邮件或短信",
        "1 条邮件多次",
    ):
        assert any(said in line for line in lines(result, "warn")), (said, result.output)
    assert result.exit_code == 0


def test_an_unreachable_or_unmigrated_database_is_one_finding(
    tmp_path: Path, production: dict[str, str], databases: Databases
) -> None:
    for url, said in (
        ("postgresql://app@127.0.0.1:1/none", "连不上"),
        (f"sqlite:///{tmp_path}/empty.sqlite", "执行命令 prepare"),
    ):
        app = create_app(settings(environment(tmp_path / "instance", url, **production)))
        result = app.test_cli_runner().invoke(args=["doctor"])
        [line] = [line for line in lines(result, "unsafe") if "数据库" in line]
        assert said in line
        assert "Traceback" not in result.output
        assert result.exit_code == 1


def test_a_database_sorted_by_the_rules_of_an_older_system_is_noticed(databases: Databases) -> None:
    url = databases.bare(
        "postgresql", "LOCALE_PROVIDER icu ICU_LOCALE 'zh' LOCALE 'C.UTF-8' TEMPLATE template0"
    )
    engine = create_engine(url)
    with engine.connect() as connection:
        assert not collation_has_changed(connection)
        connection.execute(
            text("UPDATE pg_database SET datcollversion = '1' WHERE datname = current_database()")
        )
        assert collation_has_changed(connection)
    engine.dispose()
    databases.drop(url)


@pytest.mark.parametrize(
    "changes",
    [
        {"ENCRYPTION_KEYS": "k1:no base64"},
        {"ENCRYPTION_KEYS": "k1:c2hvcnQ="},
        {"CIPHER_SUITE": "des"},
        {"SMTP_URL": "mail.example"},
        {"SMS_URL": "sms.example"},
        {"SECRET_KEY": ""},
        {"METRICS_TOKEN": "guessed-soon"},
    ],
)
def test_a_configuration_that_prevents_the_start_says_how_to_correct_it(
    tmp_path: Path, production: dict[str, str], changes: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        create_app(
            settings(environment(tmp_path / "instance", f"sqlite:///{tmp_path}/x", **(production | changes)))
        )


def test_from_november_on_missing_holidays_of_the_next_year_are_reported(city: Flask, doctor: Doctor) -> None:
    with city.app_context():
        db.session.execute(delete(CalendarYear))
        db.session.commit()
    for at, warned in (("2026-10-31 23:59", False), ("2026-11-01 00:00", True), ("2027-03-01 09:00", True)):
        with clock.at(at):
            found = [line for line in lines(doctor(), "warn") if "放假安排" in line]
        assert bool(found) is warned, at
        assert all("2027 年" in line and "工作日历" in line for line in found)
    with city.app_context():
        factories.calendar_year(2027)
    with clock.at("2027-03-01 09:00"):
        assert "放假安排" not in "".join(lines(doctor(), "warn"))
