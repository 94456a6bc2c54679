"""Error pages: the site's frame, a link onward, and no internal details; also while the database is down."""

from __future__ import annotations

import html
import io
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from flask_wtf import FlaskForm
from sqlalchemy import event, select, text, update
from werkzeug.test import TestResponse
from wtforms import PasswordField

import admin_views.accounts.forms
from admin_views.site.errors import LONG_BODY, MOST_WAITED, WAITED
from app import create_app
from common.settings import HELP_LINE
from config import CONNECT_SECONDS, settings
from models import Action, Attachment, LoginSession, RegionKind, Setting, db, now
from tests import factories
from tests.files import samples as files
from tests.machine.databases import Databases
from tests.machine.secrets import environment
from tests.machine.site import Client
from tests.site.city import City
from tests.worker.test_drawing import attach
from uploads.limits import MAX_FORM_BYTES

SECRET = "口令-7f3a 6217000012345678"
"""Stands in what goes wrong; no page may say it."""
REFERENCE = re.compile(r'class="reference">([0-9A-F]{8})<')
INSIDES = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", "SELECT", ".py", "werkzeug")


def titled(answer: TestResponse) -> str:
    heading = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert heading is not None, answer.text
    return heading.group(1)


def in_our_frame(answer: TestResponse) -> bool:
    """Whether it is a complete page of the site, with a link onward and the help line."""
    parts = (
        '<html lang="zh-CN"',
        'class="top"',
        '<main class="page"',
        'class="foot-site"',
        "咨询电话",
        'href="',
    )
    return all(part in answer.text for part in parts)


@pytest.fixture
def broken(own_app: Flask) -> Flask:
    """The application with views that fail."""
    app = own_app

    @app.get("/broken")
    def broken_view() -> str:
        raise ZeroDivisionError(SECRET)

    @app.get("/broken-statement")
    def broken_statement() -> str:
        db.session.execute(text("SELECT * FROM no_such_table WHERE name = :name"), {"name": SECRET})
        return ""

    @app.post("/broken")
    def broken_after_writing() -> str:
        db.session.add(Setting(key="half", value="written"))
        db.session.flush()
        raise ZeroDivisionError

    @app.get("/refused")
    def refused() -> str:
        abort(400)

    return app


# What was asked for cannot be answered


@pytest.mark.parametrize(
    ("method", "address", "status", "words"),
    [
        ("GET", "/no/such/page", 404, "没有找到这个页面"),
        ("GET", "/refused", 400, "这个请求不能处理"),
        ("PUT", "/", 405, "这个请求不能处理"),
        ("GET", "/logout", 405, "这个请求不能处理"),
    ],
)
def test_a_wrong_request_gets_an_error_page_in_the_frame(
    broken: Flask, method: str, address: str, status: int, words: str
) -> None:
    answer = broken.test_client().open(address, method=method)
    assert (answer.status_code, titled(answer)) == (status, words)
    assert in_our_frame(answer)
    assert not REFERENCE.search(answer.text), "a number that is in no log helps nobody"
    assert ("Allow" in answer.headers) is (status == 405)


def test_an_error_page_is_in_the_chosen_language(client: Client) -> None:
    client.get("/language/en")
    assert '<html lang="en"' in client.get("/no/such/page").text


def test_a_too_large_request_is_refused_in_the_frame(client: Client) -> None:
    answer = client.send("/login/personal", {"login": "x" * (MAX_FORM_BYTES + 1)})
    assert (answer.status_code, titled(answer)) == (413, "文件太大")
    assert in_our_frame(answer)
    assert "没有保存" in answer.text


def test_too_many_fields_are_refused_too(app: Flask, client: Client) -> None:
    fields = {f"f{n}": "" for n in range(2 * app.config["MAX_FORM_PARTS"])}
    answer = client.send("/login/personal", fields, content_type="multipart/form-data")
    assert (answer.status_code, titled(answer)) == (413, "文件太大")


# 419


def test_an_expired_form_returns_the_input_for_resending(client: Client) -> None:
    typed = {"name": '王晓敏 "<b>', "number": "15020219960312002X", "phone": "13847710000"}
    expired = client.post("/register/personal?from=portal", data={**typed, "password": "Geheim2026"})
    assert (expired.status_code, titled(expired)) == (419, "页面停留太久，已失效")
    assert in_our_frame(expired)
    fields = hidden(expired)
    assert {name: fields[name] for name in typed} == typed
    assert 'action="/register/personal?from=portal"' in expired.text
    again = client.post("/register/personal", data=fields)
    assert again.status_code == 422, "the token is fresh, the password has to be typed again"
    assert "王晓敏" in again.text


