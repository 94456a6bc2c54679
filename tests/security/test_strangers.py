"""Uploads by anonymous requests, and forms sent by other sites."""

from __future__ import annotations

import io
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app import create_app
from config import ConfigurationError, settings
from models import db
from tests import factories
from tests.accounts.people import log_in
from tests.machine.site import Client
from uploads.limits import MAX_FORM_BYTES

Made = Callable[..., Any]
PAPERS = "/personal/application/2026-000001/attachments/"


def test_an_anonymous_upload_writes_no_file(client: Client, made: Made) -> None:
    def send() -> TestResponse:
        large = {"material-1": (io.BytesIO(bytes(MAX_FORM_BYTES + 1)), "合同.pdf")}
        return client.post(PAPERS, data=large)

    unread = send()
    assert (unread.status_code, "合同.pdf" in unread.text) == (419, False)
    assert "您的登录也已过期" in unread.text
    log_in(client, made(factories.applicant))
    read = send()
    assert (read.status_code, "合同.pdf" in read.text) == (419, True)


def test_a_form_from_another_site_is_not_returned_for_resending(client: Client, made: Made) -> None:
    log_in(client, made(factories.city_clerk))
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = client.post("/city/2026-000001/decide/", data={"action": "pass"}, headers=headers)
        assert answer.status_code == 400
        assert 'value="pass"' not in answer.text


def test_an_expired_form_of_this_site_is_returned_for_resending(client: Client) -> None:
    for headers in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}):
        answer = client.post("/login/staff", data={"login": "zhuanjia"}, headers=headers)
        assert answer.status_code == 419
        assert 'value="zhuanjia"' in answer.text


def test_a_form_with_too_many_fields_is_not_returned(client: Client) -> None:
    answer = client.post("/login/staff", data={f"a{number}": "" for number in range(1001)})
    assert answer.status_code == 400


def test_a_trials_files_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "instance"
    app = create_app(settings({"TALENT_INSTANCE": str(home)}))
    with app.app_context():
        db.session.connection()
        db.session.remove()
        db.engine.dispose()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    files = [path for path in home.iterdir() if path.is_file()]
    assert "talent.sqlite" in {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize("kind", ["Production", "prod", "production "])
def test_a_misspelled_environment_name_does_not_start_a_trial(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigurationError, match="TALENT_ENV"):
        settings({"TALENT_INSTANCE": str(tmp_path), "TALENT_ENV": kind})


@pytest.mark.parametrize(
    ("name", "value"), [("HTTPS", "true"), ("HTTPS", "Yes"), ("RATE_LIMITS", "on"), ("PROXIES", "one")]
)
def test_a_misspelled_switch_does_not_count_as_off(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"TALENT_{name}"):
        settings({"TALENT_INSTANCE": str(tmp_path), f"TALENT_{name}": value})
