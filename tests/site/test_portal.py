"""The public pages, before a login."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app import create_app
from common import identity
from common.calendar import today
from config import settings
from models import RegionKind, db
from tests import factories
from tests.accounts.people import log_in, words
from tests.clock import at
from tests.machine.secrets import environment
from tests.machine.site import Client


@pytest.mark.guide("A1")
def test_the_portal_offers_both_logins_with_registration(client: Client) -> None:
    page = client.get("/")
    for seen in ("鄂尔多斯人事人才公共服务大厅", "个人登录", "企业登录", "马上注册", "忘记密码"):
        assert seen in words(page)
    for way in (
        "/login/personal",
        "/login/enterprise",
        "/register/personal",
        "/register/enterprise",
        "/login/staff",
    ):
        assert f'href="{way}"' in page.text
        assert client.get(way).status_code == 200


def test_the_portal_says_whether_applications_are_open(client: Client, made: Callable[..., Any]) -> None:
    assert "未开放" in words(client.get("/"))
    made(factories.open_period)
    assert "申报进行中" in words(client.get("/"))
    assert "还有 30 天" in words(client.get("/"))
    with at(f"{today() + timedelta(days=30)} 23:59"):
        assert "今天是最后一天" in words(client.get("/"))


@pytest.mark.parametrize("path", ["/", "/login/personal", "/login/staff", "/register/enterprise"])
def test_the_portal_shows_who_is_logged_in_at_a_shared_computer(
    client: Client, made: Callable[..., Any], path: str
) -> None:
    log_in(client, made(factories.applicant, "王晓敏"))
    page = client.get(path, follow_redirects=True)
    assert "本浏览器当前登录的是 王*敏 个人" in words(page)
    assert "王晓敏" not in page.text
    assert 'href="/personal/"' in page.text
    assert "不是您？退出" in words(page)
    client.get("/language/en")
    english = client.get(path, follow_redirects=True)
    assert "Logged in at this browser: 王*敏 Individual" in words(english)
    assert "Not you? Log out" in words(english)
    client.send("/logout")
    assert "Logged in at this browser" not in words(client.get(path))


def test_a_logged_in_person_is_redirected_to_the_requested_page(
    client: Client, made: Callable[..., Any]
) -> None:
    log_in(client, made(factories.applicant))
    assert client.get("/login/personal?next=/personal/history/").location == "/personal/history/"
    assert client.get("/login/personal?next=/city/2026-000001/").status_code == 200
    assert client.send("/login/personal", {"login": "x", "password": "y"}).location == "/personal/"


def test_the_portal_shows_the_enterprise_with_its_reviewers_masked_name(
    client: Client, made: Callable[..., Any]
) -> None:
    reviewer = made(factories.place, RegionKind.BANNER).reviewer
    log_in(client, reviewer)
    assert f"{identity.masked_name(reviewer.name)} 企业 ·" in words(client.get("/"))


def test_the_notice_can_be_read_without_an_account(client: Client, made: Callable[..., Any]) -> None:
    assert client.get("/notice/").status_code == 404
    made(factories.notice, "2027 年第 1 版")
    assert "2027 年第 1 版" in words(client.get("/notice/"))


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere"])
def test_public_pages_set_no_cookie(client: Client, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


def test_changing_the_language_returns_to_the_page(client: Client) -> None:
    answer = client.get("/language/en", headers={"Referer": "http://localhost/login/staff?next=%2Foffice%2F"})
    assert answer.location == "/login/staff?next=%2Foffice%2F"
    assert '<html lang="en"' in client.get("/").text
    client.get("/language/zh")
    assert '<html lang="zh-CN"' in client.get("/").text


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/office/2026-000001/decide/", "/office/2026-000001/"),
        ("/administration/staff/7/password/", "/administration/staff/7/"),
        ("/logout", "/"),
        ("/nowhere/at/all", "/"),
    ],
)
def test_changing_the_language_after_a_post_returns_to_the_forms_page(
    client: Client, form: str, page: str
) -> None:
    assert client.get("/language/en", headers={"Referer": f"http://localhost{form}"}).location == page


@pytest.mark.parametrize(
    "elsewhere", ["http://evil.example/", "http://localhost//evil.example", "javascript:alert(1)", "http://["]
)
def test_changing_the_language_never_redirects_to_another_site(client: Client, elsewhere: str) -> None:
    assert client.get("/language/en", headers={"Referer": elsewhere}).location == "/"


def test_the_language_stays_across_login_and_logout(client: Client, made: Callable[..., Any]) -> None:
    client.get("/language/en")
    log_in(client, made(factories.applicant))
    assert '<html lang="en"' in client.get("/account/").text
    client.send("/logout")
    assert '<html lang="en"' in client.get("/").text


def test_health_reports_a_working_database(app: Flask, client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    with app.app_context():
        assert answer.json == {"status": "ok", "database": db.engine.dialect.name}


def test_health_reports_an_unreachable_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", gone)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "unavailable"


def test_health_answers_over_http_and_all_other_pages_redirect_to_https(
    database_url: str, tmp_path: Path
) -> None:
    secure = create_app(settings(environment(tmp_path / "instance", database_url, HTTPS="yes")))
    assert secure.test_client().get("/healthz").status_code == 200
    assert secure.test_client().get("/").location.startswith("https://")
    with secure.app_context():
        db.engine.dispose()