@pytest.mark.parametrize("origin", ["http://evil.example", "http://[", "null"])
def test_an_expired_form_of_another_site_is_not_returned(client: Client, origin: str) -> None:
    expired = client.post("/register/personal", data={"name": "王晓敏"}, headers={"Origin": origin})
    assert (expired.status_code, hidden(expired)) == (400, {})


def password_fields() -> set[str]:
    forms = [form for form in vars(admin_views.accounts.forms).values() if isinstance(form, type)]
    return {
        name
        for form in forms
        if issubclass(form, FlaskForm)
        for name, field in vars(form).items()
        if getattr(field, "field_class", None) is PasswordField
    }


@pytest.mark.parametrize("login_kind", ["personal", "staff"])
def test_an_expired_form_returns_no_secret(client: Client, login_kind: str) -> None:
    names = {*password_fields(), "code", "csrf_token"}
    assert {"password", "password_again", "present_password"} <= names
    expired = client.post(
        f"/reset/{login_kind}", data={name: f"{SECRET}-{name}" for name in names} | {"login": "zhao"}
    )
    assert expired.status_code == 419
    assert SECRET not in expired.text
    assert hidden(expired).keys() == {"csrf_token", "login"}


def test_a_regions_code_is_returned(city: City) -> None:
    expired = city.actors["administrator"].client.post(
        "/administration/regions/new/", data={"code": "150621"}
    )
    assert hidden(expired)["code"] == "150621"


def test_an_expired_form_names_the_lost_files(city: City) -> None:
    actor = city.actors["applicant, draft"]
    number = next(city.applications[one].number for one in city.seen[actor.name].applications)
    chosen = {
        "material-1": (io.BytesIO(files.jpg()), "身份证 正面.jpg"),
        "material-2": (io.BytesIO(files.jpg()), "劳动合同<b>.jpg"),
        "material-3": (io.BytesIO(b""), ""),
    }
    expired = actor.client.post(
        f"/personal/application/{number}/attachments/", data=chosen, content_type="multipart/form-data"
    )
    assert expired.status_code == 419
    assert "需要重新上传：身份证 正面.jpg、劳动合同_b_.jpg" in expired.text
    assert "登录也已过期" not in expired.text
    assert city.stored.changes() == {}


@pytest.mark.parametrize(
    ("address", "login_kind"),
    [
        ("/office/2026-000001/decide/", "staff"),
        ("/personal/application/", "personal"),
        ("/account/contact", "personal"),
    ],
)
def test_an_expired_form_links_to_the_login_page_of_its_console(
    client: Client, address: str, login_kind: str
) -> None:
    expired = client.post(address, data={"reason": "缺盖章页"})
    assert expired.status_code == 419
    assert "登录也已过期" in expired.text
    assert f'href="/login/{login_kind}"' in expired.text
    assert hidden(expired)["reason"] == "缺盖章页"


def test_an_expired_login_form_does_not_ask_to_log_in_first(client: Client) -> None:
    assert "登录也已过期" not in client.post("/login/enterprise", data={"login": "x"}).text


def hidden(answer: TestResponse) -> dict[str, str]:
    """The hidden values of the page's form."""
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    main = answer.text.split("<main", 1)[1]
    return {name: html.unescape(value) for name, value in pairs if f'name="{name}"' in main}


# 429


def test_a_rate_limited_request_says_when_to_retry(
    database_url: str, tmp_path: Path, cheap_passwords: None
) -> None:
    lower = {"LOGIN_LIMIT_ADDRESS": "2 per 3 minutes"}
    given = settings(environment(tmp_path / "instance", database_url, RATE_LIMITS="yes"))
    app = create_app({**given, **lower, "TESTING": True})
    app.test_client_class = Client
    client = app.test_client()
    assert isinstance(client, Client)
    for _ in range(2):
        assert client.send("/login/staff", {"login": "zhao", "password": "x"}).status_code == 422
    answer = client.send("/login/staff", {"login": "zhao", "password": "x"})
    assert (answer.status_code, titled(answer)) == (429, "操作太频繁")
    assert in_our_frame(answer)
    assert "3 分钟后" in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 180
    with app.app_context():
        db.engine.dispose()


# 500


def test_an_internal_error_shows_only_a_reference_to_the_log(
    broken: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = broken.test_client().get("/broken")
    assert (answer.status_code, titled(answer)) == (500, "系统出错了")
    assert in_our_frame(answer)
    assert SECRET not in answer.text
    assert not [word for word in INSIDES if word in answer.text]
    reference = REFERENCE.search(answer.text)
    assert reference is not None
    (line,) = [record for record in caplog.records if reference.group(1) in record.getMessage()]
    assert line.levelno == logging.ERROR
    assert line.exc_info is not None
    assert line.exc_info[0] is ZeroDivisionError


def test_the_log_of_a_failed_statement_contains_no_personal_data(
    broken: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = broken.test_client().get("/broken-statement")
    assert answer.status_code in {500, 503}
    assert not [word for word in (*INSIDES, SECRET) if word in answer.text]
    assert "no_such_table" in caplog.text
    assert SECRET not in caplog.text


def test_an_address_cannot_write_lines_into_the_log(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    broken.add_url_rule("/broken/<path:more>", view_func=lambda more: 1 / 0)
    broken.test_client().get("/broken/x%0A2026-11-23 ERROR forged")
    assert "\n2026-11-23 ERROR forged" not in caplog.text


def test_a_failed_request_is_rolled_back(broken: Flask) -> None:
    client = broken.test_client()
    assert isinstance(client, Client)
    assert client.send("/broken").status_code == 500
    with broken.app_context():
        assert db.session.get(Setting, "half") is None


def test_an_error_page_is_shown_even_if_the_frame_fails(
    broken: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone() -> None:
        raise LookupError(SECRET)

    monkeypatch.setattr("admin_views.site.frame._frame", gone)
    for address, status in (("/no/such/page", 404), ("/broken", 500)):
        answer = broken.test_client().get(address)
        assert answer.status_code == status
        assert in_our_frame(answer)
        assert SECRET not in answer.text
    assert "LookupError" in caplog.text


# 503


def _take_away_sqlite(app: Flask, url: str) -> None:
    with app.app_context():
        db.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        path = Path(url.removeprefix("sqlite:///") + suffix)
        if path.exists():
            path.rename(path.with_name(f"{path.name}.away"))
    Path(url.removeprefix("sqlite:///")).mkdir()


def _bring_back_sqlite(url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    path.rmdir()
    path.with_name(f"{path.name}.away").rename(path)


@pytest.fixture
def away(
    app: Flask, database_url: str, databases: Databases
) -> Iterator[tuple[Flask, Callable[[], None], Callable[[], None]]]:
    """The application, and two functions that stop and restart its database."""
    if database_url.startswith("sqlite"):
        yield app, lambda: _take_away_sqlite(app, database_url), lambda: _bring_back_sqlite(database_url)
        return
    name = database_url.rsplit("/", 1)[1]
    server = databases._server()

    def go() -> None:
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def come() -> None:
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    yield app, go, come
    come()


def test_an_unreachable_database_gives_an_error_page_and_the_site_recovers(
    away: Any, cheap_passwords: None, caplog: pytest.LogCaptureFixture
) -> None:
    app, go, come = away
    with app.app_context():
        person = factories.clerk(factories.office())
        db.session.add(Setting(key=HELP_LINE, value="0477-1234567"))
        db.session.commit()
        login = person.login
    client = app.test_client()
    assert client.send("/login/staff", {"login": login, "password": factories.PASSWORD}).status_code == 303
    assert client.get("/office/").status_code == 200
    assert client.get("/healthz").json["status"] == "ok"

    go()
    for answer in (
        client.get("/"),
        client.get("/office/"),
        client.get("/office/enterprises/?q=x"),
        client.send("/office/2026-000001/decide/", {"action": "pass"}),
        app.test_client().get("/login/personal"),
    ):
        assert (answer.status_code, titled(answer)) == (503, "系统暂时不能使用")
        assert in_our_frame(answer)
        assert not [word for word in INSIDES if word in answer.text]
        assert int(answer.headers["Retry-After"]) > 0
        reference = REFERENCE.search(answer.text)
        assert reference is not None
        assert reference.group(1) in caplog.text
    health = client.get("/healthz")
    assert (health.status_code, health.json["status"]) == (503, "unavailable")
    expired = client.post("/office/2026-000001/decide/", data={"reason": "缺盖章页"})
    assert expired.status_code == 419, "what was typed comes back even now"
    assert hidden(expired)["reason"] == "缺盖章页"
    assert client.get("/no/such/page").status_code == 404

    come()
    assert client.get("/office/").status_code == 200, "the session has survived"
    assert client.get("/healthz").status_code == 200


@pytest.fixture
def on_postgresql(
    cheap_passwords: None, databases: Databases, tmp_path: Path
) -> Iterator[tuple[Flask, Callable[[str], None]]]:
    """The site on a PostgreSQL database of its own, and a function that lets the server run SQL; `{name}` is the database."""
    url = databases.fresh("postgresql")
    app = create_app({**settings(environment(tmp_path / "instance", url)), "TESTING": True})
    app.test_client_class = Client
    yield app, lambda sql: databases._server().run(sql.format(name=url.rsplit("/", 1)[1]))
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


@pytest.mark.guide("S2")
def test_a_page_is_read_again_when_its_connection_died_meanwhile(
    on_postgresql: tuple[Flask, Callable[[str], None]],
) -> None:
    app, run = on_postgresql
    with app.app_context():
        login = factories.clerk(factories.office()).login
        db.session.commit()
    client = app.test_client()
    assert client.send("/login/staff", {"login": login, "password": factories.PASSWORD}).status_code == 303

    def end_connections() -> None:
        run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    for _each in range(3):
        end_connections()
        assert client.get("/office/").status_code == 200
        assert client.head("/office/").status_code == 200
    end_connections()
    written = client.send("/office/2026-000001/decide/", {"action": "return", "reason": "缺盖章页"})
    assert written.status_code == 503, "a write is not repeated by itself"
    assert hidden(written)["reason"] == "缺盖章页"
    assert "再提交一次" in written.text


@pytest.mark.guide("S2", "S4")
def test_a_database_that_takes_no_writes_is_read_and_gives_back_what_was_typed(
    on_postgresql: tuple[Flask, Callable[[str], None]],
) -> None:
    app, run = on_postgresql
    with app.app_context():
        factories.once_in_the_city()
        banner = factories.place(RegionKind.BANNER)
        away = factories.clerk(banner.office)
        away_id = away.id
        logins = [banner.clerk.login, factories.administrator().login, away.login]
        application = factories.complete_application(banner.enterprise)
        factories.submit(application)
        factories.act(application, Action.PASS, banner.reviewer)
        number = factories.fresh(application).number
        paper = attach(application, files.jpg(), "护照.jpg")
        key = db.session.scalar(select(Attachment.id).where(Attachment.storage_name == paper))
        db.session.commit()
    clerk, administrator, idle = (app.test_client() for _ in logins)
    for client, login in zip((clerk, administrator, idle), logins, strict=True):
        client.send("/login/staff", {"login": login, "password": factories.PASSWORD})
    assert "只能读" not in administrator.get("/administration/operation/").text

    with app.app_context():  # so long ago that the next page would note it anew
        db.session.execute(update(LoginSession).values(seen_at=now() - timedelta(minutes=5)))
        hours_ago = update(LoginSession).values(seen_at=now() - timedelta(hours=2))
        db.session.execute(hours_ago.where(LoginSession.account_id == away_id))
        db.session.commit()
    run("ALTER DATABASE {name} SET default_transaction_read_only = on")
    with app.app_context():
        db.engine.dispose()
    assert clerk.get("/office/").status_code == 200
    assert clerk.get(f"/office/{number}/").status_code == 200  # its first look would be noted
    assert clerk.get(f"/office/{number}/open-now/").status_code == 200
    picture = clerk.get(f"/office/{number}/papers/{key}/1-900.jpg")  # its job would be taken from the worker
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    copied = app.test_client()
    copied.set_cookie("talent", idle.get_cookie("talent").value)
    for client in (idle, copied):
        assert client.get("/office/").location == "/login/staff?next=/office/", "the row of the session stays"
    assert idle.get("/").status_code == 200
    written = clerk.send("/office/2026-000001/decide/", {"action": "return", "reason": "缺盖章页"})
    assert (written.status_code, titled(written)) == (503, "系统暂时不能使用")
    assert hidden(written)["reason"] == "缺盖章页"
    login = app.test_client().send("/login/staff", {"login": logins[0], "password": factories.PASSWORD})
    assert (login.status_code, titled(login)) == (503, "暂时不能登录")
    assert "这与您的账号和密码无关" in login.text
    assert 'href="/login/staff"' in login.text
    assert "再提交一次" not in login.text, "without the password it would be refused as wrong"
    assert "只能读" in administrator.get("/administration/operation/").text
    run("ALTER DATABASE {name} RESET default_transaction_read_only")


def test_health_fails_without_tables(databases: Databases, tmp_path: Path) -> None:
    url = databases.bare("sqlite")
    app = create_app({**settings(environment(tmp_path / "instance", url)), "TESTING": True})
    assert app.test_client().get("/healthz").status_code == 503
    assert app.test_client().get("/").status_code == 503
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


def test_a_busy_database_is_a_503(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    app = create_app({**settings(environment(tmp_path / "instance", url)), "TESTING": True})
    with app.app_context():
        other = db.engine.raw_connection()
        other.cursor().execute("BEGIN IMMEDIATE")

    @app.get("/write")
    def write() -> str:
        db.session.execute(text("PRAGMA busy_timeout=50"))
        db.session.execute(text("UPDATE settings SET value = ''"))
        return ""

    assert app.test_client().get("/write").status_code == 503
    other.rollback()
    other.close()
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


def test_connecting_to_the_database_times_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://app@127.0.0.1:{deaf.getsockname()[1]}/talent"
        with_patience = settings(environment(tmp_path / "instance", url))["SQLALCHEMY_DATABASE_URI"]
        assert with_patience.endswith(f"connect_timeout={CONNECT_SECONDS}")
        app = create_app({**settings(environment(tmp_path / "instance", f"{url}?connect_timeout=2"))})
        begun = time.monotonic()
        assert app.test_client().get("/").status_code == 503
        assert time.monotonic() - begun < CONNECT_SECONDS


@pytest.mark.guide("S2")
def test_who_waited_too_long_gets_503_with_what_was_typed_and_costs_the_database_nothing(
    app: Flask, client: Client, person: Any, prepared: Any
) -> None:
    clerk = person(prepared.banner.clerk)
    statements: list[str] = []
    with app.app_context():
        event.listen(
            db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement)
        )
    waited = {"environ_overrides": {WAITED: MOST_WAITED + 1}}
    written = clerk.send("/office/2026-000001/decide/", {"action": "return", "reason": "缺盖章页"}, **waited)
    read = clerk.get("/office/", **waited)
    for refused in (written, read):
        assert (refused.status_code, titled(refused)) == (503, "系统暂时不能使用")
        assert int(refused.headers["Retry-After"]) > 0
        assert in_our_frame(refused)
    assert hidden(written)["reason"] == "缺盖章页"
    assert "再提交一次" in written.text
    assert client.get("/login/personal", **waited).status_code == 503
    login = client.send("/login/personal", {"login": "zhao", "password": SECRET}, **waited)
    assert (titled(login), "再提交一次" in login.text) == ("暂时不能登录", False)
    assert statements == []
    assert client.get("/healthz", **waited).status_code == 200
    assert clerk.send("/office/", {"long": "x" * LONG_BODY}, **waited).status_code != 503
    assert clerk.get("/office/", environ_overrides={WAITED: MOST_WAITED - 1}).status_code == 200


@pytest.mark.parametrize("status", [503, 419])
@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/register/personal", {"name": "王晓敏", "password": SECRET, "password_again": SECRET}),
        ("/reset/personal", {"login": "15020219960312002X", "code": SECRET, "password": SECRET}),
        ("/account/contact", {"phone": "0477-8586912", "present_password": SECRET}),
        ("/account/password", {"present_password": SECRET, "password": SECRET}),
    ],
)
def test_a_refused_form_with_a_password_is_filled_in_again_and_not_just_sent_again(
    client: Client, person: Any, prepared: Any, address: str, typed: dict[str, str], status: int
) -> None:
    browser = person(prepared.banner.clerk) if address.startswith("/account") else client
    if status == 503:
        refused = browser.send(address, typed, environ_overrides={WAITED: MOST_WAITED + 1})
    else:
        refused = browser.post(address, data=typed)
    assert refused.status_code == status
    assert "除密码和验证码以外，您填写的内容都还在" in refused.text
    assert "点击“返回填写”" in refused.text
    assert "再提交一次" not in refused.text
    assert "继续提交" not in refused.text
    assert SECRET not in refused.text
    kept = {name: value for name, value in typed.items() if value != SECRET}
    fields = hidden(refused)
    assert fields == kept | {"csrf_token": fields["csrf_token"]}
    back = browser.post(address, data=fields)
    assert back.status_code == 422
    assert re.search("请填写(现在的)?密码|请填写找回码", back.text)
    assert all(f'value="{value}"' in back.text for value in kept.values())
